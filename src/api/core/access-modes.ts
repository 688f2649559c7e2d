import type { At } from '../../apimachinery/validation/at.ts'

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const VOLUME_MODES = ['Block', 'Filesystem']

/** Known access modes; the one that is for a single pod stands alone. */
export function validateAccessModes(modes: readonly string[], at: At): void {
  for (const mode of modes) if (!MODES.includes(mode)) at.notSupported(mode, MODES)
  if (modes.includes('ReadWriteOncePod') && modes.some(mode => mode !== 'ReadWriteOncePod' && MODES.includes(mode))) {
    at.forbidden('may not use ReadWriteOncePod with other access modes')
  }
}
