/** What `import ... from 'tsukube'` gives: a cluster for tests, the typed client, and every kind. */
export * from './api/index.ts'
export { isReason, StatusError } from './apimachinery/errors.ts'
export type { InputOf, Kind, KindOf, KubeObject } from './apimachinery/schema/kind.ts'
export { Client } from './client/client.ts'
export { HttpTransport } from './client/http-transport.ts'
export { type Cluster, type CreateClusterOptions, createCluster } from './cluster/create-cluster.ts'
