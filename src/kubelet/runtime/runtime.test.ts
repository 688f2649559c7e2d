import { expect, test } from 'vitest'
import { podOf } from '../testing/pods.ts'
import { addable, capabilitiesIn } from './capabilities.ts'
import { containerConfig } from './container-config.ts'
import { parseResolvConf, podDNS } from './dns-config.ts'
import { etcHosts } from './etc-hosts.ts'
import { cpuQuota, cpuShares, oomScoreAdj, podResources } from './resources.ts'
import { sandboxConfig } from './sandbox-config.ts'
import { rootRefusal } from './security-context.ts'

const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }
const node = { servers: ['9.9.9.9'], searches: ['corp.example'], options: ['edns0'] }
const surroundings = {
  podLogs: '/var/log/pods',
  clusterDns: cluster.servers,
  clusterDomain: cluster.domain,
  nodeDNS: node,
  cgroup: '/kubepods/besteffort/podX',
}

test('CPU becomes shares and quotas', () => {
  expect([cpuShares(0), cpuShares(500), cpuShares(10_000_000)]).toEqual([2, 512, 262144])
  expect([cpuQuota(0), cpuQuota(1), cpuQuota(250)]).toEqual([0, 1000, 25000])
})

test('who requests more memory is killed later', () => {
  const spec = (requests: Record<string, string>, limits = {}) =>
    podOf({ containers: [{ name: 'main', image: 'x', resources: { requests, limits } }] }).spec
  const score = (given: ReturnType<typeof spec>) => oomScoreAdj(given, given.containers[0]!.resources, 8 * 2 ** 30)
  expect(score(spec({}))).toBe(1000)
  expect(score(spec({ memory: '4Gi' }))).toBe(500)
  expect(score(spec({ memory: '1Ki' }))).toBe(999)
  expect(score(spec({ memory: '1Gi', cpu: '1' }, { memory: '1Gi', cpu: '1' }))).toBe(-997)
})

test('a pod is limited as a whole only where every container is', () => {
  const limited = { name: 'a', image: 'x', resources: { limits: { cpu: '1', memory: '1Gi' } } }
  const free = { name: 'b', image: 'x' }
  expect(podResources(podOf({ containers: [limited] }).spec).limits).toEqual({ cpu: '1', memory: '1Gi' })
  expect(podResources(podOf({ containers: [limited, free] }).spec).limits).toEqual({})
})

test('names are resolved as the policy says', () => {
  const dns = (spec: Parameters<typeof podOf>[0]) => podDNS(podOf(spec), cluster, node)
  expect(dns({})).toEqual({
    servers: ['10.96.0.10'],
    searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
    options: ['ndots:5'],
  })
  expect(dns({ dnsPolicy: 'Default' })).toEqual(node)
  expect(dns({ hostNetwork: true })).toEqual(node)
  const own = { nameservers: ['1.1.1.1'], searches: ['a'], options: [{ name: 'ndots', value: '2' }] }
  expect(dns({ dnsPolicy: 'None', dnsConfig: own })).toEqual({
    servers: ['1.1.1.1'],
    searches: ['a'],
    options: ['ndots:2'],
  })
  expect(dns({ dnsConfig: own }).options).toEqual(['ndots:2'])
})

test('resolv.conf is read', () => {
  expect(parseResolvConf('nameserver 9.9.9.9\nsearch corp.example\noptions edns0\n')).toEqual(node)
})

test('/etc/hosts names the pod and its aliases', () => {
  const pod = podOf({ subdomain: 'sub', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] })
  const text = etcHosts(pod, ['10.0.0.1'], 'cluster.local', '')
  expect(text).toContain('10.0.0.1\tweb.sub.default.svc.cluster.local\tweb\n')
  expect(text).toContain('\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n')
})

test('a sandbox on the host network has no name of its own and maps no ports', () => {
  const ports = [{ containerPort: 80, hostPort: 8080 }]
  const containers = [{ name: 'main', image: 'x', ports, securityContext: { privileged: true } }]
  const own = sandboxConfig(podOf({ containers }), 1, surroundings)
  expect(own).toMatchObject({
    hostname: 'web',
    metadata: { attempt: 1 },
    linux: { securityContext: { privileged: true } },
  })
  expect(own.portMappings).toMatchObject([{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }])
  const host = sandboxConfig(podOf({ containers, hostNetwork: true }), 0, surroundings)
  expect(host.hostname).toBeUndefined()
  expect(host.portMappings).toEqual([])
  expect(host.linux!.securityContext!.namespaceOptions).toMatchObject({ network: 'NODE', ipc: 'POD' })
})

test('variables are expanded in commands, and labels let the container be found again', () => {
  const containers = [{ name: 'main', image: 'x', command: ['echo', '$(A) $(B)'] }]
  const pod = podOf({ containers })
  const config = containerConfig(
    pod,
    { type: 'main', container: pod.spec.containers[0]! },
    {
      restartCount: 2,
      imageRef: 'sha256:1',
      user: { uid: 0 },
      env: [{ name: 'A', value: 'a' }],
      mounts: [],
      devices: [],
      rootDir: '/var/lib/kubelet',
      node: { memory: 2 ** 30, unified: false },
    },
  )
  expect(config.command).toEqual(['echo', 'a $(B)'])
  expect(config.logPath).toBe('main/2.log')
  expect(config.labels).toMatchObject({ 'io.kubernetes.pod.name': 'web', 'io.kubernetes.container.name': 'main' })
  expect(config.annotations).toMatchObject({ 'io.kubernetes.container.restartCount': '2' })
})

test('a container that must not run as root does not', () => {
  const refusal = (context: Record<string, unknown>, user: { uid?: number; username?: string }) => {
    const pod = podOf({ securityContext: { runAsNonRoot: true, ...context } })
    return rootRefusal(pod, pod.spec.containers[0]!, user)
  }
  expect(refusal({}, { uid: 0 })).toMatch(/^container has runAsNonRoot and image will run as root \(pod: "web_default/)
  expect(refusal({}, { username: 'app' })).toMatch(/image has non-numeric user \(app\)/)
  expect(refusal({ runAsUser: 0 }, { uid: 5 })).toMatch(/^container's runAsUser breaks non-root policy/)
  expect(refusal({ runAsUser: 7 }, { uid: 0 })).toBeUndefined()
  expect(refusal({}, { uid: 5 })).toBeUndefined()
})

test('capabilities that cannot be had are not asked for', () => {
  const available = capabilitiesIn('Name:\tx\nCapBnd:\t0000000000001001\n')
  expect([...available]).toEqual(['CHOWN', 'NET_ADMIN'])
  expect(addable(['CAP_NET_ADMIN', 'SYS_RESOURCE', 'ALL'], available)).toEqual(['NET_ADMIN', 'ALL'])
})
