import { secret as secretKind } from '../../api/core/secret.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { type Ingress, ingress as ingressKind } from '../../api/networking/ingress.ts'
import { ingressClass as classKind } from '../../api/networking/ingressclass.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { EventRecorder } from '../../client/event-recorder.ts'
import { keyOf } from '../../client/informer.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { NetworkOptions } from '../options.ts'
import { virtualHostsOf } from './model.ts'
import { Nginx } from './nginx.ts'

const CONTROLLER = 'k8s.io/ingress-nginx'
const LEGACY_CLASS = 'kubernetes.io/ingress.class'
const SYNC = 'sync'

export interface IngressOptions extends NetworkOptions {
  /** Folder for nginx's files. */
  readonly dir: string
  /** Shown to clients of hosts without a certificate of their own; PEM. */
  readonly defaultCertificate: { readonly certificate: string; readonly key: string }
  /** Where users reach the ingress; becomes the status of each Ingress. */
  readonly publishAddress: string
}

/**
 * Serves the cluster's Ingresses with an nginx on this node. Its backends are Services, so it is only configured anew when
 * an Ingress, a Service or a certificate changes. Resolves once nginx runs.
 */
export async function startIngress(options: IngressOptions): Promise<void> {
  const { client, informers, clock, random, signal, log } = options
  const [ingresses, classes, services, secrets] = [
    informers.of(ingressKind),
    informers.of(classKind),
    informers.of(serviceKind),
    informers.of(secretKind),
  ]
  await Promise.all([ingresses, classes, services, secrets].map(i => i.whenSynced()))
  const nginx = new Nginx(options)
  const events = new EventRecorder(client, 'nginx-ingress-controller', clock, random)
  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })

  const ours = (ingress: Ingress) => {
    const name = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[LEGACY_CLASS]
    return name === undefined ? false : name === 'nginx' || classes.get(name)?.spec?.controller === CONTROLLER
  }
  const sync = async () => {
    const served = ingresses.list().filter(i => ours(i) && !i.metadata.deletionTimestamp)
    const hosts = virtualHostsOf(served, key => services.get(key))
    const certificates = new Map(
      hosts.flatMap(({ tlsSecret }) => {
        const data = tlsSecret ? secrets.get(tlsSecret)?.data : undefined
        const [crt, key] = [data?.['tls.crt'], data?.['tls.key']]
        if (!tlsSecret || !crt || !key) return []
        const plain = (text: string) => Buffer.from(text, 'base64').toString()
        return [[tlsSecret, { certificate: plain(crt), key: plain(key) }] as const]
      }),
    )
    if (await nginx.configure(hosts, certificates))
      for (const ingress of served) events.normal(ingress, 'Sync', 'Scheduled for sync')
    for (const ingress of served) await publish(ingress)
  }
  const publish = async (ingress: Ingress) => {
    const wanted = [{ ip: options.publishAddress }]
    if (deepEqual(ingress.status?.loadBalancer?.ingress, wanted)) return
    try {
      const status = { status: { loadBalancer: { ingress: wanted } } }
      await client.patch(ingressKind, ingress.metadata, 'merge', status, { subresource: 'status' })
    } catch (error) {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    }
  }

  await sync()
  const touch = () => queue.add(SYNC)
  ingresses.onChange(touch)
  classes.onChange(touch)
  services.onChange((object, previous) => {
    if (!deepEqual(object?.spec, previous?.spec)) touch()
  })
  secrets.onChange((object, previous) => {
    const key = keyOf((object ?? previous)!)
    const used = ingresses
      .list(key.split('/')[0])
      .some(i => i.spec.tls?.some(t => `${i.metadata.namespace}/${t.secretName}` === key))
    if (used) touch()
  })
  void work()

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await sync()
        queue.forget(key)
      } catch (error) {
        if (!signal.aborted) log(`ingress: ${(error as Error).message}`)
        queue.addRateLimited(key)
      } finally {
        queue.done(key)
      }
    }
  }
}
