export { type MutatingWebhookConfiguration, mutatingWebhookConfiguration } from './mutatingwebhookconfiguration.ts'
export {
  type ValidatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from './validatingwebhookconfiguration.ts'
