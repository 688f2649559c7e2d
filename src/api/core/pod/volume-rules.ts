import { quantitySign } from '../../../apimachinery/quantity.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../../apimachinery/validation/names.ts'
import { validateNoBacksteps } from './paths.ts'
import type { Volume } from './volume.ts'
import type { EmptyDirVolumeSource, HostPathVolumeSource } from './volume-local.ts'

/** Rules about volumes, after upstream's pkg/apis/core/validation. */

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function validateHostPath(source: HostPathVolumeSource, at: At): void {
  validateNoBacksteps(source.path, at.child('path'))
  if (!HOST_PATH_TYPES.includes(source.type)) at.child('type').notSupported(source.type, HOST_PATH_TYPES)
}

export function validateEmptyDir(source: EmptyDirVolumeSource, at: At): void {
  if (source.sizeLimit !== undefined && quantitySign(source.sizeLimit) < 0) {
    at.child('sizeLimit').forbidden('SizeLimit field must be a valid resource quantity')
  }
}

const ISCSI_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

function validateISCSIName(name: string, at: At): void {
  const form = ISCSI_NAMES[name.slice(0, 3)]
  if (!form) at.invalid(name, 'must be valid format starting with iqn, eui, or naa')
  else if (!form.test(name)) at.invalid(name, 'must be valid format')
}

interface ISCSI {
  readonly iqn: string
  readonly chapAuthDiscovery?: boolean
  readonly chapAuthSession?: boolean
  readonly secretRef?: unknown
  readonly initiatorName?: string
}

export function validateISCSI(source: ISCSI, at: At): void {
  if (source.iqn !== '') validateISCSIName(source.iqn, at.child('iqn'))
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) at.child('secretRef').required()
  if (source.initiatorName !== undefined) validateISCSIName(source.initiatorName, at.child('initiatorname'))
}

export function validateAbsolutePath(path: string, at: At): void {
  if (!path.startsWith('/')) at.invalid(path, 'must be an absolute path')
}

const MAX_CSI_NAME = 63

/** Name of a CSI driver. */
export function validateCSIDriverName(name: string, at: At): void {
  if (name === '') {
    at.required()
    return
  }
  if (name.length > MAX_CSI_NAME) at.tooLong(MAX_CSI_NAME)
  at.invalidEach(name, isDNS1123Subdomain(name.toLowerCase()))
}

/** A volume holds one thing. */
export function validateVolume(volume: Volume, at: At): void {
  const sources = Object.keys(volume).filter(field => field !== 'name')
  if (sources.length === 0) at.required('must specify a volume type')
  for (const source of sources.slice(1)) at.child(source).forbidden('may not specify more than 1 volume type')
  const { iscsi } = volume
  if (iscsi?.initiatorName !== undefined && `${volume.name}:${iscsi.targetPortal}`.length > 64) {
    at.child('name').invalid(
      volume.name,
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
    )
  }
}

/** Names are there once; claims made for the pod are not also asked for by name. */
export function validateVolumes(volumes: readonly Volume[], podName: string | undefined, at: At): void {
  const names = new Set<string>()
  const made = new Set(volumes.filter(({ ephemeral }) => ephemeral && podName).map(({ name }) => `${podName}-${name}`))
  volumes.forEach((volume, i) => {
    const place = at.index(i)
    if (names.has(volume.name)) place.child('name').duplicate(volume.name)
    names.add(volume.name)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && made.has(claim)) {
      place
        .child('persistentVolumeClaim', 'claimName')
        .invalid(claim, 'must not reference a PVC that gets created for an ephemeral volume')
    }
  })
}
