import type { Recipe } from '../recipe.ts'
import { debianBase, defaultPath, installersOnly } from './common.ts'

/** Lets arguments alone start a server with them, and any other command run as it is. */
const entrypoint = `#!/bin/sh
set -e
case "\${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "\${1:-}" = redis-server ]; then
  shift
  case "\${1:-}" in
    *.conf)
      conf=$1
      shift
      set -- redis-server "$conf" --protected-mode no "$@"
      ;;
    *) set -- redis-server --protected-mode no "$@" ;;
  esac
fi
exec "$@"
`

/** The in-memory store, listening on port 6379 with its files in /data. */
export const redis: Recipe = {
  names: ['redis:latest', 'redis:7', 'redis:7.0'],
  layers: [
    debianBase,
    {
      packages: ['redis-server'],
      without: [...installersOnly, 'gcc-12-base'],
      prune: ['/etc/default', '/etc/init.d', '/etc/logrotate.d', '/usr/lib/systemd', '/etc/redis'],
      files: [
        { path: '/usr/local/bin/redis-entrypoint', content: entrypoint, mode: 0o755 },
        { path: '/data/', uid: 999, gid: 999 },
      ],
    },
  ],
  config: {
    Entrypoint: ['redis-entrypoint'],
    Cmd: ['redis-server'],
    Env: [defaultPath],
    WorkingDir: '/data',
    ExposedPorts: { '6379/tcp': {} },
  },
}
