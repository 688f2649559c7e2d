import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Fields, int32, quantity, ref, string } from '../../apimachinery/schema/types.ts'
import { crossVersionObjectReference } from '../autoscaling/metrics.ts'
import type { Difference } from './old-version.ts'

/** The metrics of autoscaling/v2beta1, each with the fields that later went into `metric`, `target` and `current`. */

const fields = (fields: Fields): Difference => ({ fields: () => fields })

const container = (number: number) => string(number).present().doc('The container.')

export const oldMetricMessages: Readonly<Record<string, Difference>> = {
  ObjectMetricSource: fields({
    target: ref(1, crossVersionObjectReference).present().doc('The object.'),
    metricName: string(2).present().doc('Name of the metric.'),
    targetValue: quantity(3).present().doc('What it should be.'),
    selector: ref(4, labelSelector).doc('Which of its series.'),
    averageValue: quantity(5).pointer().doc('What it should be per pod.'),
  }),
  PodsMetricSource: fields({
    metricName: string(1).present().doc('Name of the metric.'),
    targetAverageValue: quantity(2).present().doc('What it should be per pod.'),
    selector: ref(3, labelSelector).doc('Which of its series.'),
  }),
  ResourceMetricSource: fields({
    name: string(1).present().doc('The resource.'),
    targetAverageUtilization: int32(2).pointer().doc('The share of the requests it should be, in percent.'),
    targetAverageValue: quantity(3).pointer().doc('How much it should be per pod.'),
  }),
  ContainerResourceMetricSource: fields({
    name: string(1).present().doc('The resource.'),
    targetAverageUtilization: int32(2).pointer().doc('The share of the requests it should be, in percent.'),
    targetAverageValue: quantity(3).pointer().doc('How much it should be per pod.'),
    container: container(5),
  }),
  ExternalMetricSource: fields({
    metricName: string(1).present().doc('Name of the metric.'),
    metricSelector: ref(2, labelSelector).doc('Which of its series.'),
    targetValue: quantity(3).pointer().doc('What it should be.'),
    targetAverageValue: quantity(4).pointer().doc('What it should be per pod.'),
  }),
  ObjectMetricStatus: fields({
    target: ref(1, crossVersionObjectReference).present().doc('The object.'),
    metricName: string(2).present().doc('Name of the metric.'),
    currentValue: quantity(3).present().doc('What it is.'),
    selector: ref(4, labelSelector).doc('Which of its series.'),
    averageValue: quantity(5).pointer().doc('What it is per pod.'),
  }),
  PodsMetricStatus: fields({
    metricName: string(1).present().doc('Name of the metric.'),
    currentAverageValue: quantity(2).present().doc('What it is per pod.'),
    selector: ref(3, labelSelector).doc('Which of its series.'),
  }),
  ResourceMetricStatus: fields({
    name: string(1).present().doc('The resource.'),
    currentAverageUtilization: int32(2).pointer().doc('The share of the requests, in percent.'),
    currentAverageValue: quantity(3).present().doc('How much per pod.'),
  }),
  ContainerResourceMetricStatus: fields({
    name: string(1).present().doc('The resource.'),
    currentAverageUtilization: int32(2).pointer().doc('The share of the requests, in percent.'),
    currentAverageValue: quantity(3).present().doc('How much per pod.'),
    container: container(4),
  }),
  ExternalMetricStatus: fields({
    metricName: string(1).present().doc('Name of the metric.'),
    metricSelector: ref(2, labelSelector).doc('Which of its series.'),
    currentValue: quantity(3).present().doc('What it is.'),
    currentAverageValue: quantity(4).pointer().doc('What it is per pod.'),
  }),
}
