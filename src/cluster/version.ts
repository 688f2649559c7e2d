import type { VersionInfo } from '../apiserver/apiserver.ts'

/** The version of the Kubernetes API this program serves. */
export const KUBERNETES_VERSION = 'v1.36.0'

/** As /version reports it; clients read major and minor. */
export const versionInfo: VersionInfo = {
  major: '1',
  minor: '36',
  gitVersion: `${KUBERNETES_VERSION}+tsukube`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node ${process.version}`,
  compiler: 'typescript',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}
