import { validatingWebhookConfiguration } from '../../../api/admissionregistration/validatingwebhookconfiguration.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { ask, hooksOf } from './dispatch.ts'
import { Matcher } from './matching.ts'

/** Lets webhooks refuse requests, all at the same time (upstream plugin/webhook/validating). */
export function validatingWebhooks(server: ApiServer): AdmissionPlugin {
  const configurations = server.resources.of(validatingWebhookConfiguration).cacher
  const matcher = new Matcher(server)
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: () => configurations.size > 0,
    async validate(attributes) {
      const asked = hooksOf(configurations.values()).flatMap(hook => {
        const kind = matcher.match(hook.webhook as never, attributes)
        return kind ? [ask(server, hook, kind, attributes)] : []
      })
      const outcomes = await Promise.allSettled(asked)
      const refused = outcomes.find(outcome => outcome.status === 'rejected')
      if (refused) throw refused.reason
    },
  }
}
