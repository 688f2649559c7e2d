import type { ConfigFile } from '../../apimachinery/config-file.ts'
import { decode } from '../../apimachinery/schema/decode.ts'
import {
  any,
  bool,
  Field,
  type Infer,
  int32,
  int64,
  list,
  message,
  ref,
  string,
  types,
} from '../../apimachinery/schema/types.ts'
import { validateConfiguration } from './rules.ts'

const PACKAGE = 'k8s.io.kube_scheduler.config.v1'
const duration = (number: number) => new Field(number, types.duration, { presence: 'optional' })

const plugin = message(
  `${PACKAGE}.Plugin`,
  {
    name: string(1).present().doc('Its name; * for all, where plugins are taken away.'),
    weight: int32(2).pointer().doc('How much its scores count.'),
  },
  { doc: 'A plugin.' },
)

const pluginSet = message(
  `${PACKAGE}.PluginSet`,
  {
    enabled: list(1, plugin).doc('Plugins besides the default ones, or with another weight.'),
    disabled: list(2, plugin).doc('Default plugins that are taken away.'),
  },
  { doc: 'The plugins at one point of scheduling.' },
)
export interface PluginSet extends Infer<typeof pluginSet> {}

const at = (number: number, what: string) => ref(number, pluginSet).doc(`Plugins that ${what}.`)

const plugins = message(
  `${PACKAGE}.Plugins`,
  {
    preEnqueue: at(1, 'keep pods out of the queue'),
    queueSort: at(2, 'order the queue'),
    preFilter: at(3, 'look at a pod before it is filtered'),
    filter: at(4, 'keep pods off nodes'),
    postFilter: at(5, 'make room'),
    preScore: at(6, 'look at a pod before nodes are scored'),
    score: at(7, 'score nodes'),
    reserve: at(8, 'set something aside'),
    permit: at(9, 'hold pods back'),
    preBind: at(10, 'prepare the binding'),
    bind: at(11, 'bind'),
    postBind: at(12, 'are told of bindings'),
    multiPoint: at(13, 'work at all points they know of'),
  },
  { doc: 'The plugins of a profile.' },
)
export interface Plugins extends Infer<typeof plugins> {}

const pluginConfig = message(
  `${PACKAGE}.PluginConfig`,
  {
    name: string(1).present().doc('A plugin.'),
    args: any(2).doc('Its arguments.'),
  },
  { doc: 'How a plugin is to work.' },
)

const profile = message(
  `${PACKAGE}.KubeSchedulerProfile`,
  {
    schedulerName: string(1).default('default-scheduler').doc('Pods of this spec.schedulerName are placed by it.'),
    percentageOfNodesToScore: int32(2).pointer().doc('Instead of that for all profiles.'),
    plugins: ref(3, plugins).doc('Changes to the default plugins.'),
    pluginConfig: list(4, pluginConfig).doc('Arguments of plugins.'),
  },
  { doc: 'A scheduler, by name.' },
)
export interface KubeSchedulerProfile extends Infer<typeof profile> {}

const tlsConfig = message(
  `${PACKAGE}.ExtenderTLSConfig`,
  {
    insecure: bool(1).always().doc('Whether any certificate will do.'),
    serverName: string(2).always().doc('The name that its certificate must have.'),
    certFile: string(3).always().doc('A certificate to show.'),
    keyFile: string(4).always().doc('Its key.'),
    caFile: string(5).always().doc('Authorities to trust.'),
    certData: string(6).always().doc('A certificate to show, in base64.'),
    keyData: string(7).always().doc('Its key, in base64.'),
    caData: string(8).always().doc('Authorities to trust, in base64.'),
  },
  { doc: 'How to speak TLS with an extender.' },
)

const managedResource = message(
  `${PACKAGE}.ExtenderManagedResource`,
  {
    name: string(1).present().doc('An extended resource.'),
    ignoredByScheduler: bool(2).always().doc('Whether the scheduler itself does not count it.'),
  },
  { doc: 'A resource an extender looks after.' },
)

const extender = message(
  `${PACKAGE}.Extender`,
  {
    urlPrefix: string(1).present().doc('Where it is.'),
    filterVerb: string(2).always().doc('Last part of the URL by which nodes are filtered.'),
    preemptVerb: string(3).always().doc('The same for victims.'),
    prioritizeVerb: string(4).always().doc('The same for scores.'),
    weight: int64(5).always().doc('How much its scores count.'),
    bindVerb: string(6).always().doc('The same for binding.'),
    enableHTTPS: bool(7).always().doc('Whether the URL is one of https.'),
    tlsConfig: ref(8, tlsConfig).doc('How to speak TLS with it.'),
    httpTimeout: duration(9).default('5s').doc('How long it may take.'),
    nodeCacheCapable: bool(10).always().doc('Whether it knows nodes by name.'),
    managedResources: list(11, managedResource).doc(
      'It is asked only about pods that want one of these; all if empty.',
    ),
    ignorable: bool(12).always().doc('Whether pods are placed without it where it fails.'),
  },
  { doc: 'Somebody who is asked over HTTP.' },
)
export interface Extender extends Infer<typeof extender> {}

const configuration = message(
  `${PACKAGE}.KubeSchedulerConfiguration`,
  {
    parallelism: int32(1).pointer().default(16).doc('Has no meaning here: nodes are looked at one by one.'),
    leaderElection: any(2).doc('Has no meaning here: scheduler and server are one process.'),
    clientConnection: any(3).doc('Has no meaning here.'),
    enableProfiling: bool(4).pointer().doc('Has no meaning here.'),
    enableContentionProfiling: bool(5).pointer().doc('Has no meaning here.'),
    percentageOfNodesToScore: int32(6)
      .pointer()
      .doc('Nodes that are enough to choose among; 0: by the size of the cluster.'),
    podInitialBackoffSeconds: int64(7).pointer().default(1).doc('Wait after the first failure.'),
    podMaxBackoffSeconds: int64(8).pointer().default(10).doc('Longest wait after failures.'),
    profiles: list(9, profile)
      .default([{ schedulerName: 'default-scheduler' }])
      .doc('Schedulers, by name.'),
    extenders: list(10, extender).doc('Those who are asked over HTTP.'),
    delayCacheUntilActive: bool(11).always().doc('Has no meaning here.'),
  },
  { doc: 'How pods are placed.' },
)
export interface KubeSchedulerConfiguration extends Infer<typeof configuration> {}

/** KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, plugins, extenders. */
export const kubeSchedulerConfiguration = {
  what: 'scheduler configuration',
  kind: 'KubeSchedulerConfiguration',
  apiVersions: ['kubescheduler.config.k8s.io/v1'],
  message: configuration,
  validate: validateConfiguration,
} satisfies ConfigFile<typeof configuration>

/** The configuration where none is given. */
export const defaultConfiguration = (): KubeSchedulerConfiguration => decode(configuration, {}, { defaults: true })
