import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { service } from '../api/core/service.ts'
import { anySignal } from '../apimachinery/abort.ts'
import { EventRecorder } from '../client/event-recorder.ts'
import { Backoff } from './backoff.ts'
import { cgroupHierarchies } from './cgroups/hierarchies.ts'
import { PodCgroups } from './cgroups/pod-cgroups.ts'
import { publishDrivers } from './csi/csi-node.ts'
import { CsiDrivers } from './csi/drivers.ts'
import { startPluginRegistry } from './csi/plugin-registry.ts'
import { WatchedConfigObjects } from './env/config-objects.ts'
import { pressuresOf, suppliesOf } from './eviction.ts'
import { Housekeeping } from './housekeeping.ts'
import { ImageManager } from './images/image-manager.ts'
import { machineOf } from './node/machine.ts'
import { NodeAgent } from './node/node-agent.ts'
import { type KubeletOptions, kubeletSettings } from './options.ts'
import { followRuntime } from './pleg.ts'
import { uidOf } from './pods/pod.ts'
import { PodEvents } from './pods/pod-events.ts'
import { PodManager } from './pods/pod-manager.ts'
import { PodSyncer } from './pods/pod-syncer.ts'
import { ProbeManager } from './probes/probe-manager.ts'
import { ContainerKiller } from './runtime/container-killer.ts'
import { ContainerStarter } from './runtime/container-starter.ts'
import { PodCache } from './runtime/pod-cache.ts'
import { addressesOf } from './runtime/runtime-pod.ts'
import { SandboxMaker } from './runtime/sandbox-maker.ts'
import { startServer } from './server/server.ts'
import { StatusManager } from './status/status-manager.ts'
import { volumePlugins } from './volumes/index.ts'
import { VolumeManager } from './volumes/volume-manager.ts'

/** A node's agent that runs. */
export interface Kubelet {
  /** The port of its HTTPS server; 0 when it has none. */
  readonly port: number
  /** Stops it. Pods run on, and the next kubelet adopts them. */
  stop(): Promise<void>
}

/**
 * Registers a node and runs the pods that are bound to it, in the container runtime behind `options.cri`. Resolves when
 * the node is registered and the pods that were there are taken up.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const settings = kubeletSettings(options)
  const { client, informers, clock, random, cri, nodeName, directories, addresses: hostIPs, log } = settings
  const ended = new AbortController()
  const signal = anySignal(settings.signal, ended.signal)
  await mkdir(path.join(directories.root, 'pods'), { recursive: true })

  const recorder = new EventRecorder(client, 'kubelet', clock, random)
  const events = new PodEvents(recorder, nodeName)
  const machine = await machineOf(directories.root)
  const trees = await cgroupHierarchies()
  const cgroups = new PodCgroups(trees, settings.podCgroup)
  const cache = new PodCache(cri)
  const objects = new WatchedConfigObjects(client, clock, random, pod => {
    volumes.stale(uidOf(pod))
    pods.wake(uidOf(pod))
  })
  const drivers = new CsiDrivers(() => {
    pods.wakeAll()
    void pods.removeOrphans()
  })
  let port = 0
  const node: NodeAgent = new NodeAgent({
    settings,
    machine,
    events: recorder,
    port: () => port,
    volumesInUse: () => volumes.inUse,
    pressures: async () => {
      const supplies = await suppliesOf(directories.root)
      const pressures = pressuresOf(supplies, settings.thresholds)
      void housekeeping.run(supplies, pressures)
      return pressures
    },
  })
  const volumes: VolumeManager = new VolumeManager(
    {
      client,
      clock,
      objects,
      root: directories.root,
      hostIPs,
      node: () => node.node,
      allocatable: () => node.allocatable,
      podIPs: uid => addressesOf(cache.last(uid)),
    },
    volumePlugins(drivers),
    () => void node.beat(),
  )
  const images = new ImageManager({ cri, clock, objects, events })
  const killer = new ContainerKiller({ cri, clock, events })
  const services = informers.of(service)
  const starter = new ContainerStarter({
    cri,
    clock,
    events,
    images,
    killer,
    cache,
    objects,
    directories,
    clusterDomain: settings.clusterDomain,
    hostIPs,
    unified: trees.version === 2,
    memory: machine.memory,
    allocatable: () => node.allocatable,
    services: async () => {
      await services.whenSynced()
      return services.list()
    },
  })
  const sandboxes = new SandboxMaker({ ...settings, cache, events, cgroups, podLogs: directories.podLogs })
  const syncer = new PodSyncer({ clock, events, killer, starter, sandboxes, backoff: new Backoff(clock) })
  const status = new StatusManager(client, clock, signal)
  const probes = new ProbeManager({ cri, clock, random, events, onChange: uid => pods.wake(uid) })
  const pods = new PodManager({
    ...{ client, clock, random, cri, cache, cgroups, events, killer, probes, status, syncer, volumes, objects, images },
    ...{ hostIPs, nodeName, directories, log },
    node: () => node.node,
  })

  const housekeeping = new Housekeeping({ settings, pods, cache, cgroups, events, recorder })

  const server = await startServer({ settings, pods, cache, node, trees, cgroups, signal })
  port = server?.port ?? 0
  await node.start(signal)
  const publish = (gone?: string) => publishDrivers(client, node.node, drivers.all, gone)
  // Nodes that have no CSINode take no volumes of drivers; nothing else waits for it.
  void publish().catch(error => log(`CSINode: ${error.message}`))
  await startPluginRegistry({
    ...{ drivers, clock, signal, publish, log },
    dir: path.join(directories.root, 'plugins_registry'),
  })
  await pods.start(signal)
  const following = followRuntime(cri, cache, pods, signal, log).catch(error => {
    if (!signal.aborted) log(`container events: ${(error as Error).message}`)
  })

  const stop = async () => {
    ended.abort(new Error('the kubelet is stopping'))
    probes.close()
    objects.close()
    await Promise.all([pods.close(), node.close(), server?.close(), following])
    await Promise.all([status.allFlushed(), recorder.flushed()])
  }
  return { port, stop }
}
