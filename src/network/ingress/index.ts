import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { secret as secretKind } from '../../api/core/secret.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice as sliceKind } from '../../api/discovery/endpointslice.ts'
import { type Ingress, ingress as ingressKind } from '../../api/networking/ingress.ts'
import { ingressClass as classKind } from '../../api/networking/ingressclass.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { EventRecorder } from '../../client/event-recorder.ts'
import { keyOf } from '../../client/informer.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { NetworkOptions } from '../options.ts'
import { SERVICE_INDEX, serviceOfSlice } from '../slices.ts'
import { ingressModel, type Problem, type VirtualHost } from './model.ts'
import { ConfigRefused, Nginx } from './nginx.ts'
import { nginxConfig } from './nginx-config.ts'
import { type Certificate, certificateOf, usersOf } from './secrets.ts'

export interface IngressOptions extends NetworkOptions {
  /** Folder for nginx's files. */
  readonly dir: string
  /** Shown to clients of hosts without a certificate of their own; PEM. */
  readonly defaultCertificate: Certificate
  /** Where users reach the ingress; becomes the status of each Ingress. */
  readonly publishAddress: string
}

const CONTROLLER = 'k8s.io/ingress-nginx'
const LEGACY_CLASS = 'kubernetes.io/ingress.class'
const CLASS = 'nginx'
const SYNC = 'sync'
const [HTTP, HTTPS] = [80, 443]

/**
 * Serves the cluster's Ingresses with an nginx on this node. Its backends are Services, so it is configured anew only when
 * an Ingress, a Service or a certificate changes, or a Service gets its first endpoint or loses its last. Resolves when that
 * was done once, or failed and is to be tried again.
 */
export async function startIngress(options: IngressOptions): Promise<void> {
  const { informers, clock, signal, log } = options
  const [ingresses, classes, services, slices, secrets] = [
    informers.of(ingressKind),
    informers.of(classKind),
    informers.of(serviceKind),
    informers.of(sliceKind),
    informers.of(secretKind),
  ]
  slices.addIndex(SERVICE_INDEX, serviceOfSlice)
  await Promise.all([ingresses, classes, services, slices, secrets].map(i => i.whenSynced()))
  const server = new IngressServer(options)
  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })
  const touch = () => queue.add(SYNC)
  ingresses.onChange(touch)
  classes.onChange(touch)
  services.onChange((object, previous) => {
    if (!deepEqual(object?.spec, previous?.spec) && server.uses(keyOf((object ?? previous)!))) touch()
  })
  slices.onChange((object, previous) => {
    if (serviceOfSlice((object ?? previous)!).some(key => server.uses(key))) touch()
  })
  secrets.onChange((object, previous) => {
    if (server.uses(keyOf((object ?? previous)!))) touch()
  })
  let first: () => void = () => {}
  const tried = new Promise<void>(resolve => {
    first = resolve
  })
  touch()
  void work()
  await tried

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await server.sync()
        queue.forget(key)
      } catch (error) {
        if (!signal.aborted) log(`ingress: ${(error as Error).message}`)
        queue.addRateLimited(key)
      } finally {
        queue.done(key)
        first()
      }
    }
  }
}

/** Brings nginx and the Ingresses' status to what the caches say. */
class IngressServer {
  readonly #options: IngressOptions
  readonly #nginx: Nginx
  readonly #events: EventRecorder
  /** Keys of the Services and Secrets that Ingresses name. */
  #used = new Set<string>()
  /** What was last told about each Ingress, by uid. */
  #told = new Map<string, string>()
  /** Ingresses that nginx does not take, by uid: what they said, and what nginx said to that. */
  #refused = new Map<string, { of: string; why: string }>()

  constructor(options: IngressOptions) {
    this.#options = options
    this.#nginx = new Nginx(options)
    this.#events = new EventRecorder(options.client, 'nginx-ingress-controller', options.clock, options.random)
  }

  /** Whether an Ingress names the Service or the Secret with this key. */
  uses(key: string): boolean {
    return this.#used.has(key)
  }

  async sync(): Promise<void> {
    const ours = this.#options.informers
      .of(ingressKind)
      .list()
      .filter(i => this.#isOurs(i))
    this.#used = new Set(ours.flatMap(namedBy))
    await mkdir(this.#options.dir, { recursive: true })
    try {
      await this.#serve(ours)
    } catch (error) {
      if (!(error instanceof ConfigRefused)) throw error
      await this.#findRefused(ours)
      await this.#serve(ours)
    }
    await Promise.all(ours.map(ingress => this.#publish(ingress)))
  }

  #isOurs({ spec, metadata }: Ingress): boolean {
    if (metadata.deletionTimestamp) return false
    const classes = this.#options.informers.of(classKind)
    const name = spec.ingressClassName
    if (name !== undefined) return classes.get(name)?.spec?.controller === CONTROLLER
    const legacy = metadata.annotations?.[LEGACY_CLASS]
    return legacy !== undefined && (legacy === CLASS || classes.get(legacy)?.spec?.controller === CONTROLLER)
  }

  async #serve(ours: readonly Ingress[]): Promise<void> {
    const { problems, config } = await this.#build(ours.filter(i => !this.#whyRefused(i)))
    await this.#nginx.configure(config)
    this.#tell(ours, problems)
  }

  /** Looks for the Ingresses that nginx does not take even alone, so that the others are served. */
  async #findRefused(ours: readonly Ingress[]): Promise<void> {
    for (const ingress of ours) {
      if (this.#whyRefused(ingress)) continue
      try {
        await this.#nginx.check((await this.#build([ingress])).config)
      } catch (error) {
        if (!(error instanceof ConfigRefused)) throw error
        this.#refused.set(ingress.metadata.uid ?? keyOf(ingress), { of: textOf(ingress), why: error.message })
      }
    }
  }

  #whyRefused(ingress: Ingress): string | undefined {
    const known = this.#refused.get(ingress.metadata.uid ?? keyOf(ingress))
    return known?.of === textOf(ingress) ? known.why : undefined
  }

  /** The configuration for these Ingresses, with the files it refers to written. */
  async #build(ingresses: readonly Ingress[]) {
    const { informers, dir, nodeAddress } = this.#options
    const services = informers.of(serviceKind)
    const slices = informers.of(sliceKind)
    const secrets = informers.of(secretKind)
    const { hosts, problems } = ingressModel(ingresses, {
      service: key => services.get(key),
      slices: key => slices.byIndex(SERVICE_INDEX, key),
    })
    const certificates = await this.#writeCertificates(hosts)
    const users = new Map<string, string>()
    for (const { settings } of hosts.flatMap(h => h.locations)) {
      const key = settings.basicAuth?.secret
      const text = key && usersOf(secrets.get(key))
      if (!key || text === undefined) continue
      const name = `users/${fileOf(key)}`
      await this.#nginx.write(name, text)
      users.set(key, path.join(dir, name))
    }
    const config = nginxConfig(
      hosts,
      { dir, certificate: host => path.join(dir, certificates.of(host)), users: key => users.get(key) },
      { listen: nodeAddress, httpPort: HTTP, httpsPort: HTTPS, resolver: nodeAddress },
    )
    return { config, problems: [...problems, ...certificates.problems] }
  }

  async #writeCertificates(hosts: readonly VirtualHost[]) {
    const { informers, defaultCertificate } = this.#options
    const files = new Map<string, string>()
    const problems: Problem[] = []
    const write = async (name: string, { certificate, key }: Certificate) => {
      await this.#nginx.write(`${name}.key`, key, 0o600)
      await this.#nginx.write(`${name}.crt`, certificate)
    }
    await write(DEFAULT_CERTIFICATE, defaultCertificate)
    for (const { tlsSecret, locations } of hosts) {
      if (!tlsSecret || files.has(tlsSecret)) continue
      try {
        const name = `certificates/${fileOf(tlsSecret)}`
        await write(name, certificateOf(informers.of(secretKind).get(tlsSecret)))
        files.set(tlsSecret, name)
      } catch (error) {
        const message = `Secret ${tlsSecret} cannot be used for TLS: ${(error as Error).message}`
        for (const source of new Set(locations.map(l => l.source))) problems.push({ source, message })
      }
    }
    const of = ({ tlsSecret }: VirtualHost) => (tlsSecret && files.get(tlsSecret)) || DEFAULT_CERTIFICATE
    return { of, problems }
  }

  /** Says of each Ingress, once, that it is served as it is now, or what is wrong with it. */
  #tell(ours: readonly Ingress[], problems: readonly Problem[]): void {
    const told = new Map<string, string>()
    for (const ingress of ours) {
      const uid = ingress.metadata.uid ?? keyOf(ingress)
      const why = this.#whyRefused(ingress)
      const bad = problems.filter(p => p.source === keyOf(ingress)).map(p => p.message)
      const messages = why ? [`nginx does not take it: ${why}`] : [...new Set(bad)]
      const state = JSON.stringify([textOf(ingress), messages])
      told.set(uid, state)
      if (this.#told.get(uid) === state) continue
      if (!why) this.#events.normal(ingress, 'Sync', 'Scheduled for sync')
      for (const message of messages) {
        this.#events.warning(ingress, why ? 'Rejected' : 'Misconfigured', message)
        this.#options.log(`ingress ${keyOf(ingress)}: ${message}`)
      }
    }
    this.#told = told
    for (const uid of this.#refused.keys()) if (!told.has(uid)) this.#refused.delete(uid)
  }

  async #publish(ingress: Ingress): Promise<void> {
    const wanted = [{ ip: this.#options.publishAddress }]
    if (deepEqual(ingress.status?.loadBalancer?.ingress, wanted)) return
    try {
      const status = { status: { loadBalancer: { ingress: wanted } } }
      await this.#options.client.patch(ingressKind, ingress.metadata, 'merge', status, { subresource: 'status' })
    } catch (error) {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    }
  }
}

const DEFAULT_CERTIFICATE = 'certificates/_default'

/** A file name for an object: neither namespaces nor names have underscores in them. */
const fileOf = (key: string) => key.replace('/', '_')

const textOf = ({ spec, metadata }: Ingress) => JSON.stringify([spec, metadata.annotations])

/** Keys of all Services and Secrets that an Ingress names. */
function namedBy({ spec, metadata: { namespace, annotations = {} } }: Ingress): string[] {
  const backends = [spec.defaultBackend, ...(spec.rules ?? []).flatMap(r => r.http?.paths.map(p => p.backend) ?? [])]
  const names = [
    ...backends.map(b => b?.service?.name),
    ...(spec.tls ?? []).map(t => t.secretName),
    annotations['nginx.ingress.kubernetes.io/auth-secret']?.replace(`${namespace}/`, ''),
  ]
  return names.flatMap(name => (name ? [`${namespace}/${name}`] : []))
}
