/** The registry that names without one belong to. */
const DEFAULT_REGISTRY = 'docker.io'

/**
 * An image name as containerd keeps it: with registry, repository folder and tag, so `nginx` is
 * docker.io/library/nginx:latest. Follows the distribution project's reference normalisation.
 */
export function normalizeReference(name: string): string {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const hasRegistry = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const registry = hasRegistry ? first : DEFAULT_REGISTRY
  const rest = hasRegistry ? name.slice(slash + 1) : name
  const repository = registry === DEFAULT_REGISTRY && !rest.includes('/') ? `library/${rest}` : rest
  if (!/^[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@[a-z0-9]+:[0-9a-f]{32,})?$/.test(repository)) {
    throw new Error(`${name} is not the name of an image: lower-case letters, digits and . _ - / with a tag after :`)
  }
  const isTagged = /[:@]/.test(repository)
  return `${registry}/${repository}${isTagged ? '' : ':latest'}`
}
