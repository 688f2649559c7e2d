interface PodIPs {
  podIP?: string
  podIPs?: { ip: string }[]
}

/** Keeps the single address and the first of the list the same; where they differ the single one counts. */
export function alignPodIPs(status: PodIPs): void {
  const { podIP, podIPs = [] } = status
  if (podIP && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }]
  else if (podIPs[0]) status.podIP = podIPs[0].ip
}
