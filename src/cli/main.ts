import path from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { explain } from './explain.ts'
import { VERSION } from './version.ts'

/** A whole number of zero or more, as an option's value. */
function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected')
  return Number(text)
}

function port(text: string): number {
  const number = count(text)
  if (number < 1 || number > 65535) throw new InvalidArgumentError('a port is a number from 1 to 65535')
  return number
}

/** A file by its absolute path; empty to name none any more. */
const file = (text: string): string => (text && text !== '-' ? path.resolve(text) : text)

/** A cluster's name becomes part of host names. */
function clusterName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('use lower case letters, digits and dashes, at most 32 of them')
  }
  return text
}

const name = () => new Option('--name <cluster>', 'which cluster').default('tsukube').argParser(clusterName)
const output = () => new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text')

/** The command line. Commands are loaded when they are used, so that starting stays quick. */
function program(): Command {
  const tsukube = new Command('tsukube').description('Kubernetes in TypeScript').version(VERSION, '--version')
  tsukube.configureHelp({ showGlobalOptions: true }).enablePositionalOptions()

  tsukube
    .command('up')
    .description('Start a cluster, or what of it does not run')
    .addOption(name())
    .option('--nodes <n>', 'nodes with containers (0: none)', count)
    .option('--hollow-nodes <n>', 'nodes that only pretend', count)
    .option('--port <port>', 'port of the API server on this machine', port)
    .option('--encryption-provider-config <file>', 'how resources are encrypted in the store', file)
    .option('--runtime-config <switches>', 'versions served or not, as api/beta=true, by commas')
    .option('--scheduler-config <file>', 'how pods are placed, as a KubeSchedulerConfiguration', file)
    .option('--max-requests-inflight <n>', 'requests worked on at once, together with the next', count)
    .option('--max-mutating-requests-inflight <n>', 'requests worked on at once, together with the last', count)
    .option('--audit-policy-file <file>', 'which requests are recorded', file)
    .option('--audit-log-path <file>', 'where requests are recorded (-: standard output)', file)
    .option('--audit-log-maxage <days>', 'how long old records are kept', count)
    .option('--audit-log-maxbackup <n>', 'how many old records are kept', count)
    .option('--audit-log-maxsize <megabytes>', 'size after which a record is put aside', count)
    .option('--audit-webhook-config-file <file>', 'to whom records are posted, as a kubeconfig', file)
    .option('--audit-webhook-batch-max-size <n>', 'how many records are posted at once', count)
    .option('--audit-webhook-batch-max-wait <duration>', 'how long records wait for others')
    .option('--authentication-config <file>', 'issuers of tokens, and who may come unnamed', file)
    .option('--authentication-token-webhook-config-file <file>', 'who knows tokens, as a kubeconfig', file)
    .option('--authentication-token-webhook-cache-ttl <duration>', 'how long its answers hold')
    .option('--authentication-token-webhook-version <version>', 'of what it is sent: v1 or v1beta1')
    .option('--authorization-config <file>', 'who decides who may do what', file)
    .option('--requestheader-client-ca-file <file>', 'authorities of proxies in front', file)
    .option('--requestheader-allowed-names <names>', 'common names of these proxies, by commas')
    .option('--requestheader-username-headers <names>', 'headers in which they name the user, by commas')
    .option('--requestheader-uid-headers <names>', 'headers in which they give its UID, by commas')
    .option('--requestheader-group-headers <names>', 'headers in which they give its groups, by commas')
    .option('--requestheader-extra-headers-prefix <prefixes>', 'what headers that tell more begin with')
    .action(async options => (await import('./commands/up.ts')).upCommand(options))
  tsukube
    .command('down')
    .description('Stop a cluster; what it holds is kept')
    .addOption(name())
    .action(async options => (await import('./commands/down.ts')).downCommand(options))
  tsukube
    .command('delete')
    .description('Stop a cluster and remove every trace of it')
    .addOption(name())
    .action(async options => (await import('./commands/delete.ts')).deleteCommand(options))
  tsukube
    .command('status')
    .description('Say what runs')
    .addOption(name())
    .addOption(output())
    .action(async options => (await import('./commands/status.ts')).statusCommand(options))
  tsukube
    .command('kubectl')
    .description('Run kubectl against a cluster')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[arguments...]')
    .addOption(name())
    .passThroughOptions()
    .action(async (words, options) => (await import('./commands/kubectl.ts')).kubectlCommand(words, options))

  const image = tsukube.command('image').description('The images on a cluster’s nodes')
  image
    .command('load')
    .description('Put images on every node: archives (docker save, OCI layout), or nginx, redis, busybox made here')
    .argument('<archive...>')
    .addOption(name())
    .action(async (archives, options) => (await import('./commands/image-load.ts')).imageLoadCommand(archives, options))
  image
    .command('ls')
    .description('List images')
    .addOption(name())
    .addOption(output())
    .action(async options => (await import('./commands/image-ls.ts')).imageListCommand(options))

  const service = tsukube.command('service').description('The services of a cluster')
  service
    .command('list')
    .description('List services with the URLs that work from this machine')
    .addOption(name())
    .addOption(output())
    .action(async options => (await import('./commands/service-list.ts')).serviceListCommand(options))

  tsukube
    .command('why')
    .description('Tell what holds an object back, and what would change it; without one, all that is held back')
    .argument('[type/name]', 'an object, as pod/web or deployment/web')
    .addOption(name())
    .option('-n, --namespace <namespace>', 'its namespace', 'default')
    .addOption(output())
    .action(async (object, options) => (await import('./commands/why.ts')).whyCommand(object, options))

  tsukube
    .command('prometheus-adapter')
    .description('Answer for custom and external metrics from a Prometheus, until interrupted')
    .addOption(name())
    .requiredOption('--config <file>', 'rules in prometheus-adapter’s form', file)
    .requiredOption('--prometheus-url <url>', 'where Prometheus is')
    .option('--prometheus-token-file <file>', 'a bearer token for it', file)
    .option('--prometheus-ca-file <file>', 'the authority of its certificate', file)
    .option('--metrics-relist-interval <duration>', 'how often it is asked which series there are', '30s')
    .option('--port <port>', 'port to listen on; a free one by default', port)
    .action(async options => (await import('./commands/prometheus-adapter.ts')).prometheusAdapterCommand(options))

  tsukube
    .command('demo')
    .description('Deploy the demo application')
    .addOption(name())
    .action(async options => (await import('./commands/demo.ts')).demoCommand(options))
  tsukube
    .command('version')
    .description('Print versions')
    .addOption(output())
    .action(async options => (await import('./commands/version.ts')).versionCommand(options))

  tsukube
    .command('server', { hidden: true })
    .addOption(name())
    .action(async options => (await import('./commands/server.ts')).serverCommand(options))
  tsukube
    .command('agent', { hidden: true })
    .requiredOption('--config <file>')
    .action(async options => (await import('./commands/agent.ts')).agentCommand(options))
  tsukube
    .command('netns-helper', { hidden: true })
    .action(async () => (await import('../cluster/local-node/netns-helper-child.ts')).runNetnsHelper())
  return tsukube
}

// Whoever read our output, `head` for one, has had enough of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program().exitOverride().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    process.stderr.write(explain(error))
    process.exitCode = 1
  }
}
