// Every element class against bad input: frames cut at each byte, random bytes, and arguments of all
// kinds. Wanted: no throw, no packet lost from the pool, and of wrong arguments a finding with file,
// line and the element's name.

import test from 'ava'
import fc from 'fast-check'
import { resolveGraph } from '../../dataplane/graph.ts'
import { parseConfig } from '../../lib/click/index.ts'
import { everyClass, type Wired, wire, workingGraph } from './every-element.ts'
import { Side } from './metamorphic.ts'
import { frames, ipFrame } from './traffic.ts'

const FRAMES = 512
const classes = await everyClass()
const all = [...classes].map(([name, spec]) => ({ name, spec, made: wire(name, spec) }))

/** One frame of each kind that is worth cutting: with options, a fragment, TCP, UDP, ICMP, ARP, IPv6. */
const WHOLE: readonly Uint8Array[] = [
  ipFrame({ proto: 6, payload: 10 }),
  ipFrame({ proto: 17, payload: 10 }),
  ipFrame({ proto: 1, sport: 0x0800, dport: 7, payload: 10 }),
  ipFrame({ proto: 1, sport: 0x0301, payload: 28 }),
  ipFrame({ proto: 17, payload: 24, more: true }),
  ipFrame({ proto: 17, payload: 24, offset: 3 }),
  withOptions(ipFrame({ proto: 17, payload: 40 })),
  ether(
    0x0806,
    [0, 1, 8, 0, 6, 4, 0, 1, 2, 9, 9, 9, 9, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9],
  ),
  ether(0x86dd, [
    0x60,
    0,
    0,
    0,
    0,
    16,
    0,
    64,
    ...address6(1),
    ...address6(2),
    17,
    0,
    1,
    4,
    0,
    0,
    0,
    0,
    0,
    53,
    0,
    53,
    0,
    8,
    0,
    0,
  ]),
  ether(0x8100, [0, 5, 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]),
]

function ether(type: number, rest: readonly number[]): Uint8Array {
  return Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type >> 8, type & 255, ...rest])
}

function address6(last: number): number[] {
  return [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

/** The first bytes of the data become options; lengths that say too much are among them. */
function withOptions(frame: Uint8Array): Uint8Array {
  const bytes = frame.slice()
  bytes[14] = 0x4a
  bytes.set([7, 11, 4, 10, 0, 0, 1, 0, 0, 0, 0, 68, 12, 5, 1, 131, 40, 4, 0, 0], 34)
  return bytes
}

function* cuts(): Generator<Uint8Array> {
  for (const frame of WHOLE) for (let n = 0; n <= frame.length; n++) yield frame.slice(0, n)
}

const random = fc.sample(
  fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc.tuple(frames, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 })).map(damaged),
  ),
  { numRuns: 150, seed: 11 },
)

function damaged([frame, changes]: [Uint8Array, [number, number][]]): Uint8Array {
  const bytes = frame.slice()
  for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
  return bytes
}

function takesPackets({ ports }: Wired): boolean {
  return ports.some((port) => port.startsWith('in'))
}

/** In front: as declared for the class, and with the IP header marked but not looked at. */
function unchecked(wired: Wired): Wired {
  return { ...wired, config: wired.config.replaceAll('-> CheckIPHeader ', '-> MarkIPHeader ') }
}

for (const { name, made } of all) {
  if (typeof made === 'string' || !made.some(takesPackets)) continue
  test.serial(`${name}: frames cut at each byte, and random ones`, async (t) => {
    for (const wired of [...made, ...made.map(unchecked)]) {
      const side = new Side(await workingGraph(wired), wired, 0, [])
      const ports = wired.ports.filter((port) => port.startsWith('in'))
      side.router.activate()
      let k = 0
      for (const bytes of [...cuts(), ...random]) {
        const port = ports[k++ % ports.length]!
        t.notThrows(
          () => side.take({ waitMs: 10, frames: [{ port, bytes }], turns: 1 }),
          wired.config,
        )
      }
      side.pass(100_000)
      const held = side.store.sizes().reduce((n, s) => n + (s.kind === 'packets' ? s.size : 0), 0)
      t.is(side.pool.available + held, FRAMES, `packets were lost from the pool\n${wired.config}`)
    }
  })
}

const ARGUMENTS = [
  'BOGUS 3',
  '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20',
  '"',
  '\\<',
  ',,,',
  '-1',
  '99999999999999999999999999',
  '0x, 1e400, 1.2.3.4.5, 10.0.0.0/40, 1:2:3',
  'pattern - - - - 0 0, pattern',
  'constructor, __proto__, toString',
  'CAPACITY __proto__',
  '-',
  '((((, ))))',
  '\u00ff\u0000\u0001',
  'x, y z, 3 4 5',
  'src host, dst port 99999, ip proto, (',
  '12/08zz, 1/, /, 99999999/00',
  'wait wait wait, goto, if, set, print $(, end',
]

const argument = fc.oneof(
  fc.constantFrom(...ARGUMENTS),
  fc.string({ maxLength: 30, unit: 'binary-ascii' }),
  fc
    .array(
      fc.constantFrom('0', '1', '-1', 'true', '10.0.0.1', '10.0.0.0/8', '2:2:2:2:2:2', '-', 'x'),
      { maxLength: 8 },
    )
    .map((words) => words.join(', ')),
)

for (const { name } of all) {
  test.serial(`${name}: wrong arguments are findings with file, line and name`, (t) => {
    const check = (args: string): void => {
      // Quoted in the text so that it reaches the element as one configuration string.
      const flat = parseConfig(`x :: ${name};`, { filename: 'f.click', defines: {} }).graph
      const elements = flat.elements.map((e) => ({ ...e, config: args, args: split(args) }))
      const { errors } = resolveGraph({ ...flat, elements }, (cls) => classes.get(cls), {
        partial: true,
      })
      t.pass()
      for (const { where, message } of errors) {
        if (!message.startsWith('While configuring')) continue
        t.is(where, 'f.click:1')
        t.true(message.includes(`'x :: ${name}'`), message)
        t.notRegex(message, TRACE, `${name}(${args})`)
      }
    }
    for (const args of ARGUMENTS) check(args)
    fc.assert(fc.property(argument, check), {
      numRuns: 60,
      seed: 3,
      endOnFailure: true,
      includeErrorInReport: true,
    })
  })
}

/** What JavaScript says of a mistake of ours. */
const TRACE =
  /Cannot read|is not a function|is not iterable|undefined \(|not defined|Invalid array length|call stack|Invalid regular|Cannot convert|Cannot mix|\n\s+at /

function split(config: string): readonly string[] {
  const flat = parseConfig(`x :: Y(${config});`, { filename: 'f', defines: {} }).graph
  return flat.elements[0]?.args ?? [config]
}
