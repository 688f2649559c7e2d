import { type Lease, lease as leaseKind } from '../../api/coordination/lease.ts'
import type { Node } from '../../api/core/node.ts'
import { type Clock, rfc3339Micro } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { Client } from '../../client/client.ts'

export const LEASE_NAMESPACE = 'kube-node-lease'
const LEASE_SECONDS = 40

/** The Lease by which the control plane knows that a node is alive. */
export class NodeLease {
  readonly #client: Client
  readonly #clock: Clock
  #lease: Lease | undefined

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Makes the lease or renews it. Rejects when the server cannot be reached. */
  async renew(node: Node): Promise<void> {
    const name = node.metadata.name!
    const key = { namespace: LEASE_NAMESPACE, name }
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: rfc3339Micro(this.#clock.now()),
    }
    try {
      this.#lease = this.#lease
        ? await this.#client.update(leaseKind, { ...this.#lease, spec: { ...this.#lease.spec, ...spec } })
        : await this.#client.patch(leaseKind, key, 'merge', { spec })
    } catch (error) {
      this.#lease = undefined
      if (isReason(error, 'Conflict')) return this.renew(node)
      if (!isReason(error, 'NotFound')) throw error
      const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid! }
      this.#lease = await this.#client.create(leaseKind, { metadata: { ...key, ownerReferences: [owner] }, spec })
    }
  }
}
