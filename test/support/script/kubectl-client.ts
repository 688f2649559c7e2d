import { applyMergePatch } from '../../../src/apimachinery/patch/merge-patch.ts'
import { type Follow, type Kubectl, kubectlSession } from '../kubectl.ts'
import { type ClientStep, Refused, type ScriptClient } from './step.ts'

// biome-ignore lint/suspicious/noExplicitAny: it reads whatever the server answers
type Json = any

/** The script through kubectl: a command per step; subresources without a command of their own by `--raw`. */
export function kubectlClient(kubectl: Kubectl, kubeconfig: string, namespace: string): ScriptClient {
  const session = kubectlSession(kubectl, kubeconfig)
  const followed = new Map<string, Follow>()
  const call = async (args: readonly string[], body?: object) => {
    const options = { stdin: body ? JSON.stringify(body) : '' }
    const { code, stdout, stderr } = await session.run(['-n', namespace, ...args], options)
    if (code !== 0) throw new Refused(reasonOf(stderr), stderr)
    return { stdout, stderr }
  }
  const json = async (args: readonly string[], body?: object): Promise<Json> =>
    JSON.parse((await call(args, body)).stdout)

  const subresource = async (step: ClientStep): Promise<unknown> => {
    const { do: verb, name, body, plural } = step
    const what = argumentOf(step)
    if (step.subresource === 'approval') return void (await call(['certificate', 'approve', name]))
    const all = `${step.apiVersion.includes('/') ? '/apis' : '/api'}/${step.apiVersion}/namespaces/${namespace}/${plural}`
    const path = `${all}/${name}/${step.subresource}`
    if (verb === 'get') return json(['get', '--raw', path])
    if (verb === 'merge' && kubectl.minor >= 24) {
      const patch = ['--type=merge', '-p', JSON.stringify(body)]
      return json(['patch', what, name, `--subresource=${step.subresource}`, ...patch, '-o', 'json'])
    }
    if (verb === 'merge') {
      const merged = applyMergePatch(await json(['get', '--raw', path]), body)
      return json(['replace', '--raw', path, '-f', '-'], merged as object)
    }
    return json([verb, '--raw', path, '-f', '-'], body)
  }

  return {
    async run(step) {
      const { do: verb, name, body, manager, force, labels, fields, limit } = step
      if (step.subresource) return subresource(step)
      const what = argumentOf(step)
      const dry = step.dryRun ? ['--dry-run=server'] : []
      const selectors = [...(labels ? ['-l', labels] : []), ...(fields ? ['--field-selector', fields] : [])]
      const patch = (type: string) => ['patch', what, name, `--type=${type}`, '-p', JSON.stringify(body)]
      const form = [...dry, '-o', 'json']
      switch (verb) {
        case 'create':
          return json(['create', '--validate=false', '-f', '-', ...form], body)
        case 'get':
          return json(['get', what, name, ...form])
        case 'replace':
          return json(['replace', '--validate=false', '-f', '-', ...form], body)
        case 'merge':
        case 'json':
        case 'strategic':
          return json([...patch(verb), ...form])
        case 'apply': {
          const how = ['--server-side', `--field-manager=${manager}`, `--force-conflicts=${!!force}`]
          return json(['apply', '--validate=false', ...how, '-f', '-', ...form], body)
        }
        case 'list': {
          const pages = limit ? [`--chunk-size=${limit}`, '-v=6'] : []
          const { stdout, stderr } = await call(['get', what, ...selectors, ...pages, '-o', 'json'])
          const names = JSON.parse(stdout).items.map((item: Json) => item.metadata.name)
          const asked = stderr.match(/[?&]limit=/g)?.length ?? 0
          if (limit && asked < names.length / limit) throw new Error(`${asked} requests for ${names.length} items`)
          return names
        }
        case 'follow': {
          const form = '-o=jsonpath={.type} {.object.metadata.name}{"\\n"}'
          const follow = session.follow([
            '-n',
            namespace,
            'get',
            what,
            ...selectors,
            '-w',
            '--output-watch-events',
            form,
          ])
          followed.set(name, follow)
          return void (await follow.lines(1))
        }
        case 'heard':
          return followed.get(name)!.lines(step.count!)
        case 'until': {
          const deleted = step.condition === 'deleted'
          const how = [`--for=${deleted ? 'delete' : `condition=${step.condition}`}`, '--timeout=30s']
          await call(['wait', `${what}/${name}`, ...how]).catch(error => {
            // Old versions do not take what is gone already for deleted.
            if (!deleted || !error.message.includes('no matching resources found')) throw error
          })
          return
        }
        case 'delete': {
          const cascade = step.propagation ? [`--cascade=${step.propagation.toLowerCase()}`] : []
          return void (await call(['delete', what, name, '--wait=false', ...cascade, ...dry]))
        }
        case 'deletecollection':
          return void (await call(['delete', what, '--wait=false', ...selectors]))
      }
    },
    end: () => session.end(),
  }
}

function argumentOf({ apiVersion, kind }: ClientStep): string {
  const [group, version] = apiVersion.split('/')
  return version ? `${kind}.${version}.${group}` : kind
}

function reasonOf(stderr: string): string {
  const named = /Error from server \((\w+)\)/.exec(stderr)
  if (named) return named[1]!
  if (/Apply failed with \d+ conflict/.test(stderr)) return 'Conflict'
  if (/strategic-merge-patch\+json is not supported by/.test(stderr)) return 'UnsupportedMediaType'
  return /is invalid/.test(stderr) ? 'Invalid' : stderr
}
