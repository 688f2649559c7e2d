import { bytes, int32, int64, list, message, ref, string, uint32 } from '../protobuf.ts'

/** google.protobuf.Timestamp */
const timestamp = message({ seconds: int64(1), nanos: int32(2) })

export const subscribeRequest = message({ filters: list(1, string) })

/** One event as containerd publishes it; `event` holds a message that `topic` tells the type of. */
export const envelope = message({
  timestamp: ref(1, timestamp),
  namespace: string(2),
  topic: string(3),
  event: ref(4, message({ typeUrl: string(1), value: bytes(2) })),
})

export const taskCreate = message({ containerId: string(1), pid: uint32(6) })
export const taskStart = message({ containerId: string(1), pid: uint32(2) })
export const taskOom = message({ containerId: string(1) })
/** `id` differs from `containerId` when it is an exec's process that ended. */
export const taskExit = message({
  containerId: string(1),
  id: string(2),
  pid: uint32(3),
  exitStatus: uint32(4),
  exitedAt: ref(5, timestamp),
})
export const taskDelete = message({
  containerId: string(1),
  pid: uint32(2),
  exitStatus: uint32(3),
  exitedAt: ref(4, timestamp),
  id: string(5),
})
