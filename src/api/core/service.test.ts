import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { service } from './service.ts'

const serviceWith = (spec: object) => ({ metadata: { name: 's', namespace: 'default' }, spec })
const port = { port: 80 }

test('defaults depend on the type', () => {
  expect(filled(service, serviceWith({ ports: [port] })).spec).toEqual({
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  })
  expect(filled(service, serviceWith({ type: 'LoadBalancer', ports: [port] })).spec).toMatchObject({
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
  })
  expect(filled(service, serviceWith({ sessionAffinity: 'ClientIP', ports: [port] })).spec).toMatchObject({
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
  })
})

test.each([
  [{}, 'spec.ports: Required value'],
  [{ ports: [port, { port: 81 }] }, 'spec.ports[0].name: Required value'],
  [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
  [
    { ports: [{ port: 80, nodePort: 30000 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    { type: 'X', ports: [port] },
    'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
  [
    { clusterIP: 'x', ports: [port] },
    'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    { type: 'NodePort', clusterIP: 'None', ports: [port] },
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
  ],
  [
    { externalTrafficPolicy: 'Local', ports: [port] },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    { loadBalancerClass: 'x', ports: [port] },
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
])('bad spec %#', (spec, message) => {
  expect(problems(service, serviceWith(spec))).toContain(message)
})

test('a headless Service needs no ports', () => {
  expect(problems(service, serviceWith({ clusterIP: 'None' }))).toEqual([])
})

test('the address stays', () => {
  const old = serviceWith({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [port] })
  expect(updateProblems(service, old, serviceWith({ ports: [port] }))).toEqual([])
  expect(updateProblems(service, old, serviceWith({ clusterIP: '10.0.0.2', ports: [port] }))).toContain(
    'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  )
})

test('node ports and addresses are kept when left out', () => {
  const old = filled(
    service,
    serviceWith({
      type: 'NodePort',
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ports: [{ port: 80, nodePort: 30001 }],
    }),
  )
  const changed = filled(service, serviceWith({ type: 'NodePort', ports: [port] }))
  service.prepareForUpdate?.(changed, old)
  expect(changed.spec.clusterIP).toBe('10.0.0.1')
  expect(changed.spec.ports?.[0]?.nodePort).toBe(30001)
})

test('a Service that is only for the cluster loses its node ports', () => {
  const old = filled(
    service,
    serviceWith({
      type: 'NodePort',
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ports: [{ port: 80, nodePort: 30001 }],
    }),
  )
  const changed = filled(service, serviceWith({ ...old.spec, type: 'ClusterIP' }))
  service.prepareForUpdate?.(changed, old)
  expect(changed.spec.ports?.[0]?.nodePort).toBeUndefined()
  expect(changed.spec.externalTrafficPolicy).toBeUndefined()
})

test('the row shows addresses and ports', () => {
  const object = filled(service, {
    ...serviceWith({
      type: 'LoadBalancer',
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ports: [{ port: 80, nodePort: 30001 }],
      selector: { app: 'web' },
    }),
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  })
  expect(row(service, object)).toEqual({
    Type: 'LoadBalancer',
    'Cluster-IP': '10.0.0.1',
    'External-IP': '1.2.3.4',
    'Port(s)': '80:30001/TCP',
    Age: '<unknown>',
    Selector: 'app=web',
  })
})
