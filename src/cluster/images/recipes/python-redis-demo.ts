import { demoApp, demoConfig } from '../demo/app.ts'
import type { LayerRecipe, Recipe } from '../recipe.ts'
import { debianBase, defaultPath, installersOnly } from './common.ts'

const python: LayerRecipe = {
  packages: ['python3'],
  without: [...installersOnly, 'gcc-12-base', 'media-types'],
  prune: ['/usr/share/python3', '/usr/share/binfmts'],
  files: [{ path: '/usr/bin/python', link: 'python3' }],
}

const flaskAndRedis: LayerRecipe = {
  packages: ['python3-flask', 'python3-redis'],
  without: [...installersOnly, 'gcc-12-base', 'libjs-jquery', 'media-types'],
}

/** The Flask and Redis demo application that is deployed when a cluster is first started. */
export const pythonRedisDemo: Recipe = {
  names: ['rondochen/python-redis-demo:v1.2', 'rondochen/python-redis-demo:latest'],
  layers: [
    debianBase,
    python,
    flaskAndRedis,
    {
      files: [
        { path: '/code/app.py', content: demoApp },
        { path: '/code/config/config.json', content: demoConfig },
      ],
    },
  ],
  config: {
    Cmd: ['flask', 'run'],
    Env: [defaultPath, 'FLASK_APP=app.py', 'FLASK_RUN_HOST=0.0.0.0', 'PYTHONUNBUFFERED=1', 'LANG=C.UTF-8'],
    WorkingDir: '/code',
    ExposedPorts: { '5000/tcp': {} },
  },
}
