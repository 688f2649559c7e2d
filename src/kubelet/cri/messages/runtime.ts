import { bool, type Infer, listOf, map, message, oneOf, ref, string } from '../protobuf.ts'

export const empty = message({})

export const versionRequest = message({ version: string(1) })
export const versionResponse = message({
  version: string(1),
  runtimeName: string(2),
  runtimeVersion: string(3),
  runtimeApiVersion: string(4),
})

/** Types are RuntimeReady and NetworkReady. */
const runtimeCondition = message({ type: string(1), status: bool(2), reason: string(3), message: string(4) })
export interface RuntimeCondition extends Infer<typeof runtimeCondition> {}

const runtimeHandler = message({
  name: string(1),
  features: ref(2, message({ recursiveReadOnlyMounts: bool(1), userNamespaces: bool(2) })),
})

export const statusRequest = message({ verbose: bool(1) })
export const statusResponse = message({
  status: ref(1, message({ conditions: listOf(1, runtimeCondition) })),
  info: map(2),
  runtimeHandlers: listOf(3, runtimeHandler),
  features: ref(4, message({ supplementalGroupsPolicy: bool(1), userNamespacesHostNetwork: bool(2) })),
})

const runtimeConfig = message({ networkConfig: ref(1, message({ podCidr: string(1) })) })
export const updateRuntimeConfigRequest = message({ runtimeConfig: ref(1, runtimeConfig) })

export const runtimeConfigResponse = message({
  linux: ref(1, message({ cgroupDriver: oneOf('SYSTEMD', 'CGROUPFS')(1) })),
})
