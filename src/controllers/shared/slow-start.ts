/**
 * Calls `create` `count` times, in rounds of 1, 2, 4, ... at once, so that a failure that would meet every call (a quota, a
 * broken template) costs few. Stops after a round with a failure. Answers how many succeeded and the first failure.
 */
export async function slowStart(
  count: number,
  create: () => Promise<unknown>,
): Promise<{ readonly succeeded: number; readonly error: unknown }> {
  let succeeded = 0
  for (let size = 1, left = count; left > 0; size *= 2) {
    const round = Math.min(size, left)
    const results = await Promise.allSettled(Array.from({ length: round }, create))
    const failed = results.find(result => result.status === 'rejected')
    succeeded += results.filter(result => result.status === 'fulfilled').length
    if (failed) return { succeeded, error: failed.reason }
    left -= round
  }
  return { succeeded, error: undefined }
}
