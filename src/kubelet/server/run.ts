import { type Endpoint, HttpError, send } from './endpoint.ts'
import { containerTarget } from './target.ts'

/** POST /run/NAMESPACE/POD/CONTAINER?cmd=...: runs a command and answers with what it printed. */
export const run: Endpoint = {
  name: 'run',
  methods: ['POST'],
  subresource: 'proxy',
  async handle(call, response) {
    const { id: containerId } = await containerTarget(call)
    const cmd = (call.query.get('cmd') ?? '').split(' ').filter(Boolean)
    const { stdout, stderr, exitCode } = await call.tools.settings.cri.runtime.execSync(
      { containerId, cmd },
      { signal: call.signal },
    )
    const output = Buffer.concat([stdout, stderr]).toString('utf8')
    if (exitCode !== 0) throw new HttpError(500, `command '${cmd.join(' ')}' exited with ${exitCode}: ${output}`)
    send(response, 'text/plain; charset=utf-8', output)
  },
}
