import { writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server sent
type Review = any

export interface ReviewServer {
  /** Reviews that came, with the Authorization header they came with. */
  readonly seen: { review: Review; authorization: string | undefined }[]
  /** The status to answer with; a number to answer with that HTTP status instead. */
  answer: (review: Review) => object | number
  /** Writes a file in kubeconfig's form that leads to it. */
  kubeconfig(file: string): void
  stop(): Promise<void>
}

/** An HTTPS server on loopback that answers TokenReviews or SubjectAccessReviews. */
export async function reviewServer(answer: ReviewServer['answer']): Promise<ReviewServer> {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await issueLeaf(authority, { commonName: 'webhook', hosts: ['127.0.0.1'] }, Date.now())
  const server = https.createServer({ cert: certificate, key }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const review = JSON.parse(Buffer.concat(chunks).toString())
    made.seen.push({ review, authorization: request.headers.authorization })
    const status = made.answer(review)
    if (typeof status === 'number') response.writeHead(status).end()
    else response.end(JSON.stringify({ ...review, status }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const made: ReviewServer = {
    seen: [],
    answer,
    kubeconfig(file) {
      const cluster = {
        server: `https://127.0.0.1:${(server.address() as AddressInfo).port}/review`,
        'certificate-authority-data': Buffer.from(authority.certificate).toString('base64'),
      }
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'it',
        contexts: [{ name: 'it', context: { cluster: 'it', user: 'us' } }],
        clusters: [{ name: 'it', cluster }],
        users: [{ name: 'us', user: { token: 'it-is-us' } }],
      }
      writeFileSync(file, JSON.stringify(config))
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return made
}
