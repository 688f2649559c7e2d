import type { Subject } from './rules.ts'

/** Names of the subjects of a kind; service accounts with their namespace. */
export const subjectNames = (subjects: readonly Subject[] = [], kind: 'User' | 'Group' | 'ServiceAccount'): string =>
  subjects
    .filter(subject => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' && namespace ? `${namespace}/${name}` : name))
    .join(', ')
