// What every driver does with an Ethernet frame: its packet type, its bounds, and a copy of a packet
// that lives elsewhere into a frame of the driver's pool.

import type { Packet, Pool } from '../packet.ts'
import type { PortCounters } from './device.ts'

export const ETHER_HEADER = 14
/** A frame may be longer than header and MTU by one VLAN tag. */
export const VLAN_TAG = 4

/** errno of Linux. */
export const EAGAIN = 11
export const ENXIO = 6
export const ENETDOWN = 100

export function newCounters(): PortCounters {
  return { rxPackets: 0, rxBytes: 0, txPackets: 0, txBytes: 0, rxDropped: 0, txDropped: 0 }
}

/** Packet type annotation by the destination address: 0 host, 1 broadcast, 2 multicast, 3 other. */
export function packetType(mem: Uint8Array, off: number, mac: Uint8Array): number {
  if ((mem[off]! & 1) !== 0) {
    for (let i = 0; i < 6; i++) if (mem[off + i] !== 0xff) return 2
    return 1
  }
  for (let i = 0; i < 6; i++) if (mem[off + i] !== mac[i]) return 3
  return 0
}

/**
 * The packet in a frame of the pool: itself where it is in one, else a copy (the other memory is the
 * collector's). Null where it is too long for a frame, or no frame is free.
 */
export function intoPool(pool: Pool, p: Packet): Packet | null {
  if (p.mem === pool.mem) return p
  const q = pool.alloc()
  if (q === null) return null
  const length = p.end - p.off
  if (q.off + length > q.limit) {
    pool.free(q)
    return null
  }
  q.end = q.off + length
  q.mem.set(p.mem.subarray(p.off, p.end), q.off)
  return q
}
