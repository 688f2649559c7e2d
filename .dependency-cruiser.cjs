/** The floors of the house: imports point down only, siblings do not see each other (docs/architecture.md). */
const floors = {
  apimachinery: [],
  api: ['apimachinery'],
  storage: ['apimachinery'],
  client: ['apimachinery', 'api'],
  apiserver: ['apimachinery', 'api', 'storage', 'client'],
  controllers: ['apimachinery', 'api', 'client'],
  scheduler: ['apimachinery', 'api', 'client'],
  kubelet: ['apimachinery', 'api', 'client'],
  network: ['apimachinery', 'api', 'client'],
  'prometheus-adapter': ['apimachinery', 'api', 'client'],
  cluster: ['apimachinery', 'api', 'storage', 'client', 'apiserver', 'controllers', 'scheduler', 'kubelet', 'network'],
  cli: ['apimachinery', 'api', 'client', 'prometheus-adapter', 'cluster'],
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(floors).map(([floor, below]) => ({
      name: `floor-${floor}`,
      severity: 'error',
      comment: `src/${floor} may import only from itself${below.length ? ` and ${below.join(', ')}` : ''}`,
      from: { path: `^src/${floor}/`, pathNot: '[.]test[.]ts$' },
      to: { path: '^src/', pathNot: `^src/(${[floor, ...below].join('|')})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
