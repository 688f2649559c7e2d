import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { string } from '../../apimachinery/schema/types.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from '../rbac/index.ts'
import type { Subject } from '../rbac/rules.ts'
import { type Difference, type OldVersion, oldVersion, renumbered } from './old-version.ts'

const BETA: OldVersion = { version: 'v1beta1', deprecated: '1.17', removed: '1.22' }
const ALPHA = 'rbac.authorization.k8s.io/v1alpha1'
const GROUP = 'rbac.authorization.k8s.io'

interface OldSubject {
  kind: string
  apiVersion?: string
}
interface Binding<S> extends KubeObject {
  subjects?: S[]
}

const subject: Difference = {
  fields: ({ apiGroup: _, ...fields }) => ({
    ...fields,
    apiVersion: string(2).doc('The API version of a user, group or service account.'),
  }),
  defaults(value) {
    const subject = value as OldSubject
    subject.apiVersion ??= subject.kind === 'ServiceAccount' ? 'v1' : ALPHA
  },
}

/** In the protobuf of the first version the fields of rules after the verbs had other numbers. */
const FIRST_FIELDS = ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs']
const policyRule: Difference = {
  fields: fields =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        FIRST_FIELDS.includes(name) ? renumbered(field, field.number + 1) : field,
      ]),
    ),
}

const alpha: OldVersion = {
  ...BETA,
  version: 'v1alpha1',
  messages: { Subject: subject, PolicyRule: policyRule },
}
const alphaBinding: OldVersion = {
  ...alpha,
  toCurrent(object) {
    const binding = object as Binding<OldSubject>
    const subjects = binding.subjects?.map(({ apiVersion = '', ...subject }) => ({
      ...subject,
      ...(apiVersion.startsWith(`${GROUP}/`) && { apiGroup: GROUP }),
    }))
    return Object.assign(binding, subjects && { subjects })
  },
  fromCurrent(object) {
    const binding = object as Binding<Subject>
    const subjects = binding.subjects?.map(({ apiGroup, ...subject }) => ({
      ...subject,
      apiVersion: apiGroup === GROUP ? ALPHA : 'v1',
    }))
    return Object.assign(binding, subjects && { subjects })
  },
}

/** rbac.authorization.k8s.io/v1beta1 and v1alpha1. */
export const oldRbac = [
  ...[clusterRole, clusterRoleBinding, role, roleBinding].map(kind => oldVersion(kind, BETA)),
  ...[clusterRole, role].map(kind => oldVersion(kind, alpha)),
  ...[clusterRoleBinding, roleBinding].map(kind => oldVersion(kind, alphaBinding)),
]
