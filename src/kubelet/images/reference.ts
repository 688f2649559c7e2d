const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/

const DEFAULT_REGISTRY = 'docker.io'

export interface ImageReference {
  /** The registry: `docker.io` where none is named. */
  readonly domain: string
  /** The repository in it: `library/nginx`. */
  readonly path: string
  /** The name as given, with `:latest` added where it has neither tag nor digest. */
  readonly tagged: string
}

/** Reads the name of an image. Throws, in the words of distribution/reference, when it is none. */
export function parseImage(name: string): ImageReference {
  const wrong = (why = 'invalid reference format') => {
    const problem = `couldn't parse image name ${JSON.stringify(name)}: ${why}`
    return new Error(`Failed to apply default image tag ${JSON.stringify(name)}: ${problem}`)
  }
  const at = name.indexOf('@')
  const digest = at < 0 ? undefined : name.slice(at + 1)
  const whole = at < 0 ? name : name.slice(0, at)
  const colon = whole.lastIndexOf(':')
  const tag = colon > whole.lastIndexOf('/') ? whole.slice(colon + 1) : undefined
  const repository = tag === undefined ? whole : whole.slice(0, colon)
  if ((digest !== undefined && !DIGEST.test(digest)) || (tag !== undefined && !TAG.test(tag))) throw wrong()

  const slash = repository.indexOf('/')
  const first = slash < 0 ? '' : repository.slice(0, slash)
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const domain = isDomain ? first : DEFAULT_REGISTRY
  const rest = isDomain ? repository.slice(slash + 1) : repository
  const path = domain === DEFAULT_REGISTRY && !rest.includes('/') ? `library/${rest}` : rest
  if (!DOMAIN.test(domain)) throw wrong()
  if (!PATH.test(path)) {
    const lower = PATH.test(path.toLowerCase())
    throw wrong(lower ? `invalid reference format: repository name (${path}) must be lowercase` : undefined)
  }
  return { domain, path, tagged: tag === undefined && digest === undefined ? `${name}:latest` : name }
}
