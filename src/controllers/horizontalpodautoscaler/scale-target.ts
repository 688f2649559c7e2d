import type { HorizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import type { Scale } from '../../api/autoscaling/scale.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import type { Client } from '../../client/client.ts'
import type { KindOfReference } from './rest-mapping.ts'

/** What an autoscaler scales: of which kind it is, and its size. */
export interface ScaleTarget {
  readonly kind: Kind
  readonly scale: Scale
}

/** Looks at what an autoscaler is to scale. Rejects where there is no such thing, or it cannot be scaled. */
export async function scaleTargetOf(
  { metadata: { namespace }, spec: { scaleTargetRef } }: HorizontalPodAutoscaler,
  client: Client,
  kindOf: KindOfReference,
): Promise<ScaleTarget> {
  const kind = await kindOf(scaleTargetRef)
  const { name } = scaleTargetRef
  const scale = await client.transport.request({ verb: 'get', kind, namespace, name, subresource: 'scale' })
  return { kind, scale: scale as Scale }
}

/** Brings the target to a size. Rejects where somebody else has changed it since. */
export async function resize({ kind, scale }: ScaleTarget, replicas: number, client: Client): Promise<void> {
  const { namespace, name } = scale.metadata
  const body = { ...scale, spec: { ...scale.spec, replicas } }
  await client.transport.request({ verb: 'update', kind, namespace, name, subresource: 'scale', body })
}
