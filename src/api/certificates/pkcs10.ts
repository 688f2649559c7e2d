import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** A piece of DER: where it begins with its head, and where its content does. */
interface Piece {
  readonly start: number
  readonly content: number
  readonly end: number
}

function piece(der: Buffer, start: number): Piece {
  const first = der[start + 1]
  if (first === undefined) throw new Error('cut off')
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 4 || start + 2 + lengthBytes > der.length) throw new Error('cut off')
  const length = lengthBytes === 0 ? first : der.readUIntBE(start + 2, lengthBytes)
  const content = start + 2 + lengthBytes
  if (content + length > der.length) throw new Error('cut off')
  return { start, content, end: content + length }
}

/** The pieces inside a piece. */
function inside(der: Buffer, { content, end }: Piece): Piece[] {
  const pieces: Piece[] = []
  for (let at = content; at < end; at = pieces.at(-1)!.end) pieces.push(piece(der, at))
  return pieces
}

/** The hashes of the signature algorithms that Go's x509 knows, by the object identifier in hex (RFC 5758, RFC 4055, RFC 8410). */
const HASHES: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
}

/** The public key of a PKCS#10 request (RFC 2986) in DER. Throws where it is none, or not signed by its own key. */
export function requestKey(der: Buffer): KeyObject {
  const [info, algorithm, signature] = inside(der, piece(der, 0))
  if (!info || !algorithm || !signature) throw new Error('not a certificate request')
  const [, , publicKey] = inside(der, info)
  const [identifier] = inside(der, algorithm)
  if (!publicKey || !identifier) throw new Error('not a certificate request')
  const oid = der.subarray(identifier.content, identifier.end).toString('hex')
  if (!Object.hasOwn(HASHES, oid)) throw new Error('signed in an unknown way')
  const key = createPublicKey({ key: der.subarray(publicKey.start, publicKey.end), format: 'der', type: 'spki' })
  const signed = der.subarray(info.start, info.end)
  // A bit string says first how many bits of its last byte do not count: none here.
  if (!verify(HASHES[oid], signed, key, der.subarray(signature.content + 1, signature.end))) {
    throw new Error('not signed by its own key')
  }
  return key
}
