import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, bytes, type Infer, int32, list, message, ref, string, time } from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { validateAPIService, validateAPIServiceStatus } from './apiservice-rules.ts'

const PACKAGE = 'k8s.io.kube_aggregator.pkg.apis.apiregistration.v1'

export const serviceReference = message(
  `${PACKAGE}.ServiceReference`,
  {
    namespace: string(1).doc('Its namespace.'),
    name: string(2).doc('Its name.'),
    port: int32(3).pointer().default(443).doc('Its port.'),
  },
  { doc: 'The Service that answers for a group version.' },
)
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const apiServiceSpec = message(
  `${PACKAGE}.APIServiceSpec`,
  {
    service: ref(1, serviceReference).doc('Who answers; this server when left out.'),
    group: string(2).doc('The API group.'),
    version: string(3).doc('The version.'),
    insecureSkipTLSVerify: bool(4).doc("Whether the Service's certificate is not checked."),
    caBundle: bytes(5).doc('The certificates that its own is checked against, as PEM.'),
    groupPriorityMinimum: int32(7).present().doc('Which group comes first in discovery: the highest.'),
    versionPriority: int32(8).present().doc('Which version comes first in its group: the highest.'),
  },
  { doc: 'Who answers for a group version.' },
)
export interface APIServiceSpec extends Infer<typeof apiServiceSpec> {}

export const apiServiceCondition = message(
  `${PACKAGE}.APIServiceCondition`,
  {
    type: string(1).present().doc('What is observed: Available.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  { doc: 'One observation about an APIService.' },
)
export interface APIServiceCondition extends Infer<typeof apiServiceCondition> {}

export const apiServiceStatus = message(
  `${PACKAGE}.APIServiceStatus`,
  { conditions: list(1, apiServiceCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.') },
  { doc: 'What is known of an APIService.' },
)
export interface APIServiceStatus extends Infer<typeof apiServiceStatus> {}

const fields = {
  spec: ref(2, apiServiceSpec).always().doc('Who answers for it.'),
  status: ref(3, apiServiceStatus).always().doc('What is known of it.'),
}
export interface APIService extends ObjectOf<typeof fields> {}

function availability({ status }: APIService): string {
  const available = status.conditions?.find(({ type }) => type === 'Available')
  if (!available) return 'Unknown'
  return available.status !== 'True' && available.reason
    ? `${available.status} (${available.reason})`
    : available.status
}

const columns: readonly Column<APIService>[] = [
  column(
    'Service',
    ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'),
    'Who answers.',
  ),
  column('Available', availability, 'Whether it answers.'),
  age,
]

export const apiService = kind({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  name: `${PACKAGE}.APIService`,
  doc: 'Says who answers for the version of an API group: this server, or a Service.',
  fields,
  subresources: { status: true },
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(service, at) {
    validateAPIService(service, at)
  },
  validateStatusUpdate({ status }, _old, at) {
    validateAPIServiceStatus(status, at.child('status'))
  },
  columns,
})
