import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../apimachinery/clock.ts'
import type { KeyPair, LeafOptions } from './certificates.ts'

/** A certificate this close to its end is made anew at the next start. */
const RENEW_MS = 90 * 24 * 3600 * 1000

/** The common name by which extension servers know the API server. */
export const FRONT_PROXY = 'front-proxy-client'

/** The keys of one cluster, kept as files in a folder, made when they are missing or about to expire. */
export class Pki {
  readonly #folder: string
  readonly #clock: Clock
  readonly ca: KeyPair
  /** PEM of the EC key that signs service account tokens. */
  readonly serviceAccountKey: string

  private constructor(folder: string, clock: Clock, ca: KeyPair, serviceAccountKey: string) {
    this.#folder = folder
    this.#clock = clock
    this.ca = ca
    this.serviceAccountKey = serviceAccountKey
  }

  /** Opens the folder, making the cluster's authority the first time. */
  static async open(folder: string, clock: Clock): Promise<Pki> {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const ca = await authority(folder, 'ca', clock)
    const saPath = join(folder, 'sa.key')
    if (!existsSync(saPath)) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      writeWhole(saPath, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    }
    return new Pki(folder, clock, ca, readFileSync(saPath, 'utf8'))
  }

  /** The certificate kept under a name; made anew if it is missing, ends soon, or is for other hosts. */
  leaf(name: string, options: LeafOptions): Promise<KeyPair> {
    return this.#kept(name, options, this.ca)
  }

  /**
   * By what extension servers know the API server. Its authority is one of its own: whoever it signs for may say in whose name
   * a request is made.
   */
  async frontProxy(): Promise<{ readonly ca: string; readonly client: KeyPair }> {
    const ca = await authority(this.#folder, 'front-proxy-ca', this.#clock)
    const client = await this.#kept('front-proxy-client', { commonName: FRONT_PROXY }, ca)
    return { ca: ca.certificate, client }
  }

  /** A fresh certificate signed by the cluster's authority, not kept. */
  async issue(options: LeafOptions): Promise<KeyPair> {
    return (await issuing()).issueLeaf(this.ca, options, this.#clock.now())
  }

  async #kept(name: string, options: LeafOptions, ca: KeyPair): Promise<KeyPair> {
    const kept = readPair(this.#folder, name)
    if (kept && this.#stillGood(kept, options, ca)) return kept
    const pair = await (await issuing()).issueLeaf(ca, options, this.#clock.now())
    writePair(this.#folder, name, pair)
    return pair
  }

  #stillGood({ certificate }: KeyPair, { hosts = [] }: LeafOptions, ca: KeyPair): boolean {
    const parsed = new X509Certificate(certificate)
    if (!parsed.verify(new X509Certificate(ca.certificate).publicKey)) return false
    if (Date.parse(parsed.validTo) - this.#clock.now() < RENEW_MS) return false
    return hosts.every(host => (/^[\d.]+$|:/.test(host) ? parsed.checkIP(host) : parsed.checkHost(host)) !== undefined)
  }
}

/** Loaded only when a certificate has to be made: the library takes longer to load than a whole warm start. */
const issuing = () => import('./certificates.ts')

/** The key last, so that a pair that is there is complete; each file whole or not at all. */
function writePair(folder: string, name: string, pair: KeyPair): void {
  writeWhole(join(folder, `${name}.crt`), pair.certificate)
  writeWhole(join(folder, `${name}.key`), pair.key)
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

function readPair(folder: string, name: string): KeyPair | undefined {
  const [crt, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  if (!existsSync(crt) || !existsSync(key)) return undefined
  return { certificate: readFileSync(crt, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** The authority kept under a name; made the first time. */
async function authority(folder: string, name: string, clock: Clock): Promise<KeyPair> {
  const kept = readPair(folder, name)
  if (kept) return kept
  const made = await (await issuing()).makeAuthority(clock.now())
  writePair(folder, name, made)
  return made
}
