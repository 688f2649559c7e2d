import { readFileSync } from 'node:fs'
import { systemClock } from '../../../src/apimachinery/clock.ts'
import { systemRandom } from '../../../src/apimachinery/random.ts'
import { Client } from '../../../src/client/client.ts'
import { HttpTransport } from '../../../src/client/http-transport.ts'
import { Informers } from '../../../src/client/informers.ts'
import { connectCri } from '../../../src/kubelet/cri/client.ts'
import { startKubelet } from '../../../src/kubelet/index.ts'
import type { KubeletConfig } from './kubelet-node.ts'

/** A kubelet alone, in a node's namespaces; its first argument is the file of its settings. */
const config = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as KubeletConfig
const ended = new AbortController()
const transport = new HttpTransport(config.api)
const client = new Client(transport, 'kubelet')
const shared = { client, clock: systemClock, random: systemRandom, signal: ended.signal }
const cri = connectCri(config.criSocket, systemClock)
const kubelet = await startKubelet({
  ...config.kubelet,
  ...shared,
  cri,
  informers: new Informers(client, systemClock, systemRandom, ended.signal),
  log: line => console.log(`${new Date().toISOString()} ${line}`),
})
console.log('kubelet is running')
process.send?.('running')
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', async () => {
  await kubelet.stop()
  ended.abort()
  cri.close()
  await transport.close()
  process.exit(0)
})
