import { spawn } from 'node:child_process'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { CommandError, run, TOOL_PATH } from '../system/run.ts'
import { type BuiltImage, digestOf, ociArchive } from './oci-archive.ts'
import { demoImages } from './recipes/index.ts'
import { normalizeReference } from './reference.ts'

/** The part of containerd's storage that the CRI works in. */
const NAMESPACE = ['--namespace', 'k8s.io']

/**
 * Imports images into the containerd that listens on `socket`; once done, pods can use them. Those that are there
 * already, under all their names, are passed over. Resolves to the names that were imported.
 */
export async function importImages(images: readonly BuiltImage[], socket: string): Promise<string[]> {
  const present = new Map((await listImages(socket)).map(({ name, digest }) => [name, digest]))
  const isPresent = (image: BuiltImage) => {
    const digest = digestOf(image)
    return image.names.every(name => present.get(normalizeReference(name)) === digest)
  }
  const missing = images.filter(image => !isPresent(image))
  if (missing.length === 0) return []
  return importStream(Readable.from(ociArchive(missing), { objectMode: false }), socket)
}

/** Imports a tar file in OCI layout, or as `docker save` writes it. Throws MachineError. */
export async function importArchive(file: string, socket: string): Promise<string[]> {
  const archive = await openArchive(file)
  try {
    return await importStream(archive.createReadStream({ highWaterMark: 1 << 20 }), socket)
  } catch (error) {
    const why = error instanceof CommandError ? error.stderr.trim() : (error as Error).message
    throw new MachineError(
      `${file} cannot be loaded`,
      why,
      'It must be an image archive: an OCI layout, or docker save',
    )
  } finally {
    await archive.close()
  }
}

const MADE = demoImages.map(({ names }) => names[0]).join(', ')

async function openArchive(file: string): Promise<FileHandle> {
  const cannot = (why: string, todo: string) => new MachineError(`${file} cannot be loaded`, why, todo)
  const archive = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    switch (error.code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw cannot(
          'there is no such file',
          `Name an image archive, as "docker save IMAGE -o FILE" writes it, or one of the images made here: ${MADE}.`,
        )
      case 'EACCES':
        throw cannot('you may not read it', `Give yourself the right to: chmod +r ${file}`)
      default:
        throw cannot(error.message, 'Name a file that can be read.')
    }
  })
  if ((await archive.stat()).isDirectory()) {
    await archive.close()
    throw cannot('it is a folder', `Pack it, if it is an OCI layout: tar -cf image.tar -C ${file} .`)
  }
  return archive
}

async function importStream(archive: Readable, socket: string): Promise<string[]> {
  const args = ['--address', socket, ...NAMESPACE, 'images', 'import', '-']
  const child = spawn('ctr', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, PATH: TOOL_PATH } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', chunk => out.push(chunk))
  child.stderr.on('data', chunk => err.push(chunk))
  const exited = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  let broken: Error | undefined
  // When ctr gives up it stops reading; its own words say why, not the broken pipe.
  await pipeline(archive, child.stdin).catch(error => (broken = error))
  const status = await exited
  if (status !== 0) throw new CommandError(['ctr', ...args].join(' '), status, Buffer.concat(err).toString())
  if (broken) throw broken
  const names = [
    ...Buffer.concat(out)
      .toString()
      .matchAll(/^(?:unpacking )?(\S+?)(?: \(sha256:| +saved)/gm),
  ].map(m => m[1]!)
  await markLoaded(names, socket)
  return names
}

interface StoredImage {
  name: string
  /** Of its manifest. */
  digest: string
  mediaType: string
}

/** On a manifest in containerd's content store; labels on images do not outlive their next pull. */
const LOADED = 'tsukube.io/loaded'

/** Images in the containerd that listens on `socket`, by each of their names. */
export async function listImages(socket: string): Promise<StoredImage[]> {
  const table = await ctr(socket, 'images', 'list')
  return table
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const [name, mediaType, digest] = line.split(/\s+/)
      return name && mediaType && digest && !name.startsWith('sha256:') ? [{ name, mediaType, digest }] : []
    })
}

/** Those of them that were put there by `importImages` or `importArchive`, not pulled from a registry. */
export async function loadedImages(socket: string): Promise<StoredImage[]> {
  const [images, marked] = await Promise.all([
    listImages(socket),
    ctr(socket, 'content', 'list', '--quiet', `labels."${LOADED}"==true`),
  ])
  const loaded = new Set(marked.split('\n'))
  return images.filter(image => loaded.has(image.digest))
}

async function markLoaded(names: readonly string[], socket: string): Promise<void> {
  const images = (await listImages(socket)).filter(image => names.includes(image.name))
  for (const digest of new Set(images.map(i => i.digest)))
    await ctr(socket, 'content', 'label', digest, `${LOADED}=true`)
}

const ctr = (socket: string, ...args: string[]) => run('ctr', ['--address', socket, ...NAMESPACE, ...args])
