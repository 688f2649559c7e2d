import { KUBERNETES_VERSION } from '../../cluster/version.ts'
import { VERSION } from '../version.ts'

/** `tsukube version` */
export function versionCommand({ output }: { output: string }): void {
  const versions = { tsukube: VERSION, kubernetes: KUBERNETES_VERSION, node: process.version }
  if (output === 'json') process.stdout.write(`${JSON.stringify(versions, null, 2)}\n`)
  else for (const [what, version] of Object.entries(versions)) process.stdout.write(`${what} ${version}\n`)
}
