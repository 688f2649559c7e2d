import type { Clock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import { type AdapterConfiguration, readConfiguration } from './configuration.ts'
import { CustomMetrics } from './custom-metrics.ts'
import { ExternalMetrics } from './external-metrics.ts'
import { readFrontProxyTrust } from './front-proxy.ts'
import { MetricRegistry } from './metric-registry.ts'
import { Prometheus } from './prometheus.ts'
import { register, SERVICE_HOST, unregister } from './registration.ts'
import { ResourceKinds } from './resource-kinds.ts'
import { groupVersions, type Providers } from './routes.ts'
import { Rule } from './rule.ts'
import { type ServingCertificate, serve } from './server.ts'

export { readConfiguration, SERVICE_HOST }

export interface AdapterOptions {
  readonly client: Client
  readonly clock: Clock
  readonly configuration: AdapterConfiguration
  readonly prometheus: { readonly url: string; readonly token?: string; readonly ca?: string }
  /** Where to listen; port 0 takes a free one. */
  readonly host: string
  readonly port: number
  /** For SERVICE_HOST, and the authority that signed it, in PEM. */
  readonly serving: ServingCertificate & { readonly ca: string }
  /** How old what is known of series may be, in milliseconds. */
  readonly relistMs: number
}

/** A running adapter. */
export interface Adapter {
  readonly port: number
  /** The group versions it answers for. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[]
  /** Takes its registration back and ends it. */
  stop(): Promise<void>
}

/** So old may the newest sample of a series be that is a metric, in milliseconds (prometheus-adapter --metrics-max-age). */
const MAX_AGE_MS = 10 * 60_000

/**
 * Answers for custom.metrics.k8s.io and external.metrics.k8s.io from Prometheus queries, by rules in prometheus-adapter's form,
 * and makes the API server ask it. Throws Error where a rule cannot be used.
 */
export async function startPrometheusAdapter(options: AdapterOptions): Promise<Adapter> {
  const { client, host, serving } = options
  const providers = providersOf(options)
  const trust = await readFrontProxyTrust(client)
  const { server, port } = await serve(providers, { host, port: options.port, serving, trust })
  const versions = groupVersions(providers)
  const registration = { groupVersions: versions, host: 'localhost', port, ca: serving.ca }
  await register(client, registration)
  return {
    port,
    groupVersions: versions,
    async stop() {
      await unregister(client, registration)
      server.close()
      server.closeAllConnections()
    },
  }
}

function providersOf({ client, clock, configuration, prometheus: where, relistMs }: AdapterOptions): Providers {
  const prometheus = new Prometheus({ ...where, clock })
  const kinds = new ResourceKinds(client)
  const { rules, externalRules } = configuration
  const registryOf = (all: AdapterConfiguration['rules'], name: string) =>
    new MetricRegistry({
      prometheus,
      clock,
      rules: all.map((rule, i) => ruleOf(rule, `${name}[${i}]`, kinds)),
      relistMs,
      maxAgeMs: MAX_AGE_MS,
      refresh: () => kinds.refresh(),
    })
  return {
    ...(rules.length > 0 && {
      custom: new CustomMetrics({ registry: registryOf(rules, 'rules'), prometheus, kinds, client, clock }),
    }),
    ...(externalRules.length > 0 && {
      external: new ExternalMetrics(registryOf(externalRules, 'externalRules'), prometheus),
    }),
  }
}

function ruleOf(rule: AdapterConfiguration['rules'][number], where: string, kinds: ResourceKinds): Rule {
  try {
    return new Rule(rule, kinds)
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`)
  }
}
