/**
 * The pod network of a node as a CNI configuration list. Each pod gets a cable of its own to the node and an address of
 * the node's pod ranges (one IPv4, one IPv6 or one of each); the node routes. With the `ptp` plugin, traffic between two
 * pods of a node passes the node's address translation both ways, which Services need.
 */
export function cniConfig(podCidrs: readonly string[]): string {
  const isV6 = (cidr: string) => cidr.includes(':')
  return `${JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: 'tsukube',
      plugins: [
        {
          type: 'ptp',
          ipMasq: false,
          mtu: 1500,
          ipam: {
            type: 'host-local',
            dataDir: '/var/lib/cni/networks',
            ranges: podCidrs.map(subnet => [{ subnet }]),
            routes: podCidrs.map(cidr => ({ dst: isV6(cidr) ? '::/0' : '0.0.0.0/0' })),
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    null,
    2,
  )}\n`
}
