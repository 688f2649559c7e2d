import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oldVersions } from '../../src/api/old-versions/index.ts'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'
import { failing, runSteps, type Step, step } from '../support/kubectl-steps.ts'

/** A Deployment as applications had it before apps/v1: no selector. */
const WEB = `apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 6
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
  minReadySeconds: 1
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: web:1
          command: ["sh", "-c", "exec server"]
          env:
            - {name: ENV, value: online}
          volumeMounts:
            - {name: log, mountPath: /var/log/web}
          resources:
            limits: {memory: 80Mi, cpu: "0.1"}
            requests: {memory: 20Mi, cpu: "0.01"}
      terminationGracePeriodSeconds: 180
      imagePullSecrets:
        - name: pull-secret
      volumes:
        - name: log
          emptyDir: {}
---
kind: Service
apiVersion: v1
metadata:
  name: web
spec:
  type: NodePort
  selector: {app: web}
  ports:
    - {protocol: TCP, port: 8004, targetPort: 8004}
`

const OTHERS = `apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: old}
spec:
  rules:
  - host: a.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {serviceName: web, servicePort: 8004}}
---
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: old}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: old}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: {name: old}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 6, maxReplicas: 8}
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: Role
metadata: {name: old}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
`

const POLICY = `apiVersion: extensions/v1beta1
kind: PodSecurityPolicy
metadata: {name: strict}
spec: {privileged: false}
`

const DEPRECATED =
  'Warning: extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment'

const steps: Step[] = [
  step('create namespace NS', 'namespace/NS created'),
  { args: ['diff', '-f', 'web.yaml'], fails: '+      terminationGracePeriodSeconds: 180' },
  step('apply -f web.yaml --dry-run=server', 'deployment.extensions/web created (server dry run)'),
  step('apply -f web.yaml', DEPRECATED),
  step('rollout status deployment/web --timeout=60s', 'deployment "web" successfully rolled out'),
  step('get deployment web -o wide', /web +6\/6 +6 +6 +\S+ +web +web:1 +app=web/),
  step('get deployment web -o jsonpath={.apiVersion}', 'apps/v1'),
  step('get deployments.v1beta1.extensions web -o jsonpath={.apiVersion}', 'extensions/v1beta1'),
  step('get deployments.v1beta1.extensions web', /web +6\/6 +6 +6/),
  step('get deployment web -o jsonpath={.spec.selector}', '{"matchLabels":{"app":"web"}}'),
  // Says configured: the manifest's strategy leaves out what the default has added. Nothing changes though.
  step('apply -f web.yaml', /deployment\.\S+\/web (configured|unchanged)\nservice\/web unchanged/),
  step('get deployment web -o jsonpath={.metadata.generation}', /^1$/),
  step('diff -f web.yaml', /^(Warning: .*\n)*$/),
  { args: ['diff', '-f', 'web2.yaml'], fails: /-\s+image: web:1\n\+\s+image: web:2\n/ },
  step('apply -f web2.yaml', /deployment\.\S+\/web configured\nservice\/web unchanged/),
  step('rollout status deployment/web --timeout=60s', 'deployment "web" successfully rolled out'),
  step('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}', 'web:2'),
  step('rollout undo deployment/web --to-revision=1', 'deployment.apps/web rolled back'),
  step('rollout status deployment/web --timeout=60s', 'successfully rolled out'),
  step('scale deployment/web --replicas=2', 'deployment.apps/web scaled'),
  step('get all', /deployment\.apps\/web(?![\s\S]*deployment\.extensions)/),
  step('apply --server-side --force-conflicts -f web.yaml', /deployment\.\S+\/web serverside-applied/),
  step('get deployment web -o jsonpath={.spec.replicas}', '6'),
  step('apply -f others.yaml', 'Warning: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+'),
  step('apply -f others.yaml', /(\S+\/old unchanged\n){5}/),
  step('diff -f others.yaml', /^(Warning: .*\n)*$/),
  step('get ingress old', /old +nginx +a\.example +80/),
  step(
    'get ingress old -o jsonpath={.spec.rules[0].http.paths[0]}',
    /"service":\{"name":"web","port":\{"number":8004\}\}/,
  ),
  step('get cronjob old', /old +0 0 1 1 \* /),
  step('get pdb old', /old +N\/A +1 /),
  step('get hpa old', /Deployment\/web +(cpu: )?<unknown>\/80% +6 +8/),
  failing(
    'apply -f policy.yaml',
    'PodSecurityPolicy was removed in Kubernetes v1.25; label the namespaces with pod-security.kubernetes.io/enforce',
  ),
  step('delete -f web.yaml --timeout=30s', /deployment\S* "web" deleted/),
  step('delete namespace NS --timeout=60s', 'namespace "NS" deleted'),
]

const kubectls = findKubectls()

describe.skipIf(kubectls.length === 0)('manifests of old versions', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster({ hollowNodes: 2 })
  })
  afterAll(() => cluster.stop())

  test.each(kubectls)(
    'are applied, changed and compared by kubectl 1.$minor',
    async kubectl => {
      const session = kubectlSession(kubectl, cluster.kubeconfig)
      try {
        session.file('web.yaml', WEB)
        session.file('web2.yaml', WEB.replace('web:1', 'web:2'))
        session.file('others.yaml', OTHERS)
        session.file('policy.yaml', POLICY)
        const wrong = await runSteps(session, `old${kubectl.minor}`, kubectl.minor, steps)
        expect(wrong.join('\n\n')).toBe('')
      } finally {
        session.end()
      }
    },
    90_000,
  )
})

describe('old versions', () => {
  let api: ApiUnderTest
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.stop())

  test('come after the current ones in discovery', async () => {
    const { json } = await api.request('GET', '/apis')
    const computed = ['metrics.k8s.io', 'why.tsukube.dev']
    const builtIn = json.groups.filter(({ name }: { name: string }) => !computed.includes(name))
    expect(builtIn.at(-1).name).toBe('extensions')
    for (const { name, preferredVersion } of builtIn) {
      if (name !== 'extensions') expect(preferredVersion.version, name).toMatch(/^v\d+$/)
    }
  })

  test('are answered with a warning, whatever the request', async () => {
    const path = '/apis/extensions/v1beta1/namespaces/default/deployments'
    const warning =
      '299 - "extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment"'
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const made = await api.request('POST', path, { metadata: { name: 'w' }, spec: { template } })
    expect(made.status).toBe(201)
    const answers = [
      made,
      await api.request('GET', path),
      await api.request('GET', `${path}/w`),
      await api.request('GET', `${path}/w/scale`),
      await api.request('GET', `${path}/none`),
      await api.request('DELETE', `${path}/w`),
    ]
    expect(answers.map(({ headers }) => headers.warning)).toEqual(answers.map(() => warning))
  })

  test('of one object see each other’s changes, and list it once each', async () => {
    const [old, now] = ['networking.k8s.io/v1beta1', 'networking.k8s.io/v1'].map(
      version => `/apis/${version}/namespaces/default/ingresses`,
    ) as [string, string]
    const spec = { ingressClassName: 'c', backend: { serviceName: 's', servicePort: 80 } }
    const dry = await api.request('POST', `${old}?dryRun=All`, { metadata: { name: 'i' }, spec })
    expect(dry.json).toMatchObject({ apiVersion: 'networking.k8s.io/v1beta1', spec })
    const made = await api.request('POST', old, { metadata: { name: 'i' }, spec })
    expect(made.json.spec).toEqual(spec)
    const seen = await api.request('GET', `${now}/i`)
    expect(seen.json.spec).toEqual({
      ingressClassName: 'c',
      defaultBackend: { service: { name: 's', port: { number: 80 } } },
    })
    expect(seen.json.metadata.managedFields[0].apiVersion).toBe('networking.k8s.io/v1beta1')
    seen.json.spec.defaultBackend.service.port = { name: 'http' }
    expect((await api.request('PUT', `${now}/i`, seen.json)).status).toBe(200)
    const lists = await Promise.all([old, now].map(path => api.request('GET', path)))
    expect(lists.map(({ json }) => json.items.length)).toEqual([1, 1])
    const [event] = await api.watch(`${old}?watch=1&resourceVersion=0`, events => events.length > 0)
    expect(event).toMatchObject({
      type: 'ADDED',
      object: { apiVersion: 'networking.k8s.io/v1beta1', spec: { backend: {} } },
    })
    expect(lists[0]!.json.items[0].spec).toMatchObject({ backend: { serviceName: 's', servicePort: 'http' } })
  })

  test('are all served, with tables', async () => {
    for (const { apiVersion, plural, verbs, offByDefault } of oldVersions) {
      if (!verbs.includes('list') || offByDefault) continue
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
      const { status, json } = await api.request('GET', `/apis/${apiVersion}/${plural}`, undefined, { accept })
      expect({ apiVersion, plural, status, kind: json.kind }).toEqual({
        apiVersion,
        plural,
        status: 200,
        kind: 'Table',
      })
    }
    expect((await api.request('GET', '/openapi/v2')).text).toContain('io.k8s.api.extensions.v1beta1.DeploymentSpec')
  })
})
