import type { At } from '../../../apimachinery/validation/at.ts'

/** Paths inside volumes and containers: none may lead out of where it starts. */

export function validateNoBacksteps(path: string, at: At): void {
  if (path.split('/').includes('..')) at.invalid(path, "must not contain '..'")
}

/** Relative and without `..`. */
export function validateDescendingPath(path: string, at: At): void {
  if (path.startsWith('/')) at.invalid(path, 'must be a relative path')
  validateNoBacksteps(path, at)
}

/** Besides that, not starting with `..`: those names are taken by the kubelet's atomic writer. */
export function validateLocalPath(path: string, at: At): void {
  validateDescendingPath(path, at)
  if (path.startsWith('..') && path !== '..' && !path.startsWith('../')) at.invalid(path, "must not start with '..'")
}
