/**
 * The first process of a local node, as a POSIX shell script. It is started in fresh mount, uts, ipc and pid namespaces
 * and the node's network namespace, with the node's folder as its argument. It
 * - writes its process number and start time, as the machine counts them, to `init.pid`;
 * - gives the node its own /proc, /sys with the machine's cgroups, /run, /dev/shm, /etc and /var/lib (overlays, so that
 *   nothing is written to the machine's), and the node folder's parts at their usual places;
 * - runs `containerd.sh` and, if there, `agent.sh`, and starts either again whenever it ends, sooner or later depending
 *   on how long it had lasted;
 * - collects orphans.
 * The process numbers of the two services, as the node counts them, stand in `containerd.pid` and `agent.pid`.
 * When it is killed the kernel ends everything in the node.
 *
 * Deaths are handled in the SIGCHLD trap itself, not after `wait`: a death between a check and `wait` would be missed.
 */
export const INIT_SCRIPT = `#!/bin/sh
set -u
dir=$1

read -r pid _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _ < /proc/self/stat
echo "$pid $start" > "$dir/init.pid.new"

fail() {
  echo "node: $*" >&2
  exit 1
}

hostname "$2" || fail 'cannot set the host name'
mount -t proc proc /proc || fail 'cannot mount /proc'
mount -t tmpfs -o mode=755,nosuid,nodev run /run || fail 'cannot mount /run'
mkdir -p /run/lock /run/netns /run/node/self /run/node/cgroup
mount --bind "$dir" /run/node/self || fail "cannot bind $dir"

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount --bind /sys/fs/cgroup /run/node/cgroup || fail 'cannot bind the cgroups'
else
  mount -t tmpfs -o mode=755 cgroup /run/node/cgroup || fail 'cannot mount a folder for the cgroups'
  for tree in /sys/fs/cgroup/*; do
    name=\${tree##*/}
    if [ -L "$tree" ]; then
      ln -s "$(readlink "$tree")" "/run/node/cgroup/$name"
    elif [ -e "$tree/cgroup.procs" ] && [ ! -e "$tree/cgroup.controllers" ]; then
      mkdir "/run/node/cgroup/$name"
      mount --bind "$tree" "/run/node/cgroup/$name" || fail "cannot bind $tree"
    fi
  done
fi
umount -l /sys
mount -t sysfs sysfs /sys || fail 'cannot mount /sys'
mount --move /run/node/cgroup /sys/fs/cgroup || fail 'cannot move the cgroups'
for kind in securityfs:/sys/kernel/security bpf:/sys/fs/bpf; do
  mount -t "\${kind%%:*}" "\${kind%%:*}" "\${kind#*:}" 2> /dev/null
done
umount -l /dev/shm 2> /dev/null
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm || fail 'cannot mount /dev/shm'

for part in /etc /var/lib; do
  layer=/run/node/overlay$part
  mkdir -p "$layer/upper" "$layer/work"
  mount -t overlay -o "lowerdir=$part,upperdir=$layer/upper,workdir=$layer/work" overlay "$part" ||
    fail "cannot lay an overlay over $part"
done
case $dir in
  /etc/* | /var/lib/*) mount --bind /run/node/self "$dir" || fail "cannot bind $dir" ;;
esac
for file in "$dir"/etc/*; do
  rm -f "/etc/\${file##*/}"
  cp "$file" /etc || fail "cannot write /etc/\${file##*/}"
done
bind() {
  mkdir -p "$dir/$1" "$2"
  mount --bind "$dir/$1" "$2" || fail "cannot bind $2"
}
bind log /var/log
bind kubelet /var/lib/kubelet
bind containerd /var/lib/containerd
bind cni-state /var/lib/cni
bind data /var/lib/tsukube
bind cni /etc/cni/net.d
bind certs.d /etc/containerd/certs.d
umount /run/node/self
mount --make-rshared /

set_sysctl() {
  { echo "$2" > "/proc/sys/net/$1"; } 2> /dev/null
}
set_sysctl ipv4/ip_forward 1
set_sysctl ipv4/conf/all/route_localnet 1
set_sysctl ipv4/conf/all/rp_filter 0
set_sysctl ipv4/conf/default/rp_filter 0
set_sysctl ipv6/conf/all/forwarding 1
set_sysctl bridge/bridge-nf-call-iptables 1

mv "$dir/init.pid.new" "$dir/init.pid"

launch() {
  (
    [ "$2" = 0 ] || sleep "$2"
    exec sh "$dir/$1.sh"
  ) >> "/var/log/$1.log" 2>&1 < /dev/null &
  echo $! > "$dir/$1.pid"
  read -r up _ < /proc/uptime
  eval "pid_$1=$! began_$1=\${up%.*}"
}

alive() {
  state=X
  { read -r _ _ state _ < "/proc/$1/stat"; } 2> /dev/null
  case $state in
    Z | X) return 1 ;;
  esac
}

keep() {
  eval "pid=\\\${pid_$1:-} began=\\\${began_$1:-0} fails=\\\${fails_$1:-0}"
  if [ -z "$pid" ]; then
    launch "$1" 0
    return
  fi
  alive "$pid" && return
  read -r up _ < /proc/uptime
  [ $((\${up%.*} - began)) -ge 10 ] && fails=0
  case $fails in
    0) delay=0.1 ;;
    1) delay=0.2 ;;
    2) delay=0.5 ;;
    3) delay=1 ;;
    4) delay=2 ;;
    *) delay=5 ;;
  esac
  eval "fails_$1=$((fails + 1))"
  echo "node: $1 ended; starting it again in $delay s" >&2
  launch "$1" "$delay"
}

busy=0
again=0
keep_all() {
  again=1
  [ "$busy" = 1 ] && return
  busy=1
  while [ "$again" = 1 ]; do
    again=0
    keep containerd
    [ -e "$dir/agent.sh" ] && keep agent
  done
  busy=0
  [ "$again" = 1 ] && keep_all
}

trap keep_all CHLD
trap 'exit 0' TERM INT
keep_all
while :; do
  wait
done
`
