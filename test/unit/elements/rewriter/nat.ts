// A rewriter between two TestIn and two TestOut elements, and packets as tests want to see them.

import { Packet } from '../../../../dataplane/packet.ts'
import { type IpFields, ipSum, transportSum } from '../ip/packets.ts'
import { Lab, type LabOptions, type Seen } from '../lab.ts'

export const NAT = 'pattern 1.0.0.1 1024-65535 - - 0 1, drop'

export function nat(specs = NAT, options: LabOptions = {}): Promise<Lab> {
  return Lab.make(
    `in0 :: TestIn; in1 :: TestIn; out0 :: TestOut; out1 :: TestOut;
     rw :: IPRewriter(${specs}); in0 -> [0]rw[0] -> out0; in1 -> [1]rw[1] -> out1;`,
    options,
  )
}

/** An arrived IP packet, read back. */
export function parsed(seen: Seen) {
  const m = seen.bytes
  const view = new DataView(m.buffer)
  const p = new Packet(m, 0, m.length, -1)
  p.end = m.length
  p.net = 0
  const t = (m[0]! & 15) << 2
  const text = (at: number) => [...m.subarray(at, at + 4)].join('.')
  return {
    out: seen.out,
    flow: `${text(12)}:${view.getUint16(t)} > ${text(16)}:${view.getUint16(t + 2)}`,
    src: text(12),
    dst: text(16),
    sport: view.getUint16(t),
    dport: view.getUint16(t + 2),
    id: view.getUint16(t + 4),
    annoDst: seen.dst,
    good: ipSum(p) === 0xffff && transportSum(p) === 0xffff,
    p,
    t,
  }
}

export function one(lab: Lab) {
  const all = lab.take()
  if (all.length !== 1) throw new Error(`${all.length} packets arrived`)
  return parsed(all[0]!)
}

export const OUT: IpFields = {
  src: '18.26.4.44',
  sport: 3000,
  dst: '10.0.0.4',
  dport: 40,
  proto: 6,
}
export const back = (port: number, f: IpFields = OUT): IpFields => ({
  ...f,
  src: f.dst!,
  sport: f.dport!,
  dst: '1.0.0.1',
  dport: port,
})
