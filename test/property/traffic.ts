// Frames for properties over all elements: IP packets of a few flows, ARP, and what is neither.

import fc from 'fast-check'
import { ipPacket } from '../unit/elements/ip/packets.ts'
import type { Frame, Step } from './metamorphic.ts'

const ETHER = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]

export function ipFrame(fields: Parameters<typeof ipPacket>[0]): Uint8Array {
  const p = ipPacket(fields)
  const bytes = new Uint8Array(14 + p.length)
  bytes.set([...ETHER, 8, 0])
  bytes.set(p.mem.subarray(p.off, p.end), 14)
  return bytes
}

const ipFrames = fc
  .record({
    host: fc.integer({ min: 1, max: 4 }),
    sport: fc.integer({ min: 1000, max: 1002 }),
    proto: fc.constantFrom(6, 17, 1),
    payload: fc.nat(60),
    flags: fc.constantFrom(0x02, 0x10, 0x11, 0x04),
    tos: fc.constantFrom(0, 3, 40),
  })
  .map(({ host, sport, proto, ...rest }) => {
    const ports = proto === 1 ? { sport: 0x0800, dport: sport } : { sport, dport: 53 }
    return ipFrame({ src: `10.0.0.${host}`, dst: '192.0.2.1', proto, ...ports, ...rest })
  })

/** A request of 10.0.0.1, or its answer. */
const arpFrames = fc
  .record({ operation: fc.constantFrom(1, 2), last: fc.integer({ min: 1, max: 4 }) })
  .map(({ operation, last }) => {
    const arp = [0, 1, 8, 0, 6, 4, 0, operation, 2, 9, 9, 9, 9, last, 192, 0, 2, last]
    const bytes = new Uint8Array(60)
    bytes.set([...ETHER, 8, 6, ...arp, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1])
    return bytes
  })

export const frames: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 8, arbitrary: ipFrames },
  { weight: 2, arbitrary: arpFrames },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 14, maxLength: 80 }) },
)

/** Bursts into any of the ports, and pauses; expiry is exact to a second only, so none is near one. */
export function steps(ports: readonly string[], pauses: readonly number[]): fc.Arbitrary<Step[]> {
  const ins = ports.filter((name) => name.startsWith('in'))
  const frame: fc.Arbitrary<Frame> | null =
    ins.length === 0 ? null : fc.record({ port: fc.constantFrom(...ins), bytes: frames })
  const step = fc.record({
    waitMs: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(40) },
      { weight: 1, arbitrary: fc.constantFrom(...pauses) },
    ),
    frames: frame === null ? fc.constant([]) : fc.array(frame, { maxLength: 5 }),
    turns: fc.nat(3),
  })
  return fc.array(step, { minLength: 6, maxLength: 16 })
}

/**
 * The other end's packet: addresses and ports swapped, which leaves all checksums right. It comes in
 * where the output went out.
 */
export function answer(output: Frame): Frame | null {
  const ip = output.bytes
  if (ip.length < 28 || ip[0] !== 0x45) return null
  const back = ip.slice()
  back.copyWithin(12, 16, 20)
  back.set(ip.subarray(12, 16), 16)
  back.copyWithin(20, 22, 24)
  back.set(ip.subarray(20, 22), 22)
  const bytes = new Uint8Array(14 + back.length)
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0])
  bytes.set(back, 14)
  return { port: output.port, bytes }
}
