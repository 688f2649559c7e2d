import type { Recipe } from '../recipe.ts'
import { debianBase, defaultPath, installersOnly } from './common.ts'

const nginxConf = `user nginx;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;

events {
  worker_connections 1024;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                  '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
  access_log /var/log/nginx/access.log main;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`

const defaultServer = `server {
  listen 80;
  listen [::]:80;
  server_name localhost;
  root /usr/share/nginx/html;
  index index.html index.htm;
  error_page 500 502 503 504 /50x.html;
}
`

/** The web server, laid out as users of the well-known image expect: pages in /usr/share/nginx/html, port 80. */
export const nginx: Recipe = {
  names: ['nginx:latest', 'nginx:stable', 'nginx:1', 'nginx:1.22'],
  layers: [
    debianBase,
    {
      packages: ['nginx-light', 'curl'],
      without: [...installersOnly, 'ca-certificates', 'iproute2', 'libnginx-mod-http-echo', 'libgcc-s1', 'gcc-12-base'],
      prune: [
        ...['sites-available', 'sites-enabled', 'modules-available', 'modules-enabled', 'snippets', 'nginx.conf'].map(
          name => `/etc/nginx/${name}`,
        ),
        ...['/etc/default', '/etc/init.d', '/etc/logrotate.d', '/etc/ufw', '/usr/lib/systemd'],
      ],
      files: [
        { path: '/etc/nginx/nginx.conf', content: nginxConf },
        { path: '/etc/nginx/conf.d/default.conf', content: defaultServer },
        { path: '/usr/share/nginx/html/50x.html', content: '<h1>An error occurred.</h1>\n' },
        { path: '/var/lib/nginx/' },
        { path: '/var/log/nginx/' },
        { path: '/var/log/nginx/access.log', link: '/dev/stdout' },
        { path: '/var/log/nginx/error.log', link: '/dev/stderr' },
      ],
    },
  ],
  config: {
    Cmd: ['nginx', '-g', 'daemon off;'],
    Env: [defaultPath],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
}
