import { namespace as namespaceKind } from '../../api/core/namespace.ts'
import { forbidden, notFound } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

/** Namespaces that cannot be deleted (upstream plugin/namespace/lifecycle). */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/** Refuses new objects in namespaces that do not exist or are being deleted, and the deletion of the system's own. */
export function namespaceLifecycle(server: ApiServer): AdmissionPlugin {
  const namespaces = server.resources.of(namespaceKind).cacher
  return {
    name: 'NamespaceLifecycle',
    handles: ({ operation, kind }) =>
      operation === 'CREATE' || (operation === 'DELETE' && kind.plural === 'namespaces'),
    admit({ operation, kind, namespace, name, object }) {
      if (operation !== 'CREATE' || kind.scope !== 'Namespaced' || kind.virtual) return
      const entry = namespaces.get(namespace)
      if (!entry) throw notFound(namespaceKind, namespace)
      const { metadata, status } = entry.object
      if (!metadata.deletionTimestamp && status?.phase !== 'Terminating') return
      if (kind.plural === 'events') return
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`
      const error = forbidden(kind, name || (object?.metadata.generateName ?? ''), why)
      error.status.details!.causes = [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ]
      throw error
    },
    validate({ operation, kind, name }) {
      if (operation === 'DELETE' && kind.plural === 'namespaces' && IMMORTAL.has(name)) {
        throw forbidden(namespaceKind, name, 'this namespace may not be deleted')
      }
    },
  }
}
