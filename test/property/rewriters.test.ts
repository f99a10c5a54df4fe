// Every class of rewriter, cut anywhere (metamorphic.ts says how): mappings, turns of ranges, shifted
// sequence numbers and the times of reaping go on after a move.

import test from 'ava'
import fc from 'fast-check'
import type { Packet } from '../../dataplane/packet.ts'
import { ipPacket, transportSum } from '../unit/elements/ip/packets.ts'
import { cutAnywhere, type Frame } from './metamorphic.ts'

const ETHER = 14

function framed(ip: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ETHER + ip.length)
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
  bytes.set(ip, ETHER)
  return bytes
}

interface Sent {
  readonly host: number
  readonly remote: number
  readonly sport: number
  readonly payload: number
  readonly flags: number
  /** Of both numbers of a TCP header. */
  readonly number: number
}

const sent = fc.record({
  host: fc.integer({ min: 1, max: 4 }),
  remote: fc.integer({ min: 1, max: 2 }),
  sport: fc.integer({ min: 1000, max: 1002 }),
  payload: fc.nat(20),
  flags: fc.constantFrom(0x02, 0x10, 0x18, 0x11, 0x04),
  number: fc.nat(200),
})

/** A packet of an inside host; of ICMP, an echo request with `sport` as its identifier. */
function outbound(proto: number, one: Sent): Frame {
  const { host, remote, sport, payload, flags, number } = one
  const ports = proto === 1 ? { sport: 0x0800, dport: sport } : { sport, dport: 21 }
  const data = proto === 6 && payload > 10 ? portCommand(host, payload) : payload
  const fields = { src: `10.0.0.${host}`, dst: `192.0.2.${remote}`, proto, flags, ...ports }
  const p = ipPacket({ ...fields, payload: data })
  if (proto === 6) setNumbers(p, number)
  return { port: 'inside', bytes: framed(p.mem.slice(p.off, p.end)) }
}

function setNumbers(p: Packet, number: number): void {
  const view = new DataView(p.mem.buffer)
  view.setUint32(p.transport + 4, number)
  view.setUint32(p.transport + 8, number)
  view.setUint16(p.transport + 16, 0)
  view.setUint16(p.transport + 16, ~transportSum(p) & 0xffff)
}

/** Of another length than what FTPPortMapper puts in its place. */
function portCommand(host: number, port: number): Uint8Array {
  return Uint8Array.from(Buffer.from(`PORT 10,0,0,${host},0,${port}\r\n`))
}

/** The other end's packet: addresses and ports swapped, an echo request made a reply. */
function answer({ port, bytes }: Frame): Frame | null {
  if (bytes.length < 28 || bytes[0] !== 0x45) return null
  const back = bytes.slice()
  back.copyWithin(12, 16, 20)
  back.set(bytes.subarray(12, 16), 16)
  if (bytes[9] === 1) {
    if (bytes[20] !== 8) return null
    back[20] = 0
    const sum = ((bytes[22]! << 8) | bytes[23]!) + 0x0800
    const folded = (sum & 0xffff) + (sum >>> 16)
    back.set([folded >>> 8, folded & 0xff], 22)
  } else {
    back.copyWithin(20, 22, 24)
    back.set(bytes.subarray(20, 22), 22)
  }
  return { port, bytes: framed(back) }
}

/** Bursts; now and then a pause, which no time-out or reaping ends within a second of. */
function steps(proto: readonly number[], pauses: readonly number[]) {
  const frame = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...proto), sent).map((s) => outbound(...s)) },
    { weight: 2, arbitrary: fc.nat(1000) },
  )
  const waitMs = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(40) },
    { weight: 2, arbitrary: fc.constantFrom(...pauses) },
  )
  const frames = fc.array(frame, { maxLength: 6 })
  return fc.array(fc.record({ waitMs, frames, turns: fc.nat(4) }), { minLength: 6, maxLength: 25 })
}

const router = (rewriters: string, before = '', after = '') => `
  ${rewriters}
  FromDevice(inside) -> Strip(14) -> CheckIPHeader -> ${before} [0]rw;
  FromDevice(outside) -> Strip(14) -> CheckIPHeader -> [1]rw;
  rw[0] -> ToDevice(outside);
  rw[1] -> ${after} ToDevice(inside);`

const cases: readonly [string, string, readonly number[]][] = [
  ['TCPRewriter, in turn', 'rw :: TCPRewriter(pattern 1.0.0.1 1024-65535# - - 0 1, drop);', [6]],
  ['UDPRewriter', 'rw :: UDPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);', [6, 17]],
  [
    'IPRewriter with a named pattern in turn',
    'IPRewriterPatterns(p 1.0.0.1 1024-65535# - -); rw :: IPRewriter(pattern p 0 1, drop);',
    [1, 6, 17],
  ],
  [
    'IPRewriter with RoundRobinIPMapper',
    `m :: RoundRobinIPMapper(1.0.0.1 - 192.0.2.7 - 0 1, 1.0.0.2 1024-65535# - - 0 1);
     rw :: IPRewriter(m, drop);`,
    [6, 17],
  ],
  ['IPAddrRewriter', 'rw :: IPAddrRewriter(pattern 1.0.0.1-1.0.0.3# - 0 1, drop);', [6, 17, 1]],
  ['IPAddrPairRewriter', 'rw :: IPAddrPairRewriter(pattern 1.0.0.0/30# - 0 1, drop);', [6, 17]],
  ['ICMPPingRewriter', 'rw :: ICMPPingRewriter(pattern 1.0.0.1 - 1-65535 0 1, drop);', [1]],
]

for (const [name, rewriters, proto] of cases)
  test(`${name}: mappings and turns stay`, (t) =>
    cutAnywhere(t, {
      config: router(rewriters),
      ports: ['inside', 'outside'],
      answer,
      numRuns: 60,
      steps: steps(proto, [20_000, 600_000]),
    }))

test('mappings are reaped when they would have been', (t) =>
  cutAnywhere(t, {
    config: router(
      `rw :: UDPRewriter(pattern 1.0.0.1 1024-65535# - - 0 1, drop, TIMEOUT 10,
                         REAP_INTERVAL 1000);`,
    ),
    ports: ['inside', 'outside'],
    answer,
    numRuns: 60,
    steps: steps([17], [330_000, 710_000]),
  }))

test('at capacity the same mappings go', (t) =>
  cutAnywhere(t, {
    config: router(
      `rw :: IPRewriter(pattern 1.0.0.1 1024-65535# - - 0 1, drop, MAPPING_CAPACITY 3,
                        GUARANTEE 5, UDP_GUARANTEE 5);`,
    ),
    ports: ['inside', 'outside'],
    answer,
    numRuns: 60,
    steps: steps([6, 17], [20_000, 600_000]),
  }))

test('FTPPortMapper: sequence numbers stay shifted', (t) =>
  cutAnywhere(t, {
    config: router(
      'rw :: TCPRewriter(pattern 1.0.0.100 1024-65535# - - 0 1, drop);',
      'FTPPortMapper(rw, rw, 0) ->',
    ),
    ports: ['inside', 'outside'],
    answer,
    numRuns: 60,
    steps: steps([6], [20_000, 600_000]),
  }))

/** A class's mappings are taken by another class, where the packets of both are the same. */
const others: readonly [string, string, readonly number[]][] = [
  ['TCPRewriter', 'IPRewriter', [6]],
  ['IPRewriter', 'TCPRewriter', [6]],
  ['UDPRewriter', 'IPRewriter', [17]],
  ['ICMPPingRewriter', 'IPRewriter', [1]],
]
for (const [from, to, proto] of others)
  test(`${from} becomes ${to}`, (t) => {
    const spec = '(pattern 1.0.0.1 1024-65535# - - 0 1, drop)'
    return cutAnywhere(t, {
      config: router(`rw :: ${from}${spec};`),
      after: router(`rw :: ${to}${spec};`),
      map: { rw: 'rw' },
      ports: ['inside', 'outside'],
      answer,
      numRuns: 40,
      steps: steps(proto, [20_000, 200_000]),
    })
  })
