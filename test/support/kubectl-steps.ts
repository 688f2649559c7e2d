import type { KubectlSession } from './kubectl.ts'

/** One call of kubectl: what it is given, and what it must say. Texts are searched for; NS stands for the namespace. */
export interface Step {
  readonly args: readonly string[]
  readonly says?: string | RegExp
  /** Ends with an error, and says this on stderr. */
  readonly fails?: string | RegExp
  readonly stdin?: string
  readonly env?: Record<string, string>
  /** For kubectls from this minor version on. */
  readonly since?: number
}

type Options = Pick<Step, 'stdin' | 'env' | 'since'>
const split = (line: string | readonly string[]) => (typeof line === 'string' ? line.split(' ') : line)

/** A call that succeeds. */
export const step = (line: string | readonly string[], says: string | RegExp = '', options: Options = {}): Step => ({
  args: split(line),
  says,
  ...options,
})
/** A call that fails. */
export const failing = (line: string | readonly string[], fails: string | RegExp, options: Options = {}): Step => ({
  args: split(line),
  fails,
  ...options,
})

/** Runs steps in a namespace; gives what was wrong, a text for each step that went otherwise. */
export async function runSteps(
  session: KubectlSession,
  namespace: string,
  minor: number,
  steps: readonly Step[],
): Promise<string[]> {
  const wrong: string[] = []
  const named = (text: string) => text.replaceAll('NS', namespace)
  for (const { args, says, fails, stdin, env, since = 0 } of steps) {
    if (minor < since) continue
    const all = args.map(named)
    const { code, stdout, stderr } = await session.run(['-n', namespace, ...all], { stdin, env })
    const wanted = fails ?? says ?? ''
    const expected = typeof wanted === 'string' ? named(wanted) : new RegExp(named(wanted.source), wanted.flags)
    const heard = fails === undefined ? stdout + stderr : stderr + stdout
    const right = typeof expected === 'string' ? heard.includes(expected) : expected.test(heard)
    if (right && (fails === undefined) === (code === 0)) continue
    wrong.push(`kubectl ${all.join(' ')}\n  ended with ${code}; expected ${expected}\n${heard.slice(0, 1500)}`)
  }
  return wrong
}
