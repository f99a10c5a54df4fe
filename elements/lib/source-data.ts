// What sources send: data of a wanted length, and packets made of it.

import type { Packet, Pool } from '../../dataplane/packet.ts'

/**
 * The default value that Click documents for DATA of its sources: traces and checksums of packets
 * that nobody gave data are the same as Click's.
 */
export const DEFAULT_DATA = 'Random bullshit in a packet, at least 64 bytes long. Well, now it is.'

/**
 * Bytes of a string (a character is a byte), cut or repeated to `length`; negative: as they are.
 */
export function dataBytes(data: string, length: number): Uint8Array {
  const given = Buffer.from(data, 'latin1')
  if (length < 0 || length === given.length) return new Uint8Array(given)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length && given.length > 0; i++) bytes[i] = given[i % given.length]!
  return bytes
}

/** Looked up once: by way of `p.mem.set` the look-up costs as much as the copy. */
const copyInto = Uint8Array.prototype.set

/** A packet with that data; null: no frame is free. */
export function makePacket(pool: Pool, data: Uint8Array, timeUs: number): Packet | null {
  const p = pool.allocLength(data.length)
  if (p === null) return null
  copyInto.call(p.mem, data, p.off)
  p.timeUs = timeUs
  return p
}
