/** How to pull an image when nothing is said: anew each time for the tag latest, or no tag at all; otherwise once. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  if (!image || image.includes('@')) return image && /:latest@/.test(image) ? 'Always' : 'IfNotPresent'
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}
