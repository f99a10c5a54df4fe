// Elements with state, cut anywhere (metamorphic.ts says how).

import test from 'ava'
import fc from 'fast-check'
import { element } from '../../dataplane/element.ts'
import { ipPacket } from '../unit/elements/ip/packets.ts'
import { cutAnywhere, type Frame } from './metamorphic.ts'
import { answer } from './traffic.ts'

const ETHER = 14

/** Takes a packet every 10 ms, so that a queue in front of it fills. */
const Trickle = element({
  name: 'Trickle',
  ports: '1/1',
  processing: 'l/h',
  config: {},
  initialize(self) {
    self.timerAt(self.router.nowMs + 10)
  },
  timer(self) {
    const p = self.in[0]!()
    if (p !== null) self.out[0]!(p)
    self.timerAt(self.router.nowMs + 10)
  },
})
const classes = new Map([['Trickle', Trickle]])

function frame(fields: Parameters<typeof ipPacket>[0]): Uint8Array {
  const p = ipPacket(fields)
  const bytes = new Uint8Array(ETHER + p.length)
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
  bytes.set(p.mem.subarray(p.off, p.end), ETHER)
  return bytes
}

/** Bursts of frames; now and then a pause that is long beyond all doubt. */
function stepsOf(one: fc.Arbitrary<Frame | number>, pauses: readonly number[]) {
  const step = fc.record({
    waitMs: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.nat(40) },
      { weight: 2, arbitrary: fc.constantFrom(...pauses) },
    ),
    frames: fc.array(one, { maxLength: 6 }),
    turns: fc.nat(4),
  })
  return fc.array(step, { minLength: 6, maxLength: 25 })
}

const flow = fc.record({
  host: fc.integer({ min: 1, max: 5 }),
  sport: fc.integer({ min: 1000, max: 1003 }),
  proto: fc.constantFrom(6, 17),
  payload: fc.nat(40),
  flags: fc.constantFrom(0x02, 0x10, 0x11, 0x04),
})

const outbound = flow.map(({ host, sport, proto, payload, flags }) => ({
  port: 'inside',
  bytes: frame({
    src: `10.0.0.${host}`,
    dst: '192.0.2.1',
    sport,
    dport: 80,
    proto,
    payload,
    flags,
  }),
}))

const stray = fc
  .record({ port: fc.integer({ min: 1024, max: 1100 }), proto: fc.constantFrom(6, 17) })
  .map(({ port, proto }) => ({
    port: 'outside',
    bytes: frame({ src: '192.0.2.1', dst: '198.51.100.1', sport: 80, dport: port, proto }),
  }))

test('Queue: what it holds comes out later, in order', (t) =>
  cutAnywhere(t, {
    config: 'FromDevice(inside) -> Queue(200) -> Trickle -> ToDevice(outside)',
    classes,
    ports: ['inside', 'outside'],
    steps: stepsOf(outbound, [100, 5000]),
  }))

test('a packet that was stripped is unstripped after the move', (t) =>
  cutAnywhere(t, {
    config: `FromDevice(inside) -> Strip(14) -> Queue -> Trickle
             -> Unstrip(14) -> ToDevice(outside)`,
    classes,
    ports: ['inside', 'outside'],
    steps: stepsOf(outbound, [100, 5000]),
  }))

test('IPRewriter: mappings stay, new ones go on as before', (t) =>
  cutAnywhere(t, {
    config: `
      rw :: IPRewriter(pattern 198.51.100.1 1024-65535 - - 0 1, drop);
      FromDevice(inside) -> Strip(14) -> CheckIPHeader -> [0]rw;
      FromDevice(outside) -> Strip(14) -> CheckIPHeader -> [1]rw;
      rw[0] -> ToDevice(outside);
      rw[1] -> ToDevice(inside);`,
    ports: ['inside', 'outside'],
    answer,
    numRuns: 150,
    steps: stepsOf(
      fc.oneof(
        { weight: 4, arbitrary: outbound },
        { weight: 4, arbitrary: fc.nat(1000) },
        { weight: 1, arbitrary: stray },
      ),
      [20_000, 600_000],
    ),
  }))

/** The answer to an ARP query: whoever is asked for has an address made from its last byte. */
function arpAnswer(output: Frame): Frame | null {
  const q = output.bytes
  if (q[12] !== 8 || q[13] !== 6 || q[21] !== 1) return null
  const target = q.subarray(38, 42)
  const mac = [2, 9, 9, 9, 9, target[3]!]
  const bytes = new Uint8Array(60)
  bytes.set([...q.subarray(6, 12), ...mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2])
  bytes.set([...mac, ...target, ...q.subarray(22, 32)], 22)
  return { port: output.port, bytes }
}

test('ARPQuerier: what it learnt and what waits for an answer stay', (t) =>
  cutAnywhere(t, {
    config: `
      arpq :: ARPQuerier(198.51.100.1, 02:00:00:00:00:0a);
      FromDevice(inside) -> Strip(14) -> CheckIPHeader -> GetIPAddress(12)
         -> [0]arpq;
      FromDevice(outside) -> [1]arpq;
      arpq -> ToDevice(outside);`,
    ports: ['inside', 'outside'],
    answer: arpAnswer,
    numRuns: 150,
    steps: stepsOf(
      fc.oneof({ weight: 2, arbitrary: outbound }, { weight: 1, arbitrary: fc.nat(1000) }),
      [5000, 3_600_000],
    ),
  }))
