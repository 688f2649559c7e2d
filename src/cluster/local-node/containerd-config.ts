import { CRI_SOCKET } from './names.ts'

interface ContainerdSettings {
  /** containerd's major version; 2 and later read another layout of the file. */
  majorVersion: number
  /** Low-level runtimes by name, with the paths of their programs. */
  runtimes: Record<string, string>
  defaultRuntime: string
  /** Folder of the CNI plugins. */
  cniPlugins: string
  /** Name of the image whose process holds a sandbox's namespaces. */
  sandboxImage: string
  /** Without CAP_SYS_RESOURCE no process may be made less likely to be killed for memory; containerd must not try. */
  restrictOomScoreAdj: boolean
}

/** The major version in what `containerd --version` prints. */
export function majorVersionOf(text: string): number {
  const version = /\bv?(\d+)\.\d+\.\d+/.exec(text)?.[1]
  if (!version) throw new Error(`containerd --version printed no version: ${text.trim()}`)
  return Number(version)
}

type Toml = { [key: string]: string | number | boolean | string[] | Toml }

/**
 * containerd's configuration for a node that has /run, /var/lib/containerd, /var/lib/cni and /etc/cni/net.d of its own.
 * Streams for exec, attach and port-forward are served on the node's own loopback interface.
 */
export function containerdConfig(settings: ContainerdSettings): string {
  const common: Toml = {
    root: '/var/lib/containerd',
    state: '/run/containerd',
    disabled_plugins: ['aufs', 'btrfs', 'zfs', 'devmapper'].map(name => `io.containerd.snapshotter.v1.${name}`),
    grpc: { address: CRI_SOCKET },
    ttrpc: { address: `${CRI_SOCKET}.ttrpc` },
  }
  const runtimes: Toml = Object.fromEntries(
    Object.entries(settings.runtimes).map(([name, program]) => [
      name,
      { runtime_type: 'io.containerd.runc.v2', options: { BinaryName: program, Root: `/run/${name}` } },
    ]),
  )
  const pods: Toml = {
    restrict_oom_score_adj: settings.restrictOomScoreAdj,
    enable_unprivileged_ports: true,
    enable_unprivileged_icmp: true,
    tolerate_missing_hugetlb_controller: true,
    cni: { bin_dir: settings.cniPlugins, conf_dir: '/etc/cni/net.d' },
  }
  const streaming: Toml = { stream_server_address: '127.0.0.1', stream_server_port: '0' }
  const registry: Toml = { config_path: '/etc/containerd/certs.d' }
  const { defaultRuntime, sandboxImage } = settings

  if (settings.majorVersion < 2) {
    const containerd = { snapshotter: 'overlayfs', default_runtime_name: defaultRuntime, runtimes }
    const cri = { ...pods, ...streaming, sandbox_image: sandboxImage, registry, containerd }
    return toml({ version: 2, ...common, plugins: { 'io.containerd.grpc.v1.cri': cri } })
  }
  return toml({
    version: 3,
    ...common,
    plugins: {
      'io.containerd.cri.v1.runtime': { ...pods, containerd: { default_runtime_name: defaultRuntime, runtimes } },
      'io.containerd.cri.v1.images': {
        snapshotter: 'overlayfs',
        registry,
        pinned_images: { sandbox: sandboxImage },
      },
      'io.containerd.grpc.v1.cri': streaming,
    },
  })
}

/** A TOML table: plain values first, then its sub-tables, as the format asks. */
function toml(table: Toml, path: string[] = []): string {
  const isTable = (value: Toml[string]): value is Toml => typeof value === 'object' && !Array.isArray(value)
  const key = (name: string) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name))
  const entries = Object.entries(table)
  const plain = entries.filter(([, value]) => !isTable(value))
  const nested = entries.filter((entry): entry is [string, Toml] => isTable(entry[1]))
  const head = path.length > 0 && plain.length > 0 ? `\n[${path.map(key).join('.')}]\n` : ''
  const lines = plain.map(([name, value]) => `${key(name)} = ${JSON.stringify(value)}\n`)
  return head + lines.join('') + nested.map(([name, value]) => toml(value, [...path, name])).join('')
}
