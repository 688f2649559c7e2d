import type { Secret } from '../../api/core/secret.ts'
import type { AuthConfig } from '../cri/messages/image.ts'
import { secretData } from '../env/objects.ts'
import type { ImageReference } from './reference.ts'

interface DockerAuth {
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

export interface Credential extends Partial<AuthConfig> {
  /** Host, and path if any, that it is for, such as `registry.example.com/team`; `*` stands for one label. */
  readonly registry: string
}

/** The credentials in a Secret of one of docker's two formats; none in others. */
export function credentialsIn(secret: Secret): Credential[] {
  const data = secretData(secret)
  const read = (text: Buffer | undefined) => (text ? (JSON.parse(text.toString('utf8')) as unknown) : undefined)
  const auths =
    secret.type === 'kubernetes.io/dockerconfigjson'
      ? (read(data['.dockerconfigjson']) as { auths?: Record<string, DockerAuth> } | undefined)?.auths
      : secret.type === 'kubernetes.io/dockercfg'
        ? (read(data['.dockercfg']) as Record<string, DockerAuth> | undefined)
        : undefined
  return Object.entries(auths ?? {}).map(([registry, entry]) => ({ registry: bare(registry), ...authOf(entry) }))
}

function authOf({ auth, username, password, identitytoken }: DockerAuth): Partial<AuthConfig> {
  const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8') : ''
  const colon = decoded.indexOf(':')
  return {
    username: username ?? decoded.slice(0, Math.max(0, colon)),
    password: password ?? decoded.slice(colon + 1),
    identityToken: identitytoken ?? '',
  }
}

const bare = (registry: string) =>
  registry
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '')
    .replace(/^(index|registry-1)\.docker\.io/, 'docker.io')

/** The credentials that fit an image, the most specific first. */
export function credentialsFor(image: ImageReference, all: readonly Credential[]): Credential[] {
  return all.filter(({ registry }) => fits(registry, image)).sort((a, b) => b.registry.length - a.registry.length)
}

function fits(registry: string, { domain, path }: ImageReference): boolean {
  const slash = registry.indexOf('/')
  const host = slash < 0 ? registry : registry.slice(0, slash)
  const prefix = slash < 0 ? '' : registry.slice(slash + 1)
  const labels = host.split('.')
  const actual = domain.split('.')
  const sameHost = labels.length === actual.length && labels.every((label, i) => patternOf(label).test(actual[i]!))
  return sameHost && (prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
}

const patternOf = (label: string) =>
  new RegExp(`^${label.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
