import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../support/kubectl.ts'
import { failing, runSteps, type Step, step } from '../support/kubectl-steps.ts'

const kubectls = findKubectls()

const CONF = `apiVersion: v1
kind: ConfigMap
metadata: {name: conf, labels: {part: demo}}
data: {color: blue}
`
const APP = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {part: demo}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: app, image: "app:1", ports: [{containerPort: 80}]}
`

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

const discovery: Step[] = [
  step('version', 'v1.36'),
  step('api-versions', 'rbac.authorization.k8s.io/v1'),
  step('api-resources --namespaced=true -o wide', /deployments +deploy +apps\/v1 +true +Deployment +.*create.*/),
  step('explain pod.spec.containers.env.value', /FIELD: +value <string>/),
  step('explain deployment --recursive', 'maxSurge'),
  step('cluster-info', 'Kubernetes control plane'),
  step('get --raw /readyz', 'ok'),
]

const creating: Step[] = [
  step('create namespace NS', 'namespace/NS created'),
  failing('create namespace NS', 'Error from server (AlreadyExists): namespaces "NS" already exists'),
  step('create configmap cm --from-literal=a=1 --from-file=key=some.txt', 'configmap/cm created'),
  step('create secret generic s1 --from-literal=p=w', 'secret/s1 created'),
  step(
    'create secret docker-registry s2 --docker-server=x --docker-username=u --docker-password=p',
    'secret/s2 created',
  ),
  step('get secret s2 -o jsonpath={.type}', 'kubernetes.io/dockerconfigjson'),
  step('create serviceaccount robot', 'serviceaccount/robot created'),
  step('create token robot --duration=10m', /^eyJ/, { since: 24 }),
  step(
    'create role reader --verb=get,list --resource=pods,deployments.apps',
    'role.rbac.authorization.k8s.io/reader created',
  ),
  step(
    'create rolebinding reader --role=reader --serviceaccount=NS:robot',
    'rolebinding.rbac.authorization.k8s.io/reader created',
  ),
  step('create clusterrole NS --verb=get --resource=nodes', 'clusterrole.rbac.authorization.k8s.io/NS created'),
  step('create quota q --hard=pods=100', 'resourcequota/q created'),
  step('create deployment web --image=nginx:1 --replicas=2 --port=80', 'deployment.apps/web created'),
  failing(
    'create deployment web --image=nginx:1',
    'error: failed to create deployment: deployments.apps "web" already exists',
  ),
  step('create service clusterip csvc --tcp=80:8080', 'service/csvc created'),
  failing(
    'create service nodeport np --tcp=80 --node-port=99',
    'Service "np" is invalid: spec.ports[0].nodePort: Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ),
  step(
    ['create', 'ingress', 'ing', '--class=nginx', '--rule=foo.example.com/*=csvc:80'],
    'ingress.networking.k8s.io/ing created',
  ),
  step('create job j --image=busybox --dry-run=server -o name', 'job.batch/j'),
  step('create job j --image=busybox --dry-run=client -o yaml', 'kind: Job'),
  failing('get job j', 'Error from server (NotFound): jobs.batch "j" not found'),
  step('run one --image=nginx:1 --labels=x=y --env=A=b --port=80', 'pod/one created'),
  step('wait --for=condition=Ready pod/one --timeout=30s', 'pod/one condition met'),
  step('rollout status deployment/web --timeout=30s', 'deployment "web" successfully rolled out'),
]

const getting: Step[] = [
  step('get all', /deployment\.apps\/web +2\/2 +2 +2/),
  step('get deploy,po,svc -o wide', /deployment\.apps\/web +2\/2 +2 +2 +\S+ +nginx +nginx:1 +app=web/),
  step('get pods one -o yaml', 'phase: Running'),
  step('get pods one -o json', '"phase": "Running"'),
  step('get pods one -o jsonpath={.status.phase}', 'Running'),
  step('get pods -o custom-columns=N:.metadata.name,P:.status.phase', /^N +P\none +Running\n/),
  step('get pods --sort-by=.metadata.name -o name', /^pod\/one\npod\/web-/),
  step('get pods -l app=web --show-labels', /app=web,pod-template-hash=/),
  step('get pods --field-selector=status.phase=Pending -o name', /^$/),
  step('get pods -A', /NS +one +1\/1 +Running/),
  step('get pods one -w --request-timeout=1s', /one +1\/1 +Running/),
  step('get events', 'Successfully assigned NS/one to node-'),
  step('get endpoints csvc', /csvc +<none>/),
  failing('get pods nope', 'Error from server (NotFound): pods "nope" not found'),
  failing('get nope', `error: the server doesn't have a resource type "nope"`),
  failing(
    ['get', 'pods', '-l', 'a in ('],
    /match label selector "a in \(", field selector "": unable to parse requirement: /,
  ),
  failing('get pods --field-selector=foo=bar', 'field selector "foo=bar": field label not supported: foo'),
  step('-n missing get configmaps', 'No resources found in missing namespace.'),
  failing('-n missing create configmap x', 'namespaces "missing" not found'),
]

const describing: Step[] = [
  step('describe pod one', /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned NS\/one/),
  step(
    'describe deployment web',
    'Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable',
  ),
  step('describe rs -l app=web', 'Controlled By:  Deployment/web'),
  step('describe service csvc', /Selector: +app=csvc/),
  step('describe configmap cm', 'key:\n----\n'),
  step('describe secret s1', 'p:  1 bytes'),
  step('describe serviceaccount robot', /^Name: +robot\n/),
  step('describe role reader', /deployments\.apps +\[\] +\[\] +\[get list\]/),
  step('describe rolebinding reader', /ServiceAccount +robot +NS/),
  step('describe quota q', /Resource +Used +Hard/),
  step('describe ingress ing', 'csvc:80'),
  step('describe node node-0', /Taints: +<none>/),
  step('describe namespace NS', /Status: +Active/),
]

const changing: Step[] = [
  step('edit configmap cm', 'configmap/cm edited', { env: { EDITOR: 'sh edit.sh' } }),
  step('get configmap cm -o jsonpath={.data.a}', '2'),
  step(['patch', 'configmap', 'cm', '-p', '{"data":{"b":"3"}}'], 'configmap/cm patched'),
  step(['patch', 'configmap', 'cm', '-p', '{"data":{"b":"3"}}'], 'configmap/cm patched (no change)'),
  step(['patch', 'configmap', 'cm', '--type=merge', '-p', '{"data":{"b":null}}'], 'configmap/cm patched'),
  step(
    ['patch', 'configmap', 'cm', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"4"}]'],
    'configmap/cm patched',
  ),
  failing(
    ['patch', 'configmap', 'cm', '--type=json', '-p', '[{"op":"test","path":"/data/c","value":"5"}]'],
    'The request is invalid',
  ),
  step('label pod one new=yes', 'pod/one labeled'),
  failing('label pod one new=no', `error: 'new' already has a value (yes), and --overwrite is false`),
  step('annotate pod one note=hi', 'pod/one annotate'),
  step('scale deployment/web --replicas=3', 'deployment.apps/web scaled'),
  failing('scale deployment/web --current-replicas=9 --replicas=4', /[Ee]xpected replicas to be 9, was 3/),
  step(
    'autoscale deployment/web --min=1 --max=5 --cpu-percent=60',
    'horizontalpodautoscaler.autoscaling/web autoscaled',
  ),
  step('get hpa web', /Deployment\/web +(cpu: )?<unknown>\/60% +1 +5/),
  step('expose deployment/web --name=exposed --port=80', 'service/exposed exposed'),
  step('set image deployment/web nginx=nginx:2', 'deployment.apps/web image updated'),
  step('rollout status deployment/web --timeout=30s', 'deployment "web" successfully rolled out'),
  step('set env deployment/web X=1', 'deployment.apps/web env updated'),
  step('set resources deployment/web --limits=cpu=100m', 'deployment.apps/web resource requirements updated'),
  step('rollout history deployment/web', /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/),
  step('rollout history deployment/web --revision=2', /Image:\s+nginx:2/),
  step('rollout undo deployment/web --to-revision=1', 'deployment.apps/web rolled back'),
  failing('rollout undo deployment/web --to-revision=99', 'error: unable to find specified revision 99 in history'),
  step('rollout restart deployment/web', 'deployment.apps/web restarted'),
  step('rollout pause deployment/web', 'deployment.apps/web paused'),
  failing('rollout pause deployment/web', 'error: deployments.apps "web" is already paused'),
  step('rollout resume deployment/web', 'deployment.apps/web resumed'),
  step('rollout status deployment/web --timeout=30s', 'successfully rolled out'),
]

const applying: Step[] = [
  { args: ['diff', '-f', 'all.yaml'], fails: '+  color: blue' },
  step('apply -f all.yaml --dry-run=server', 'configmap/conf created (server dry run)'),
  step('apply -f all.yaml', /configmap\/conf created\ndeployment.apps\/app created/),
  step('apply -f all.yaml', /configmap\/conf unchanged\ndeployment.apps\/app unchanged/),
  { args: ['diff', '-f', 'all2.yaml'], fails: /-\s+- image: app:1\n\+\s+- image: app:2\n/ },
  step('apply -f all2.yaml', /configmap\/conf configured\ndeployment.apps\/app configured/),
  step('apply view-last-applied configmap conf', 'color: red'),
  step('apply -f conf.yaml --prune -l part=demo', 'deployment.apps/app pruned'),
  step('apply --server-side -f app.yaml --field-manager=one', 'deployment.apps/app serverside-applied'),
  failing(
    'apply --server-side -f app2.yaml --field-manager=two',
    /conflict with "one": \.spec\.template\.spec\.containers\[name="app"\]\.image/,
  ),
  step('apply --server-side -f app2.yaml --field-manager=two --force-conflicts', 'serverside-applied'),
  step('get deployment app -o jsonpath={.spec.template.spec.containers[0].image}', 'app:2'),
  step('apply --server-side -f conf.yaml', 'configmap/conf serverside-applied'),
  step('get configmap conf -o jsonpath={.data.color}', 'blue'),
  step('replace -f all2.yaml', 'deployment.apps/app replaced'),
  step('replace --force -f conf.yaml', 'configmap/conf replaced'),
  step('wait --for=condition=Available deployment/app --timeout=30s', 'deployment.apps/app condition met'),
]

const badInput: Step[] = [
  failing('create -f -', 'error converting YAML to JSON', { stdin: 'kind: Pod\nmetadata:\n  name: x\n bad: [\n' }),
  failing(
    'create -f -',
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string',
    {
      stdin:
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bad"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"DEBUG","value":true}]}]}}',
      since: 25,
    },
  ),
  failing(
    'create -f -',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
    { stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad"},"extra":1}', since: 25 },
  ),
  failing('create -f -', /[Uu]nknown.*extra|extra.*unknown/s, {
    stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad"},"extra":1}',
  }),
  step('create --validate=warn -f -', 'Warning: unknown field "extra"', {
    stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"warned"},"extra":1}',
    since: 25,
  }),
  failing(
    'create -f -',
    `The ConfigMap "Not_Valid" is invalid: metadata.name: Invalid value: "Not_Valid": ${SUBDOMAIN}`,
    {
      stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"Not_Valid"}}',
    },
  ),
  failing(
    ['run', 'bad', '--image=i', '--overrides={"spec":{"containers":[{"name":"Bad_Name","image":""}]}}'],
    /\* spec\.containers\[0\]\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 label.*\n\* spec\.containers\[0\]\.image: Required value/,
  ),
  failing('create --validate=false -f -', 'no matches for kind "Gadget" in version "v1"', {
    stdin: '{"apiVersion":"v1","kind":"Gadget","metadata":{"name":"bad"}}',
  }),
]

const access: Step[] = [
  step('auth can-i create pods', 'yes'),
  step('auth can-i list deployments.apps --as=system:serviceaccount:NS:robot', 'yes'),
  { args: ['auth', 'can-i', 'delete', 'pods', '--as=system:serviceaccount:NS:robot'], fails: 'no' },
  step('auth can-i --list --as=system:serviceaccount:NS:robot', /pods +\[\] +\[\] +\[get list\]/),
  step('auth whoami', /Username +kubernetes-admin/, { since: 28 }),
  failing(
    'get pods --as=jane',
    'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "NS"',
  ),
  step('get csr', 'No resources found'),
  failing('certificate approve none', 'certificatesigningrequests.certificates.k8s.io "none" not found'),
]

const nodes: Step[] = [
  step('taint node node-0 k=v:NoSchedule', 'node/node-0 tainted'),
  step('taint node node-0 k:NoSchedule-', 'node/node-0 untainted'),
  step('cordon node-0', 'node/node-0 cordoned'),
  step('get node node-0', 'Ready,SchedulingDisabled'),
  step('drain node-0 --ignore-daemonsets --force --timeout=30s', /node\/node-0 (drained|evicted)/),
  step('uncordon node-0', 'node/node-0 uncordoned'),
  step('top node', 'node-0'),
]

const deleting: Step[] = [
  step('run held --image=nginx:1', 'pod/held created'),
  step('delete pod held --dry-run=server', /pod "held" deleted.*\(server dry run\)/),
  step('get pod held -o name', 'pod/held'),
  step('delete pod held --grace-period=0 --force', 'pod "held" force deleted'),
  step('delete deployment web --cascade=orphan', 'deployment.apps "web" deleted'),
  step('get rs -l app=web -o name', 'replicaset.apps/web-'),
  step('delete rs --all --wait=false', 'replicaset.apps "web-'),
  step('delete deployment app --cascade=foreground --timeout=30s', 'deployment.apps "app" deleted'),
  step('get rs,pods -l app=app', 'No resources found'),
  step('delete service,configmap --all', 'service "csvc" deleted'),
  step('delete clusterrole NS', 'clusterrole.rbac.authorization.k8s.io "NS" deleted'),
  step('delete namespace NS --timeout=30s', 'namespace "NS" deleted'),
  failing('get namespace NS', 'namespaces "NS" not found'),
]

const full = [
  ...discovery,
  ...creating,
  ...getting,
  ...describing,
  ...changing,
  ...applying,
  ...badInput,
  ...access,
  ...nodes,
  ...deleting,
]

describe.skipIf(kubectls.length === 0)('kubectl on PATH', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster({ hollowNodes: 2 })
  })
  afterAll(() => cluster.stop())

  function prepare(session: KubectlSession): void {
    const red = CONF.replace('blue', 'red')
    const app2 = APP.replace('app:1', 'app:2')
    session.file('conf.yaml', CONF)
    session.file('app.yaml', APP)
    session.file('app2.yaml', app2)
    session.file('all.yaml', `${CONF}---\n${APP}`)
    session.file('all2.yaml', `${red}---\n${app2}`)
    session.file('some.txt', 'some text\n')
    session.file('edit.sh', `sed -i 's/a: "1"/a: "2"/' "$1"\n`)
  }

  test.each(kubectls)(
    '1.$minor does what it does elsewhere',
    async kubectl => {
      const session = kubectlSession(kubectl, cluster.kubeconfig)
      try {
        prepare(session)
        const wrong = await runSteps(session, `k${kubectl.minor}`, kubectl.minor, full)
        expect(wrong.join('\n\n')).toBe('')
      } finally {
        session.end()
      }
    },
    120_000,
  )
})
