import { of } from './of.ts'
import type { ClientStep } from './step.ts'

const deployments = of('apps/v1', 'Deployment', 'deployments')
const extensions = of('extensions/v1beta1', 'Deployment', 'deployments')
const ingresses = of('networking.k8s.io/v1', 'Ingress', 'ingresses')
const oldIngresses = of('extensions/v1beta1', 'Ingress', 'ingresses')
const scalers = of('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers')
const oldScalers = of('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers')
const crons = of('batch/v1', 'CronJob', 'cronjobs')
const oldCrons = of('batch/v1beta1', 'CronJob', 'cronjobs')
const policies = of('extensions/v1beta1', 'PodSecurityPolicy', 'podsecuritypolicies', 'Cluster')

const labels = { app: 'old' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
const scaleTargetRef = { kind: 'Deployment', name: 'old', apiVersion: 'apps/v1' }
const once = { spec: { template: { spec: { restartPolicy: 'Never', containers: template.spec.containers } } } }

/** Objects are written in one version and read in another. */
export const oldVersionSteps: readonly ClientStep[] = [
  extensions.create('old', { spec: { replicas: 0, template } }, { expect: { apiVersion: 'extensions/v1beta1' } }),
  deployments.get('old', { apiVersion: 'apps/v1', spec: { selector: { matchLabels: labels } } }),
  extensions.merge('old', { spec: { minReadySeconds: 3 } }, { expect: { spec: { minReadySeconds: 3 } } }),
  deployments.merge('old', { spec: { revisionHistoryLimit: 4 } }),
  of('apps/v1beta2', 'Deployment', 'deployments').get('old', { spec: { minReadySeconds: 3, revisionHistoryLimit: 4 } }),
  extensions.list(['old'], { fields: 'metadata.name=old' }),
  extensions.delete('old'),
  deployments.until('old', 'deleted'),
  oldIngresses.create('old', { spec: { backend: { serviceName: 's', servicePort: 80 } } }),
  ingresses.get('old', { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } }),
  ingresses.merge('old', { spec: { defaultBackend: { service: { port: { number: null, name: 'http' } } } } }),
  oldIngresses.get('old', { spec: { backend: { serviceName: 's', servicePort: 'http' } } }),
  ingresses.delete('old'),
  oldScalers.create('old', { spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 40, scaleTargetRef } }),
  scalers.get('old', { spec: { metrics: [{ type: 'Resource', resource: { target: { averageUtilization: 40 } } }] } }),
  scalers.delete('old'),
  oldCrons.create('old', { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: once } }),
  crons.get('old', { spec: { suspend: true, concurrencyPolicy: 'Allow' } }),
  crons.delete('old'),
  policies.create('old', { spec: { privileged: false } }, { fails: 'Invalid' }),
]
