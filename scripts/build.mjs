// Bundles the program into dist/: the program and the library, with lazily loaded parts, and the small helper that opens sockets in other
// network namespaces. Native packages stay outside.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: {
    tsukube: 'src/cli/main.ts',
    index: 'src/index.ts',
    'netns-helper-main': 'src/cluster/local-node/netns-helper-main.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
})
