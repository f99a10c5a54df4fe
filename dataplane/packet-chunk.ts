// Packets as bytes for the state stream: stragglers on their way to the new owner. Little-endian:
//
//   0     4       | for each packet: 0      2      4
//   | count       |                  | port | length | data …

import { ClickUpError } from '../lib/errors.ts'
import type { Packet, Pool } from './packet.ts'

/** @param front bytes to be left free in front */
export function encodePackets(packets: readonly Packet[], front = 0): ArrayBuffer {
  const size = packets.reduce((sum, p) => sum + 4 + p.length, 4)
  const bytes = new Uint8Array(new ArrayBuffer(front + size), front)
  const view = new DataView(bytes.buffer, front)
  view.setUint32(0, packets.length, true)
  let at = 4
  for (const p of packets) {
    view.setUint16(at, p.port, true)
    view.setUint16(at + 2, p.length, true)
    bytes.set(p.mem.subarray(p.off, p.end), at + 4)
    at += 4 + p.length
  }
  return bytes.buffer
}

/**
 * The packets of a chunk, in order; those that the pool has no room for are left out (the pool
 * counts them). Throws PROTOCOL for bytes that are cut or do not add up, before any is made.
 */
export function decodePackets(chunk: ArrayBuffer, pool: Pool): Packet[] {
  const bytes = new Uint8Array(chunk)
  const spans = spansOf(bytes)
  const packets: Packet[] = []
  for (const { port, from, to } of spans) {
    const p = pool.allocLength(to - from)
    if (p === null) continue
    p.mem.set(bytes.subarray(from, to), p.off)
    p.mac = p.off
    p.port = port
    packets.push(p)
  }
  return packets
}

function spansOf(bytes: Uint8Array): { port: number; from: number; to: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const spans: { port: number; from: number; to: number }[] = []
  if (bytes.length < 4) throw cut()
  const count = view.getUint32(0, true)
  let at = 4
  for (let k = 0; k < count; k++) {
    if (at + 4 > bytes.length) throw cut()
    const to = at + 4 + view.getUint16(at + 2, true)
    if (to > bytes.length) throw cut()
    spans.push({ port: view.getUint16(at, true), from: at + 4, to })
    at = to
  }
  if (at !== bytes.length) throw cut()
  return spans
}

function cut(): ClickUpError {
  return new ClickUpError('PROTOCOL', 'state stream: a packets chunk that does not add up', '')
}
