import { oneOf } from '../protobuf.ts'

const range = (from: number, to: number, name: (n: number) => string) =>
  Array.from({ length: to - from + 1 }, (_, i) => name(from + i))

/**
 * Signal names as the CRI numbers them: RUNTIME_DEFAULT, the named ones in alphabetical order, then the real-time
 * ones counted up from SIGRTMIN and down to SIGRTMAX.
 */
const names: readonly string[] = [
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP'.split(' '),
  ...'SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN'.split(' '),
  ...range(1, 15, n => `RTMINPLUS${n}`),
  ...range(1, 14, n => `RTMAXMINUS${15 - n}`),
  'RTMAX',
].map(name => `SIGNAL_SIG${name}`)

/** A container's stop signal, named as `SIGNAL_SIGTERM`; SIGNAL_RUNTIME_DEFAULT leaves it to image and runtime. */
export const signal = oneOf<string>('SIGNAL_RUNTIME_DEFAULT', ...names)
