// What `npm start` and `npm test` share: the npm packages and the system packages are there, and the program is built.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { platform } from 'node:os'

const SYSTEM = {
  containerd: ['containerd'],
  crun: ['crun'],
  runc: ['runc'],
  nftables: ['nft'],
  iproute2: ['ip'],
  conntrack: ['conntrack'],
  'nginx-light': ['nginx'],
  'util-linux': ['nsenter', 'unshare', 'flock'],
}
const PATHS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const CNI = ['/usr/lib/cni/ptp', '/opt/cni/bin/ptp', '/usr/libexec/cni/ptp']

const say = line => process.stderr.write(`${line}\n`)

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options })
  if (error || status !== 0) {
    say(
      `error: "${command} ${args.join(' ')}" failed\n  why: ${error?.message ?? `exit code ${status}`}, see above\n  do:  mend that and try again`,
    )
    process.exit(1)
  }
}

/** Installs the npm packages when they are missing or older than the lock file. */
export function installPackages() {
  const installed = 'node_modules/.package-lock.json'
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return
  say('Installing npm packages')
  // Not `npm ci`: it insists on optional packages of other platforms that some registries do not have.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** System packages that nodes with containers need and this machine lacks, by Debian's names. */
export function missingSystemPackages() {
  const missing = Object.entries(SYSTEM)
    .filter(([, tools]) => tools.some(tool => !PATHS.some(dir => existsSync(`${dir}/${tool}`))))
    .map(([name]) => name)
  if (!CNI.some(file => existsSync(file))) missing.push('containernetworking-plugins')
  return missing
}

/** Installs missing system packages where that can be done, and otherwise says what to install; true when all are there. */
export function installSystemPackages() {
  if (platform() !== 'linux') return false
  const missing = missingSystemPackages()
  if (missing.length === 0) return true
  const debian = existsSync('/usr/bin/apt-get')
  say(`Missing system packages: ${missing.join(' ')}`)
  if (process.getuid?.() !== 0 || !debian) {
    const how = debian
      ? `sudo apt-get install ${missing.join(' ')}`
      : `install what gives ${missing.join(', ')} on your system`
    say(`Nodes with containers need them: ${how}`)
    return false
  }
  say('Installing them with apt-get')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  run('apt-get', ['update', '-qq'], { env })
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env })
  return true
}

/** Builds the program when a source is newer than it. */
export function buildProgram() {
  const built = 'dist/tsukube.js'
  const newest = spawnSync(
    'find',
    ['src', 'scripts/build.mjs', 'package-lock.json', '-newer', built, '-print', '-quit'],
    { encoding: 'utf8' },
  )
  if (existsSync(built) && newest.stdout === '') return
  say('Building')
  run(process.execPath, ['scripts/build.mjs'])
}

/** The oldest Node that works. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 15)) return
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'))
  say(
    `error: Node ${process.versions.node} is too old\n  why: Tsukube needs ${engines.node}\n  do:  install a newer Node`,
  )
  process.exit(1)
}
