/** Sources of volumes that are gone or going, by the field that names them. */
const DEPRECATED = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const

/** What is to be said of where a volume's data come from. `at` is the path of what names the source. */
export function volumeSourceWarnings(
  source: { readonly [name in keyof typeof DEPRECATED]?: object | undefined },
  at: string,
): string[] {
  return (Object.keys(DEPRECATED) as (keyof typeof DEPRECATED)[])
    .filter(name => source[name])
    .map(name => `${at}.${name === 'storageos' ? 'storageOS' : name}: ${DEPRECATED[name]}`)
}
