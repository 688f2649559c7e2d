import { configMap } from '../api/core/configmap.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, keyedController, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { dayOf, isDay } from './shared/days.ts'
import { isNamespaceTerminating } from './shared/replicas.ts'

export const TRACKING = {
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
}
const KEY = `${TRACKING.namespace}/${TRACKING.name}`

/**
 * Says since which day uses of tokens from secrets have been noted, so that nobody takes what was not noted for what was not
 * used (upstream pkg/controlplane/controller/legacytokentracking).
 */
export const legacyTokenTracking: Controller = keyedController({
  name: 'legacy-token-tracking',
  watches: [
    watching(configMap, (object, previous) => {
      const key = keyOf((object ?? previous)!)
      return key === KEY ? [key] : []
    }),
  ],
  writes: [{ kind: configMap as unknown as Kind, verbs: ['create', 'update'] }],
  workers: 1,

  setup(context) {
    context.enqueue(KEY)
  },

  async sync(_key, { client, clock, informer }) {
    const known = informer(configMap).get(KEY)
    if (isDay(known?.data?.since)) return
    const data = { since: dayOf(clock.now()) }
    try {
      if (known) await client.update(configMap, { ...known, data })
      else await client.create(configMap, { metadata: TRACKING, data })
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
    }
  },
})
