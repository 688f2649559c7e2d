import type { ImageFile, LayerRecipe } from '../recipe.ts'

/** Accounts and folders that every image has. */
export const systemFiles: readonly ImageFile[] = [
  {
    path: '/etc/passwd',
    content: [
      'root:x:0:0:root:/root:/bin/sh',
      'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
      'nginx:x:101:101:nginx:/nonexistent:/bin/false',
      'redis:x:999:999:redis:/data:/usr/sbin/nologin',
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      '',
    ].join('\n'),
  },
  {
    path: '/etc/group',
    content: 'root:x:0:\nadm:x:4:\nwww-data:x:33:\nnginx:x:101:\nredis:x:999:\nnogroup:x:65534:\n',
  },
  { path: '/etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  { path: '/root/', mode: 0o700 },
  { path: '/tmp/', mode: 0o1777 },
  { path: '/var/tmp/', mode: 0o1777 },
  ...['/dev/', '/proc/', '/run/', '/sys/'].map(path => ({ path })),
]

/** Links that put /usr/bin and its like where programs look for them. */
const usrLinks: readonly ImageFile[] = ['bin', 'lib', 'lib64', 'sbin'].map(name => ({
  path: `/${name}`,
  link: `usr/${name}`,
}))

/** Commands that Debian makes links for when it installs their packages. */
const alternatives: readonly ImageFile[] = [
  { path: '/usr/bin/awk', link: 'mawk' },
  { path: '/usr/bin/which', link: 'which.debianutils' },
]

/** What maintainer scripts need and an image, which never runs them, does not. */
export const installersOnly = [
  'adduser',
  'debconf',
  'dpkg',
  'init-system-helpers',
  'libpam-modules',
  'libpam-modules-bin',
  'libpam-runtime',
  'libpam0g',
  'lsb-base',
  'passwd',
  'perl',
  'perl-base',
  'sysvinit-utils',
  'usrmerge',
  'usr-is-merged',
]

/**
 * A shell and the usual small tools on Debian's C library: the floor of every image that is not a single program. `tar` is
 * what `kubectl cp` runs.
 */
export const debianBase: LayerRecipe = {
  packages: [
    ...['bash', 'coreutils', 'dash', 'debianutils', 'findutils', 'grep', 'gzip', 'hostname', 'libc-bin', 'mawk'],
    ...['procps', 'sed', 'tar'],
  ],
  without: [...installersOnly, 'base-files', 'gcc-12-base', 'libgcc-s1'],
  prune: ['/usr/lib/x86_64-linux-gnu/gconv', '/usr/lib/aarch64-linux-gnu/gconv', '/usr/share/i18n'],
  files: [...systemFiles, ...usrLinks, ...alternatives],
}

export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
