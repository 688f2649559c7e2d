import { attach } from './attach.ts'
import { containerLogs } from './container-logs.ts'
import type { Endpoint } from './endpoint.ts'
import { exec } from './exec.ts'
import { healthz } from './healthz.ts'
import { metrics } from './metrics.ts'
import { metricsCadvisor } from './metrics-cadvisor.ts'
import { metricsResource } from './metrics-resource.ts'
import { pods } from './pods.ts'
import { portForward } from './port-forward.ts'
import { run } from './run.ts'
import { statsSummary } from './stats-summary.ts'

/** All that the kubelet serves. */
export const endpoints: readonly Endpoint[] = [
  attach,
  containerLogs,
  exec,
  healthz,
  metrics,
  metricsCadvisor,
  metricsResource,
  pods,
  portForward,
  run,
  statsSummary,
]
