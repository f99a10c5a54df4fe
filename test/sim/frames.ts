// Numbered packets as frames: Ethernet, IPv4, UDP, and in the payload the packet's numbers behind a
// mark that can be found again wherever the bytes lie (a pool, a chunk, a frame of the state
// stream). Flow 0 is not IP: it belongs to no bucket, and goes to the primary replica.

import { STEER_KEYS, steerBucket } from '../../lib/steer.ts'

const MARK = Buffer.from('CUSIMPKT')
const MARK_AT = 42
const LENGTH = 64
const ETHERTYPE = 0x9000 // loopback test frames, which nobody steers

export interface Numbers {
  readonly id: number
  readonly flow: number
  /** Number within the flow, from 0. */
  readonly n: number
  readonly late: boolean
}

export function encodeFrame({ id, flow, n, late }: Numbers): Uint8Array {
  const bytes = new Uint8Array(LENGTH)
  const view = new DataView(bytes.buffer)
  bytes[0] = 0x02
  bytes[6] = 0x02
  view.setUint16(12, flow === 0 ? ETHERTYPE : 0x0800)
  bytes[14] = 0x45
  view.setUint16(16, LENGTH - 14)
  bytes[22] = 64
  bytes[23] = 17
  view.setUint32(26, 0x0a000001 + flow * 7)
  view.setUint32(30, 0x0a010001)
  view.setUint16(34, 1000 + flow)
  view.setUint16(36, 53)
  view.setUint16(38, LENGTH - 34)
  bytes.set(MARK, MARK_AT)
  view.setUint32(50, id)
  view.setUint32(54, flow)
  view.setUint32(58, n)
  bytes[62] = late ? 1 : 0
  return bytes
}

export function bucketOfFlow(flow: number, bucketsLog2: number): number {
  const bytes = encodeFrame({ id: 0, flow, n: 0, late: false })
  return steerBucket(bytes, 0, bytes.length, STEER_KEYS.flow, bucketsLog2)
}

/** Numbers of the packet at `mem[off..end)`, or null: it is none of these. */
export function decodeFrame(mem: Uint8Array, off: number, end: number): Numbers | null {
  if (end - off < LENGTH || mem[off + MARK_AT] !== MARK[0] || mem[off + MARK_AT + 1] !== MARK[1])
    return null
  return numbersAt(mem, off + MARK_AT)
}

/** Ids of all packets whose frames lie somewhere in the bytes. */
export function idsIn(bytes: Uint8Array): number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ids: number[] = []
  for (let at = buffer.indexOf(MARK); at >= 0; at = buffer.indexOf(MARK, at + MARK.length))
    ids.push(numbersAt(bytes, at).id)
  return ids
}

function numbersAt(mem: Uint8Array, at: number): Numbers {
  const u32 = (k: number): number =>
    ((mem[k]! << 24) | (mem[k + 1]! << 16) | (mem[k + 2]! << 8) | mem[k + 3]!) >>> 0
  return { id: u32(at + 8), flow: u32(at + 12), n: u32(at + 16), late: mem[at + 20] === 1 }
}
