import { type ComponentStatus, componentStatus } from '../api/core/componentstatus.ts'
import { notFound } from '../apimachinery/errors.ts'
import type { ApiServer } from './apiserver.ts'

/** Rejects, or throws, saying what is wrong with a part of the control plane. */
export type ComponentCheck = () => void | Promise<void>

/** Serves ComponentStatuses: each is looked at when somebody asks (upstream pkg/registry/core/componentstatus). */
export function serveComponentStatuses(server: ApiServer, checks: Readonly<Record<string, ComponentCheck>>): void {
  const all = new Map(Object.entries(checks).sort(([a], [b]) => (a < b ? -1 : 1)))
  server.serveComputed(componentStatus, {
    async get(_, name) {
      const check = all.get(name)
      if (!check) throw notFound(componentStatus, name)
      return statusOf(name, check)
    },
    // They have no labels.
    list: async (_, labels) =>
      labels.matches(undefined) ? Promise.all([...all].map(([name, check]) => statusOf(name, check))) : [],
  })
}

async function statusOf(name: string, check: ComponentCheck): Promise<ComponentStatus> {
  const { apiVersion, kind } = componentStatus
  const of = (status: string, message: string) => ({
    apiVersion,
    kind,
    metadata: { name },
    conditions: [{ type: 'Healthy', status, message }],
  })
  try {
    await check()
    return of('True', 'ok')
  } catch (error) {
    return of('False', error instanceof Error ? error.message : String(error))
  }
}
