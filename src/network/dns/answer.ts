import {
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { Forward } from './forward.ts'
import { type Answer, type Resolution, TTL, type Zone } from './zone.ts'

const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
/** Longest answer over UDP for clients that offer no more. */
const PLAIN_UDP_BYTES = 512
/** Longest answer over UDP that is sure not to be fragmented. */
const MAX_UDP_BYTES = 1232
/** Where the opcode is in a message's flags. */
const OPCODE_MASK = 0x7800

export interface DnsServerOptions {
  readonly zone: Zone
  /** The cluster's domain, as `cluster.local`. */
  readonly domain: string
  readonly forward: Forward
}

/** The answer to a message; undefined when it deserves none. Never rejects. */
export async function answer(
  message: Buffer,
  options: DnsServerOptions,
  transport: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  let query: DecodedPacket
  try {
    query = decode(message)
  } catch {
    // Without an id, or when it is an answer itself, it is none of a client's.
    if (message.length < 4 || message.readUInt16BE(2) & 0x8000) return undefined
    return encode({ type: 'response', id: message.readUInt16BE(0), flags: RCODE.FORMERR })
  }
  if (query.type === 'response') return undefined
  try {
    return await reply(query, message, options, transport)
  } catch {
    return encode(replyTo(query, RCODE.SERVFAIL))
  }
}

async function reply(query: DecodedPacket, message: Buffer, options: DnsServerOptions, transport: 'udp' | 'tcp') {
  const { zone, domain, forward } = options
  const [question, ...more] = query.questions ?? []
  if ((query.flags ?? 0) & OPCODE_MASK) return encode(replyTo(query, RCODE.NOTIMP))
  if (!question || more.length > 0) return encode(replyTo(query, RCODE.FORMERR))
  if (question.class !== 'IN' && question.class !== 'ANY') return encode(replyTo(query, RCODE.REFUSED))
  const resolution = zone.resolve(question.name, question.type)
  if (resolution.kind === 'elsewhere') {
    // Names of addresses nobody knows are no names: clients that only want to show one must not take that as a failure.
    const reverse = question.name.toLowerCase().endsWith('.arpa')
    return (await forward(message, transport)) ?? encode(replyTo(query, reverse ? RCODE.NXDOMAIN : RCODE.SERVFAIL))
  }
  const rcode = resolution.kind === 'no-name' ? RCODE.NXDOMAIN : RCODE.NOERROR
  const out = replyTo(query, rcode, AUTHORITATIVE_ANSWER)
  if (resolution.kind === 'answers') {
    const known = [...resolution.answers, ...(await chase(resolution, question.type, forward, transport))]
    out.answers = known.map(a => spelt(a, question.name)) as Packet['answers']
    out.additionals = [...(resolution.additionals ?? []), ...(out.additionals ?? [])] as Packet['additionals']
  } else {
    out.authorities = [authority(domain)]
  }
  return fitted(out, query, transport)
}

/** What others know of the name that an answer ends with. */
async function chase(
  { alias }: Resolution & { kind: 'answers' },
  type: string,
  forward: Forward,
  transport: 'udp' | 'tcp',
): Promise<Answer[]> {
  if (!alias) return []
  const questions = [{ name: alias, type: type as 'A' }]
  const told = await forward(encode({ type: 'query', id: 1, flags: RECURSION_DESIRED, questions }), transport)
  if (!told) return []
  return (decode(told).answers ?? []).filter(a => a.type === 'A' || a.type === 'AAAA' || a.type === 'CNAME') as Answer[]
}

/** Names are repeated as the client wrote them: some mix the cases to tell forged answers by it. */
const spelt = (record: Answer, asked: string): Answer =>
  record.name === asked.toLowerCase() ? { ...record, name: asked } : record

/** A whole answer where it fits, otherwise less of it. */
function fitted(packet: Packet, query: DecodedPacket, transport: 'udp' | 'tcp'): Buffer {
  const whole = encode(packet)
  const limit = transport === 'tcp' ? 65_535 : limitOf(query)
  if (whole.length <= limit) return whole
  const plain = encode({ ...packet, additionals: packet.additionals?.filter(a => a.type === 'OPT') })
  if (plain.length <= limit) return plain
  const empty = {
    ...packet,
    answers: [],
    authorities: [],
    additionals: packet.additionals?.filter(a => a.type === 'OPT'),
  }
  return encode({ ...empty, flags: (packet.flags ?? 0) | TRUNCATED_RESPONSE })
}

function replyTo(query: DecodedPacket, rcode: number, flags = 0): Packet {
  return {
    type: 'response',
    id: query.id,
    flags: flags | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | rcode,
    questions: query.questions,
    ...(optOf(query) && {
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: MAX_UDP_BYTES,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        },
      ],
    }),
  }
}

const optOf = (query: DecodedPacket) => query.additionals?.find(a => a.type === 'OPT')

function limitOf(query: DecodedPacket): number {
  const offered = (optOf(query) as { udpPayloadSize?: number } | undefined)?.udpPayloadSize ?? 0
  return Math.max(PLAIN_UDP_BYTES, Math.min(offered, MAX_UDP_BYTES))
}

/** Says how long a "no" may be kept. */
function authority(domain: string) {
  return {
    name: domain,
    type: 'SOA' as const,
    ttl: TTL,
    data: {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    },
  }
}
