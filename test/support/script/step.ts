/** One call that any client can make, and what must come of it. */
export interface ClientStep {
  readonly do: Verb
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly name: string
  readonly scope?: 'Cluster'
  /** Of get, create, replace and merge. */
  readonly subresource?: string
  /** The object, or the patch. */
  readonly body?: object
  readonly dryRun?: boolean
  /** Who applies, and whether others' fields are taken. */
  readonly manager?: string
  readonly force?: boolean
  /** Selectors of list, follow and deletecollection. */
  readonly labels?: string
  readonly fields?: string
  /** How many a page of a list has. */
  readonly limit?: number
  readonly propagation?: 'Orphan' | 'Background' | 'Foreground'
  /** What `until` waits for, `type=status`; or `deleted`. */
  readonly condition?: string
  /** How many events `heard` waits for. */
  readonly count?: number
  /** What the answer must have in it; of a list the names, of `heard` the events. A RegExp is searched for in a text. */
  readonly expect?: object
  /** The reason that it must fail for. */
  readonly fails?: string
  /** What the failure must say. */
  readonly says?: string
}

/**
 * `follow` begins to watch what its selector matches, which must be something; `heard` waits for events since then, as
 * `TYPE name`, and ends it. `until` waits until an object has a condition.
 */
export type Verb =
  | 'create'
  | 'get'
  | 'replace'
  | 'merge'
  | 'strategic'
  | 'json'
  | 'apply'
  | 'list'
  | 'follow'
  | 'heard'
  | 'until'
  | 'delete'
  | 'deletecollection'

/** A call that was refused. */
export class Refused extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** A client that makes the calls of a script in one namespace. */
export interface ScriptClient {
  /** What the call answers, names or events. Throws `Refused`. */
  run(step: ClientStep): Promise<unknown>
  end?(): void
}

/** What came of a step. */
export interface Outcome {
  readonly answer?: unknown
  readonly reason?: string
  readonly message?: string
}

/** Makes all calls, one after the other. */
export async function runScript(client: ScriptClient, script: readonly ClientStep[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  try {
    for (const step of script) {
      try {
        outcomes.push({ answer: await inTime(client.run(step)) })
      } catch (error) {
        if (error instanceof Refused) outcomes.push({ reason: error.reason, message: error.message })
        else outcomes.push({ reason: String(error), message: '' })
      }
    }
  } finally {
    client.end?.()
  }
  return outcomes
}

const STEP_MS = 10_000

/** So that a step which hangs is named in the end. */
async function inTime(answer: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STEP_MS} ms`)), STEP_MS)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** What went otherwise than it should. */
export function wrongOf(script: readonly ClientStep[], outcomes: readonly Outcome[]): object[] {
  return script.flatMap((step, i): object[] => {
    const { answer, reason, message } = outcomes[i] ?? { reason: 'the client ended before this step' }
    const asked = `${i}: ${step.dryRun ? 'dry run ' : ''}${step.do} ${step.kind} ${step.name} ${step.subresource ?? ''}`
    if (reason !== step.fails) return [{ asked, reason, message, wanted: step.fails, answer }]
    if (step.says && !message?.includes(step.says)) return [{ asked, message, wanted: step.says }]
    const fits = !step.expect || reason || contains(answer, step.expect)
    return fits ? [] : [{ asked, answer, wanted: step.expect }]
  })
}

/** Whether something has all of `part` in it; lists must be the same length. */
function contains(whole: unknown, part: unknown): boolean {
  if (part instanceof RegExp) return part.test(String(whole))
  if (typeof part !== 'object' || part === null) return whole === part
  if (typeof whole !== 'object' || whole === null) return false
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return false
  return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value))
}
