import { readFileSync } from 'node:fs'
import path from 'node:path'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { parseYaml } from '../../apimachinery/yaml.ts'

/** Where a webhook is and how to be believed there. */
export interface WebhookTarget {
  readonly url: URL
  /** PEM. */
  readonly ca?: string
  /** PEM. */
  readonly certificate?: string
  /** PEM. */
  readonly key?: string
  readonly authorization?: string
  readonly insecure: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a file in kubeconfig's form that names a webhook. Paths in it are relative to it. Throws MachineError. */
export function readWebhookConfig(file: string): WebhookTarget {
  try {
    return targetOf(parseYaml(readFileSync(file, 'utf8')) as Fields, path.dirname(file))
  } catch (error) {
    const why = (error as Error).message
    throw new MachineError(
      `The webhook configuration ${file} cannot be used`,
      why,
      'Mend the file, or name another one.',
    )
  }
}

function targetOf(config: Fields, dir: string): WebhookTarget {
  const context = named(config, 'contexts', config['current-context'], 'context')
  const cluster = named(config, 'clusters', context.cluster, 'cluster')
  const user = context.user ? named(config, 'users', context.user, 'user') : {}
  if (typeof cluster.server !== 'string') throw new Error('the cluster of its current context has no server')
  const pem = (fields: Fields, name: string): string | undefined => {
    const [data, file] = [fields[`${name}-data`], fields[name]]
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString()
    return typeof file === 'string' ? readFileSync(path.resolve(dir, file), 'utf8') : undefined
  }
  const token =
    typeof user.tokenFile === 'string' ? readFileSync(path.resolve(dir, user.tokenFile), 'utf8').trim() : user.token
  const basic = user.username && Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')
  return {
    url: new URL(cluster.server),
    ca: pem(cluster, 'certificate-authority'),
    certificate: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    ...(basic ? { authorization: `Basic ${basic}` } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    insecure: cluster['insecure-skip-tls-verify'] === true,
  }
}

function named(config: Fields, list: string, name: unknown, field: string): Fields {
  const entries = Array.isArray(config[list]) ? (config[list] as Fields[]) : []
  const found = entries.find(entry => entry.name === name)?.[field]
  if (typeof found !== 'object' || found === null)
    throw new Error(`it has no ${field} named ${JSON.stringify(name ?? '')}`)
  return found as Fields
}
