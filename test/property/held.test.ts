// Packets that elements hold: of every class that declares them, what is held at the moment of a move
// comes out of the new replica, in order, with its headers and annotations, between what came before
// and what comes after (metamorphic.ts says how). The classes come from the declarations: one that
// is neither tested nor has a reason fails here.

import test from 'ava'
import fc from 'fast-check'
import { element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { EXTRA_CLASSES, everyClass, wire } from './every-element.ts'
import { cutAnywhere, type Frame, type Step } from './metamorphic.ts'
import { frames, ipFrame } from './traffic.ts'

/** Other configurations than the wired ones, for what holds packets only so. */
const OWN: Readonly<Record<string, string>> = {
  ARPQuerier: `x :: ARPQuerier(198.51.100.1, 02:00:00:00:00:0a);
    FromDevice(in0) -> Strip(14) -> CheckIPHeader -> [0]x -> ToDevice(out0); FromDevice(in1) -> [1]x;`,
  ARPTable: `x :: ARPTable; q :: ARPQuerier(198.51.100.1, 02:00:00:00:00:0a, TABLE x);
    FromDevice(in0) -> Strip(14) -> CheckIPHeader -> Noted -> [0]q -> ToDevice(out0);
    FromDevice(in1) -> [1]q;`,
}

/** What comes out when depends on the turns in which it is pulled: all of it does, once. */
const LAST_IN_FIRST_OUT = new Set(['MixedQueue'])

/** Classes that cannot be tested so, and what tests them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['FromHost', 'FromRawSocket', 'FromSocket', 'KernelTap', 'KernelTun', 'McastSocket'],
      ...['RawSocket', 'Socket', 'ToRawSocket', 'ToSocket', 'UMLSwitch'],
    ].map((name) => [name, 'one packet that a full socket did not take: pending.test.ts']),
  ),
}

/** Marks each packet by its bytes, so that its annotations are its own. */
const Noted = element({
  name: 'Noted',
  ports: '1/1',
  processing: 'a/a',
  config: {},
  action(_self, p) {
    let sum = 7
    for (let k = p.off; k < p.end; k++) sum = (sum * 31 + p.mem[k]!) & 0x7fff_ffff
    note(p, sum)
    return p
  },
})

/** Not those that elements here act on: the destination address, and the last ones of a packet. */
function note(p: Packet, sum: number): void {
  p.anno ??= new Uint8Array(48)
  p.anno.fill(0)
  p.anno[40] = sum
  p.anno[44] = sum >>> 8
  p.paint = (sum >>> 4) & 255
}
const classes = new Map([...EXTRA_CLASSES, ['Noted', Noted] as const])

/** Three fragments of a datagram, in any order, with others between. */
const fragments = fc
  .record({
    host: fc.integer({ min: 1, max: 2 }),
    id: fc.integer({ min: 1, max: 3 }),
    part: fc.nat(2),
  })
  .map(({ host, id, part }) => {
    const bytes = ipFrame({ src: `10.0.0.${host}`, dst: '192.0.2.1', proto: 17, payload: 16 })
    const ip = 14
    bytes[ip + 5] = id
    const at = part * 3 // 24 bytes each: a UDP header and 16 bytes, in units of 8
    bytes[ip + 6] = (part < 2 ? 0x20 : 0) | (at >> 8)
    bytes[ip + 7] = at
    bytes[ip + 10] = 0
    bytes[ip + 11] = 0
    let sum = 0
    for (let k = ip; k < ip + 20; k += 2) sum += (bytes[k]! << 8) | bytes[k + 1]!
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    bytes[ip + 10] = ~sum >>> 8
    bytes[ip + 11] = ~sum
    return bytes
  })

/** Bursts that fill what holds, and little time in between. */
function bursts(ports: readonly string[], bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Step[]> {
  const ins = ports.filter((name) => name.startsWith('in'))
  const frame = fc.record({ port: fc.constantFrom(...ins), bytes }) as fc.Arbitrary<Frame>
  const step = fc.record({
    waitMs: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(30) },
      { weight: 1, arbitrary: fc.constant(200) },
    ),
    frames: fc.array(frame, { minLength: 1, maxLength: 6 }),
    turns: fc.nat(3),
  })
  return fc.array(step, { minLength: 8, maxLength: 16 })
}

const all = await everyClass()
const holding = [...all].filter(([, { state }]) =>
  (Object.values(state ?? {}) as { kind: string }[]).some((d) => d.kind === 'packets'),
)

for (const [name, spec] of holding) {
  if (ELSEWHERE[name] !== undefined) continue
  const made = wire(name, spec)
  test(`${name}: what it holds moves, in order, with its annotations`, async (t) => {
    if (typeof made === 'string') {
      t.fail(`${name} holds packets and is not tested: ${made}`)
      return
    }
    const own = OWN[name]
    const wirings = own === undefined ? made : [{ config: own, ports: ['in0', 'in1', 'out0'] }]
    for (const wired of wirings) {
      const config = wired.config.replaceAll(/ -> (\[\d+\]x;)/g, ' -> Noted -> $1')
      const input = bursts(wired.ports, fc.oneof(frames, fragments))
      const options = { config, ports: wired.ports, steps: input, numRuns: 40, seed: 3, classes }
      const anyOrder = LAST_IN_FIRST_OUT.has(name)
      await cutAnywhere(t, { ...options, notes: true, mayRest: true, holds: true, anyOrder })
    }
  })
}

test('classes that are tested elsewhere hold packets, and exist', (t) => {
  const names = holding.map(([name]) => name)
  t.deepEqual(
    Object.keys({ ...ELSEWHERE, ...OWN }).filter((name) => !names.includes(name)),
    [],
  )
  t.true(names.length > 30, names.join())
})
