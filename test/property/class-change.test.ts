// An element that is of another class, or of another name, after the move: what comes out is what
// comes out when nothing ever moved (metamorphic.ts says how).

import test from 'ava'
import fc from 'fast-check'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { cutAnywhere, type Frame, graphOf, Side } from './metamorphic.ts'
import { answer, ipFrame } from './traffic.ts'

const PORTS = ['inside', 'outside']

const nat = (name: string, className: string) => `
  ${name} :: ${className}(pattern 198.51.100.1 1024-65535 - - 0 1, drop);
  FromDevice(inside) -> Strip(14) -> CheckIPHeader -> [0]${name};
  FromDevice(outside) -> Strip(14) -> CheckIPHeader -> [1]${name};
  ${name}[0] -> ToDevice(outside);
  ${name}[1] -> ToDevice(inside);`

const frameOf = (proto: number) =>
  fc
    .record({
      host: fc.integer({ min: 1, max: 4 }),
      sport: fc.integer({ min: 1000, max: 1003 }),
      payload: fc.nat(20),
      flags: fc.constantFrom(0x02, 0x10, 0x18, 0x11, 0x04),
    })
    .map(({ host, ...rest }): Frame => {
      const fields = { src: `10.0.0.${host}`, dst: '192.0.2.1', dport: 53, proto, ...rest }
      return { port: 'inside', bytes: ipFrame(fields) }
    })

/** Bursts from inside, answers to what came out, and pauses after which flows time out. */
const stepsOf = (proto: number) =>
  fc.array(
    fc.record({
      waitMs: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.nat(40) },
        { weight: 1, arbitrary: fc.constantFrom(20_000, 600_000) },
      ),
      frames: fc.array(fc.oneof(frameOf(proto), fc.nat(1000)), { maxLength: 5 }),
      turns: fc.nat(3),
    }),
    { minLength: 6, maxLength: 20 },
  )

for (const [before, after, proto] of [
  ['TCPRewriter', 'IPRewriter', 6],
  ['UDPRewriter', 'IPRewriter', 17],
  ['IPRewriter', 'TCPRewriter', 6],
  ['IPRewriter', 'UDPRewriter', 17],
] as const) {
  const common = { ports: PORTS, answer, steps: stepsOf(proto), numRuns: 80 }
  test(`${before} becomes ${after}: connections go on`, (t) =>
    cutAnywhere(t, { ...common, config: nat('rw', before), after: nat('rw', after) }))
  test(`${before} becomes ${after} of another name, by --map`, (t) =>
    cutAnywhere(t, {
      ...common,
      config: nat('rw', before),
      after: nat('translator', after),
      map: { rw: 'translator' },
      numRuns: 20,
    }))
}

test('a renamed element keeps its state by --map', (t) =>
  cutAnywhere(t, {
    ports: PORTS,
    answer,
    steps: stepsOf(17),
    config: nat('rw', 'IPRewriter'),
    after: nat('translator', 'IPRewriter'),
    map: { rw: 'translator' },
    numRuns: 40,
  }))

/** What mappings there are at the end, by class and in the order of their text. */
async function tableAfter(before: string, after: string, protos: readonly number[]) {
  const [from, to] = [await graphOf(nat('rw', before)), await graphOf(nat('rw', after))]
  const [o, n] = [new Side(from, { ports: PORTS }, 0, []), new Side(to, { ports: PORTS }, 5e8, [])]
  o.router.activate()
  for (const [k, proto] of protos.entries()) {
    const fields = { src: '10.0.0.1', sport: 1000 + k, dst: '192.0.2.1', dport: 53, payload: 9 }
    const bytes = ipFrame({ ...fields, proto, flags: 0x18 })
    for (let n = 0; n < 3; n++) o.take({ waitMs: 0, frames: [{ port: 'inside', bytes }], turns: 1 })
  }
  const plan = planTransfer(o.store.schemas(), n.store.schemas())
  if (!plan.ok) throw new Error(JSON.stringify(plan.findings))
  const all = new Uint8Array(o.store.buckets).fill(1)
  const source = new SnapshotSource(o.store, plan.plan, all)
  const target = new SnapshotTarget(n.store, plan.plan)
  for (let c = source.finish(512); c !== null; c = source.finish(512)) target.apply(c)
  target.commit()
  n.router.activate()
  return n
}

test('UDPRewriter becomes IPRewriter: TCP goes on as TCP, DCCP is left behind', async (t) => {
  const n = await tableAfter('UDPRewriter', 'IPRewriter', [17, 6, 33])
  const read = (name: string) => n.router.readHandler(name)
  t.is(read('rw.table_size'), '2')
  t.regex(read('rw.udp_table'), /^\(10\.0\.0\.1, 1000,/m)
  t.regex(read('rw.tcp_table'), /^\(10\.0\.0\.1, 1001,/m)
  const bytes = ipFrame({
    ...{ src: '10.0.0.1', sport: 1001, dst: '192.0.2.1', dport: 53, payload: 9 },
    ...{ proto: 6, flags: 0x18 },
  })
  n.take({ waitMs: 0, frames: [{ port: 'inside', bytes }], turns: 1 })
  t.is(read('rw.table_size'), '2', 'the packet found its mapping')
})

test('IPRewriter goes back: what the old class cannot hold is left behind', async (t) => {
  const size = async (after: string) =>
    (await tableAfter('IPRewriter', after, [17, 6, 6])).router.readHandler('rw.table_size')
  t.is(await size('TCPRewriter'), '2')
  t.is(await size('UDPRewriter'), '3')
})
