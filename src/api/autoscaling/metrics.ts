import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Infer, int32, message, quantity, ref, string } from '../../apimachinery/schema/types.ts'

export const crossVersionObjectReference = message(
  'k8s.io.api.autoscaling.v2.CrossVersionObjectReference',
  {
    kind: string(1).required().doc('Its kind.'),
    name: string(2).required().doc('Its name.'),
    apiVersion: string(3).doc('Its API version.'),
  },
  {
    doc: 'Names an object of any kind in the same namespace.',
  },
)
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const metricIdentifier = message(
  'k8s.io.api.autoscaling.v2.MetricIdentifier',
  {
    name: string(1).present().doc('Its name.'),
    selector: ref(2, labelSelector).doc('Which of its series.'),
  },
  {
    doc: 'Names a metric.',
  },
)
export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}

export const metricTarget = message(
  'k8s.io.api.autoscaling.v2.MetricTarget',
  {
    type: string(1).present().doc('Utilization, Value or AverageValue.'),
    value: quantity(2).pointer().doc('The value.'),
    averageValue: quantity(3).pointer().doc('The value per pod.'),
    averageUtilization: int32(4).pointer().doc('The share of the requests, in percent.'),
  },
  {
    doc: 'What a metric should be.',
  },
)
export interface MetricTarget extends Infer<typeof metricTarget> {}

export const metricValueStatus = message(
  'k8s.io.api.autoscaling.v2.MetricValueStatus',
  {
    value: quantity(1).pointer().doc('The value.'),
    averageValue: quantity(2).pointer().doc('The value per pod.'),
    averageUtilization: int32(3).pointer().doc('The share of the requests, in percent.'),
  },
  {
    doc: 'What a metric is.',
  },
)
export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}

export const objectMetricSource = message(
  'k8s.io.api.autoscaling.v2.ObjectMetricSource',
  {
    describedObject: ref(1, crossVersionObjectReference).present().doc('The object.'),
    target: ref(2, metricTarget).present().doc('What it should be.'),
    metric: ref(3, metricIdentifier).present().doc('The metric.'),
  },
  {
    doc: 'A metric of one object.',
  },
)
export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}

export const podsMetricSource = message(
  'k8s.io.api.autoscaling.v2.PodsMetricSource',
  {
    metric: ref(1, metricIdentifier).present().doc('The metric.'),
    target: ref(2, metricTarget).present().doc('What it should be.'),
  },
  {
    doc: 'A metric of every pod, averaged.',
  },
)
export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}

export const resourceMetricSource = message(
  'k8s.io.api.autoscaling.v2.ResourceMetricSource',
  {
    name: string(1).required().doc('The resource.'),
    target: ref(2, metricTarget).present().doc('What its use should be.'),
  },
  {
    doc: 'A resource that pods request.',
  },
)
export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}

export const containerResourceMetricSource = message(
  'k8s.io.api.autoscaling.v2.ContainerResourceMetricSource',
  {
    name: string(1).required().doc('The resource.'),
    target: ref(2, metricTarget).present().doc('What its use should be.'),
    container: string(3).required().doc('The container.'),
  },
  {
    doc: 'A resource that one container of every pod requests.',
  },
)
export interface ContainerResourceMetricSource extends Infer<typeof containerResourceMetricSource> {}

export const externalMetricSource = message(
  'k8s.io.api.autoscaling.v2.ExternalMetricSource',
  {
    metric: ref(1, metricIdentifier).present().doc('The metric.'),
    target: ref(2, metricTarget).present().doc('What it should be.'),
  },
  {
    doc: 'A metric from outside the cluster.',
  },
)
export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}

export const metricSpec = message(
  'k8s.io.api.autoscaling.v2.MetricSpec',
  {
    type: string(1).present().doc('Object, Pods, Resource, ContainerResource or External.'),
    object: ref(2, objectMetricSource).doc('A metric of one object.'),
    pods: ref(3, podsMetricSource).doc('A metric of every pod.'),
    resource: ref(4, resourceMetricSource).doc('A resource that pods request.'),
    containerResource: ref(7, containerResourceMetricSource).doc(
      'A resource that one container of every pod requests.',
    ),
    external: ref(5, externalMetricSource).doc('A metric from outside.'),
  },
  {
    doc: 'A metric to scale by; the field named by type is set.',
  },
)
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const objectMetricStatus = message(
  'k8s.io.api.autoscaling.v2.ObjectMetricStatus',
  {
    metric: ref(1, metricIdentifier).present().doc('The metric.'),
    current: ref(2, metricValueStatus).present().doc('What it is.'),
    describedObject: ref(3, crossVersionObjectReference).present().doc('The object.'),
  },
  {
    doc: 'What a metric of one object is.',
  },
)
export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}

export const podsMetricStatus = message(
  'k8s.io.api.autoscaling.v2.PodsMetricStatus',
  {
    metric: ref(1, metricIdentifier).present().doc('The metric.'),
    current: ref(2, metricValueStatus).present().doc('What it is.'),
  },
  {
    doc: 'What a metric of every pod is.',
  },
)
export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}

export const resourceMetricStatus = message(
  'k8s.io.api.autoscaling.v2.ResourceMetricStatus',
  {
    name: string(1).present().doc('The resource.'),
    current: ref(2, metricValueStatus).present().doc('How much.'),
  },
  {
    doc: 'How much of a resource is used.',
  },
)
export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}

export const containerResourceMetricStatus = message(
  'k8s.io.api.autoscaling.v2.ContainerResourceMetricStatus',
  {
    name: string(1).present().doc('The resource.'),
    current: ref(2, metricValueStatus).present().doc('How much.'),
    container: string(3).present().doc('The container.'),
  },
  {
    doc: 'How much of a resource one container uses.',
  },
)
export interface ContainerResourceMetricStatus extends Infer<typeof containerResourceMetricStatus> {}

export const externalMetricStatus = message(
  'k8s.io.api.autoscaling.v2.ExternalMetricStatus',
  {
    metric: ref(1, metricIdentifier).present().doc('The metric.'),
    current: ref(2, metricValueStatus).present().doc('What it is.'),
  },
  {
    doc: 'What a metric from outside is.',
  },
)
export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}

export const metricStatus = message(
  'k8s.io.api.autoscaling.v2.MetricStatus',
  {
    type: string(1).present().doc('Object, Pods, Resource, ContainerResource or External.'),
    object: ref(2, objectMetricStatus).doc('A metric of one object.'),
    pods: ref(3, podsMetricStatus).doc('A metric of every pod.'),
    resource: ref(4, resourceMetricStatus).doc('A resource that pods request.'),
    containerResource: ref(7, containerResourceMetricStatus).doc(
      'A resource that one container of every pod requests.',
    ),
    external: ref(5, externalMetricStatus).doc('A metric from outside.'),
  },
  {
    doc: 'What a metric is; the field named by type is set.',
  },
)
export interface MetricStatus extends Infer<typeof metricStatus> {}
