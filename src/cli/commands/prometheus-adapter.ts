import { readFileSync } from 'node:fs'
import { systemClock } from '../../apimachinery/clock.ts'
import { parseDuration } from '../../apimachinery/duration.ts'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { withAdmin } from '../../cluster/node-access.ts'
import { issueLeaf, makeAuthority } from '../../cluster/pki/certificates.ts'
import { readConfiguration, SERVICE_HOST, startPrometheusAdapter } from '../../prometheus-adapter/index.ts'
import { endSignal } from '../service.ts'

interface Options {
  readonly name: string
  readonly config: string
  readonly prometheusUrl: string
  readonly prometheusTokenFile?: string
  readonly prometheusCaFile?: string
  readonly metricsRelistInterval: string
  readonly port?: number
}

/** `tsukube prometheus-adapter`: answers for custom and external metrics until it is interrupted. */
export async function prometheusAdapterCommand(options: Options): Promise<void> {
  const { name, config, prometheusUrl, prometheusTokenFile, prometheusCaFile, port = 0 } = options
  const configuration = readConfiguration(textOf(config), config)
  if (configuration.rules.length + configuration.externalRules.length === 0) {
    throw new MachineError(
      'There is nothing to adapt',
      `${config} has neither rules nor externalRules`,
      'Add a rule: docs/metrics.md has an example.',
    )
  }
  const now = systemClock.now()
  const authority = await makeAuthority(now)
  const leaf = await issueLeaf(authority, { commonName: 'prometheus-adapter', hosts: [SERVICE_HOST] }, now)
  const end = endSignal()
  await withAdmin(name, async client => {
    const adapter = await startPrometheusAdapter({
      client,
      clock: systemClock,
      configuration,
      prometheus: {
        url: prometheusUrl,
        ...(prometheusTokenFile && { token: textOf(prometheusTokenFile).trim() }),
        ...(prometheusCaFile && { ca: textOf(prometheusCaFile) }),
      },
      host: '127.0.0.1',
      port,
      serving: { ...leaf, ca: authority.certificate },
      relistMs: parseDuration(options.metricsRelistInterval),
    })
    const groups = [...new Set(adapter.groupVersions.map(({ group }) => group))].join(' and ')
    process.stdout.write(`Answering for ${groups} on port ${adapter.port}, from ${prometheusUrl}. Ctrl-C ends it.\n`)
    if (!end.aborted) await new Promise(resolve => end.addEventListener('abort', resolve, { once: true }))
    await adapter.stop()
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new MachineError(`${file} cannot be read`, (error as Error).message, 'Name a file that is there.')
  }
}
