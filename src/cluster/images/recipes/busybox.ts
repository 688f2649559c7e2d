import type { Recipe } from '../recipe.ts'
import { defaultPath, systemFiles } from './common.ts'

/** Applets of Debian's busybox-static that users expect as commands of their own. */
const applets = `
  [ [[ ar arch arp arping ascii ash awk base64 basename bc blockdev bunzip2 bzcat bzip2 cal cat chgrp chmod chown
  chroot clear cmp cp cpio crc32 crond crontab cut date dc dd df diff dirname dmesg dnsdomainname dos2unix du echo ed
  egrep env expand expr factor fallocate false fdisk fgrep find findfs fold free freeramdisk ftpget ftpput getopt
  getty grep groups gunzip gzip head hexdump hostid hostname httpd id ifconfig ifdown ifup ionice ip ipcalc ipneigh
  kill killall last less link ln logger login logname losetup ls lzcat lzma lzop md5sum microcom mkdir mke2fs mkfifo
  mknod mkpasswd mkswap mktemp more mount mt mv nameif nc netstat nl nologin nproc nsenter nslookup nuke od passwd
  paste patch pidof ping ping6 pivot_root printf ps pwd readlink realpath renice reset resume rev rm rmdir route
  run-parts sed seq setpriv setsid sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort ssl_client
  start-stop-daemon stat strings stty su swapoff swapon switch_root sync sysctl tac tail tar taskset tc tee telnet
  telnetd test tftp time timeout top touch tr traceroute traceroute6 true truncate ts tty tunctl umount uname
  uncompress unexpand uniq unix2dos unlink unlzma unshare unxz unzip uptime usleep uudecode uuencode vconfig vi w
  watch wc wget which who whoami xargs xxd xz xzcat yes zcat
`
  .split(/\s+/)
  .filter(Boolean)

/** The small tools of a Linux system in one static program. */
export const busybox: Recipe = {
  names: ['busybox:latest', 'busybox:stable', 'busybox:1', 'busybox:1.35'],
  layers: [
    {
      packages: ['busybox-static'],
      prune: ['/usr/share/initramfs-tools'],
      files: [
        ...systemFiles,
        { path: '/bin', link: 'usr/bin' },
        { path: '/sbin', link: 'usr/bin' },
        ...applets.map(name => ({ path: `/usr/bin/${name}`, link: 'busybox' })),
      ],
    },
  ],
  config: { Cmd: ['sh'], Env: [defaultPath] },
}
