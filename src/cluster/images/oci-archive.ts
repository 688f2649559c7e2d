import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Layer } from './layer.ts'
import type { ImageConfig } from './recipe.ts'
import { normalizeReference } from './reference.ts'
import { LAYER_TIME, TAR_END, tarEntry, tarHeader, tarPadding } from './tar.ts'

/** An image whose layers are on disk. */
export interface BuiltImage {
  names: readonly string[]
  config: ImageConfig
  layers: readonly Layer[]
}

const CREATED = new Date(LAYER_TIME * 1000).toISOString()
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' }
const PLATFORM = { architecture: ARCHITECTURES[process.arch] ?? process.arch, os: 'linux' }
const MEDIA = 'application/vnd.oci.image'

/**
 * Several images as one tar stream in OCI image layout, each under all its names. Layers that images share are in it
 * once. The same images make the same bytes.
 */
export async function* ociArchive(images: readonly BuiltImage[]): AsyncGenerator<Buffer, void, void> {
  const written = new Set<string>()
  const file = (path: string, content: Buffer) =>
    tarEntry({ path, kind: 'file', mode: 0o644, uid: 0, gid: 0, link: '', content })
  const manifests: object[] = []

  yield file('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
  for (const image of images) {
    for (const layer of image.layers) {
      if (written.has(layer.digest)) continue
      written.add(layer.digest)
      const path = blobPath(layer.digest)
      yield tarHeader({ path, kind: 'file', mode: 0o644, uid: 0, gid: 0, link: '' }, layer.size)
      yield* createReadStream(layer.file, { highWaterMark: 1 << 20 })
      yield tarPadding(layer.size)
    }
    const config = blob(configOf(image))
    const manifest = blob(manifestOf(image, config))
    for (const { digest, bytes } of [config, manifest]) {
      if (!written.has(digest)) yield file(blobPath(digest), bytes)
      written.add(digest)
    }
    for (const name of new Set(image.names.map(normalizeReference))) {
      manifests.push({
        mediaType: `${MEDIA}.manifest.v1+json`,
        digest: manifest.digest,
        size: manifest.bytes.length,
        platform: PLATFORM,
        annotations: {
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
        },
      })
    }
  }
  yield file(
    'index.json',
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: `${MEDIA}.index.v1+json`, manifests })),
  )
  yield TAR_END
}

/** The digest under which a runtime lists the image. */
export const digestOf = (image: BuiltImage): string => blob(manifestOf(image, blob(configOf(image)))).digest

const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`

function blob(value: object): { digest: string; bytes: Buffer } {
  const bytes = Buffer.from(JSON.stringify(value))
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

function configOf({ config, layers }: BuiltImage): object {
  return {
    created: CREATED,
    ...PLATFORM,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.digest) },
    history: layers.map(() => ({ created: CREATED, created_by: 'tsukube' })),
  }
}

function manifestOf({ layers }: BuiltImage, config: { digest: string; bytes: Buffer }): object {
  return {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: { mediaType: `${MEDIA}.config.v1+json`, digest: config.digest, size: config.bytes.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: `${MEDIA}.layer.v1.tar`, digest, size })),
  }
}
