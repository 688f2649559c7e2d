import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'

/** The request of an AdmissionReview, or of a ConversionReview, as a webhook sees it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server sent
export type ReviewRequest = any

export interface WebhookServer {
  readonly url: string
  /** PEM of the authority, in base64. */
  readonly caBundle: string
  /** Requests so far, by path. */
  readonly seen: Map<string, ReviewRequest[]>
  /** What to answer on a path: the response of the review; undefined never answers. */
  readonly answers: Map<string, (request: ReviewRequest) => object | undefined>
  /** Takes requests again, at the same address, after `stop`. */
  start(): Promise<void>
  /** Ends its connections, and refuses new ones. */
  stop(): Promise<void>
}

/** An HTTPS server on loopback that answers reviews. */
export async function webhookServer(): Promise<WebhookServer> {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await issueLeaf(authority, { commonName: 'webhook', hosts: ['127.0.0.1'] }, Date.now())
  const seen: WebhookServer['seen'] = new Map()
  const answers: WebhookServer['answers'] = new Map()
  const server = https.createServer({ cert: certificate, key }, async (request, response) => {
    const path = (request.url ?? '').split('?')[0]!
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const review = JSON.parse(Buffer.concat(chunks).toString())
    seen.set(path, [...(seen.get(path) ?? []), review.request])
    const answer = answers.get(path)?.(review.request)
    if (answer) response.end(JSON.stringify({ ...review, response: { uid: review.request.uid, ...answer } }))
  })
  const listen = (port: number) => new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(authority.certificate).toString('base64'),
    seen,
    answers,
    start: () => listen(port),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The `patch` of a response, from the operations of a JSON patch. */
export const patchOf = (...operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
})
