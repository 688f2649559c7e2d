import { mutatingWebhookConfiguration } from '../../../api/admissionregistration/mutatingwebhookconfiguration.ts'
import { deepEqual } from '../../../apimachinery/json.ts'
import { applyJsonPatch } from '../../../apimachinery/patch/json-patch.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin, Round } from '../admission.ts'
import { ask, type Hook, hooksOf } from './dispatch.ts'
import { Matcher } from './matching.ts'
import { become, completed, inVersion } from './objects.ts'
import { callFailure } from './review.ts'

/** What has happened to a request so far, to find out which webhooks have to see it again. */
interface Progress {
  /** Webhooks that were asked, and want to be asked again when somebody else changes the object. */
  readonly invoked: Set<string>
  /** Those of them after which somebody did. */
  readonly again: Set<string>
  /** The object as the webhooks left it. */
  output: KubeObject | undefined
}

/**
 * Lets webhooks change objects, one after the other. One that asks for it (reinvocationPolicy IfNeeded) sees the object once more
 * when it was changed after its turn (upstream plugin/webhook/mutating).
 */
export function mutatingWebhooks(server: ApiServer): AdmissionPlugin {
  const configurations = server.resources.of(mutatingWebhookConfiguration).cacher
  const matcher = new Matcher(server)
  const underWay = new WeakMap<Round, Progress>()
  return {
    name: 'MutatingAdmissionWebhook',
    handles: () => configurations.size > 0,
    async admit(attributes, round) {
      const progress = underWay.get(round) ?? { invoked: new Set(), again: new Set(), output: undefined }
      underWay.set(round, progress)
      if (round.second && !deepEqual(progress.output, attributes.object)) all(progress)
      for (const hook of hooksOf(configurations.values())) {
        const kind = matcher.match(hook.webhook as never, attributes)
        if (!kind || (round.second && !progress.again.has(hook.id))) continue
        const changed = await change(server, hook, kind, attributes)
        if (changed) {
          all(progress)
          if (progress.again.size > 0) round.wantsSecond = true
        }
        if (hook.webhook.reinvocationPolicy === 'IfNeeded') progress.invoked.add(hook.id)
      }
      if (progress.invoked.size > 0) {
        progress.output = structuredClone(attributes.object)
        // What comes after the webhooks, as a plugin, may change the object too.
        round.checkAtEnd.push(() => !deepEqual(progress.output, attributes.object))
      }
    },
  }
}

function all({ invoked, again }: Progress): void {
  for (const id of invoked) again.add(id)
}

/** Lets one webhook change the object. Resolves to whether it did. */
async function change(server: ApiServer, hook: Hook, kind: Kind, attributes: AdmissionAttributes): Promise<boolean> {
  const response = await ask(server, hook, kind, attributes)
  const { object, subresourceKind } = attributes
  if (!response?.patch || !object) return false
  const own = subresourceKind ?? attributes.kind
  const shown = subresourceKind ? object : await inVersion(server, object, own, kind)
  let whole: KubeObject
  try {
    const patched = applyJsonPatch(shown, JSON.parse(Buffer.from(response.patch, 'base64').toString()))
    whole = completed(server, subresourceKind ?? kind, patched, attributes)
  } catch (error) {
    throw callFailure(hook.webhook.name, error as Error)
  }
  const result = (subresourceKind ? whole : await inVersion(server, whole, kind, own))!
  if (deepEqual(result, object)) return false
  become(object, structuredClone(result))
  return true
}
