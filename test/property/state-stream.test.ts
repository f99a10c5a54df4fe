// The stream as a whole: whatever happens to the source's state while it is sent, in whatever
// slices, the target has at the end what the source has. For equal, upgraded and downgraded
// schemas, a renamed element, all buckets or some.

import test from 'ava'
import fc from 'fast-check'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { SWEEP_PASS_MS } from '../../lib/limits.ts'
import {
  arpRows,
  finish,
  flowRows,
  packet,
  planOf,
  queued,
  type Replica,
  replica,
} from '../unit/state/fixture.ts'

const BUCKETS = 8
const key = fc.record({ a: fc.nat(25), b: fc.constantFrom(0, 7) })
const on = <T extends string, A>(op: T, value: fc.Arbitrary<A>) =>
  fc.record({ op: fc.constant(op), value })

const change = fc.oneof(
  { weight: 8, arbitrary: on('put', key) },
  { weight: 5, arbitrary: on('drop', key) },
  { weight: 3, arbitrary: on('drop_next', fc.constant(null)) },
  { weight: 2, arbitrary: on('many', fc.nat(60)) },
  { weight: 1, arbitrary: on('tick', fc.nat(60_000)) },
  { weight: 1, arbitrary: on('clear', fc.constant(null)) },
  { weight: 3, arbitrary: on('count', fc.nat(100)) },
  { weight: 3, arbitrary: on('arp', fc.nat(9)) },
  { weight: 1, arbitrary: on('unarp', fc.nat(9)) },
  { weight: 3, arbitrary: on('hold', fc.nat(BUCKETS)) },
  { weight: 1, arbitrary: on('emit', fc.constant(null)) },
)
const step = fc.oneof(
  { weight: 3, arbitrary: change },
  { weight: 1, arbitrary: on('chunk', fc.integer({ min: 64, max: 700 })) },
  { weight: 2, arbitrary: on('slice', fc.integer({ min: 1, max: 9 })) },
  { weight: 1, arbitrary: on('apply', fc.nat(5)) },
)

const run = fc.record({
  before: fc.array(change, { maxLength: 60 }),
  during: fc.array(step, { maxLength: 120 }),
  buckets: fc.oneof(
    fc.constant(Array.from({ length: BUCKETS }, (_, b) => b)),
    fc.uniqueArray(fc.nat(BUCKETS - 1), { maxLength: BUCKETS }),
  ),
  last: fc.integer({ min: 64, max: 2000 }),
})

let serial = 0

function act(r: Replica, op: string, value: unknown): void {
  const n = ++serial
  const put = (a: number, b: number) => {
    // A key's bucket is always the same, as a flow's is; some rows belong to none.
    const row = r.flows.insert(((a * 3 + b) % (BUCKETS + 1)) - 1, ...order(r, a, b))
    if (row === null) return
    row.x = n
    row.n = n / 4
    row.used = n % 11 === 0 ? 0 : r.clock.nowMs
  }
  switch (op) {
    case 'put': {
      const { a, b } = value as { a: number; b: number }
      put(a, b)
      break
    }
    case 'drop': {
      const { a, b } = value as { a: number; b: number }
      r.flows.remove(...order(r, a, b))
      break
    }
    case 'drop_next':
      // The row at which the walk stands.
      if (r.flows.$c.isLive(r.flows.$c.cursor)) r.flows.$drop(r.flows.$c.cursor)
      break
    case 'many':
      for (let k = 0; k < (value as number); k++) put(100 + ((n + k) % 150), 1)
      break
    case 'tick':
      break
    case 'clear':
      r.flows.clear()
      break
    case 'count':
      r.count.packets += 1
      r.count.bytes += value as number
      r.peak.rate = (r.peak.rate * 7 + (value as number)) % 101
      break
    case 'arp': {
      const row = r.arp.insert(-1, value as number)
      row.mac = Uint8Array.of(2, 0, 0, 0, n & 255, value as number, 0, 0)
      row.seen = r.clock.nowMs
      break
    }
    case 'unarp':
      r.arp.remove(value as number)
      break
    case 'hold':
      if (r.queue.length < r.queue.capacity) r.queue.push(packet(r.pool, (value as number) - 1, n))
      break
    case 'emit': {
      const p = r.queue.shift()
      if (p !== null) r.pool.free(p)
    }
  }
}

/** Version 3 has its key columns the other way round. */
function order(r: Replica, a: number, b: number): [number, number] {
  return r.flows.$c.layout.columns[0].name === 'a' ? [a, b] : [b, a]
}

for (const [what, fromVersion, toVersion, renamed] of [
  ['equal schema', 1, 1, false],
  ['one version up', 1, 2, false],
  ['two versions up, other column order', 1, 3, false],
  ['two versions down', 3, 1, false],
  ['a renamed element', 2, 2, true],
] as const)
  test(`the target ends with what the source has: ${what}`, (t) => {
    fc.assert(
      fc.property(run, (r) => {
        const from = replica({ version: fromVersion, nowMs: 1e6 })
        const to = replica({
          version: toVersion,
          nowMs: 5e12,
          element: renamed ? 'translator' : 'nat',
        })
        const both = (ms: number) => {
          for (const side of [from, to]) {
            side.clock.nowMs += ms
            while (side.store.sweep(side.clock.nowMs)) {}
          }
        }
        const step = (op: string, value: unknown) => {
          if (op === 'tick') both((value as number) + SWEEP_PASS_MS)
          else act(from, op, value)
        }
        for (const { op, value } of r.before) step(op, value)
        const plan = planOf(from, to, renamed ? { map: { nat: 'translator' } } : {})
        const source = new SnapshotSource(from.store, plan, r.buckets)
        const target = new SnapshotTarget(to.store, plan)
        const send = (chunk: ArrayBuffer | null) => {
          if (chunk !== null) target.apply(chunk, 0)
        }
        for (const { op, value } of r.during) {
          // A chunk stays open over slices; no longer than that, or ages would be out.
          if (op === 'tick') send(source.flush())
          if (op === 'chunk') send(source.next(value as number))
          else if (op === 'slice') send(source.next(512, value as number))
          else if (op === 'apply') target.resume(value as number)
          else step(op, value)
        }
        target.resume(1e9)
        const before = queued(from)
        finish(source, target, r.last)
        const all = r.buckets.length === BUCKETS
        const moves = (b: number) => (b < 0 ? all : r.buckets.includes(b))
        t.deepEqual(flowRows(to), flowRows(from, moves))
        t.deepEqual(arpRows(to), arpRows(from))
        t.is(to.peak.rate, from.peak.rate)
        t.is(to.count.packets, all ? from.count.packets : 0)
        t.is(to.count.bytes, all ? from.count.bytes : 0)
        t.deepEqual(queued(to), []) // elements that are at work must not take them yet
        target.commit()
        t.deepEqual(
          queued(to),
          before.filter((p) => moves(Number(p.split('|')[3]))),
        )
        t.is(source.pendingDeltas, 0)
        t.is(target.rowsRefused + target.packetsRefused, 0)
        afterwards(t, from, source, moves, before)
      }),
      { numRuns: 150 },
    )
  })

/** Half of the moves are undone, half are finished: the source has all, or the rest. */
function afterwards(
  t: { deepEqual(a: unknown, b: unknown): void; is(a: unknown, b: unknown): void },
  from: Replica,
  source: SnapshotSource,
  moves: (bucket: number) => boolean,
  before: string[],
): void {
  const rows = flowRows(from)
  const rest = flowRows(from, (b) => !moves(b))
  const free = from.pool.available
  if (rows.length % 2 === 0) {
    source.abort()
    t.deepEqual(flowRows(from), rows)
    const back = queued(from)
    for (const goes of [true, false]) {
      const fits = (p: string) => moves(Number(p.split('|')[3])) === goes
      t.deepEqual(back.filter(fits), before.filter(fits))
    }
    return
  }
  while (!source.forget(3)) {}
  t.deepEqual(flowRows(from), rest)
  const gone = before.filter((p) => moves(Number(p.split('|')[3]))).length
  t.is(from.pool.available, free + gone)
}

test('an undone move leaves the target as it was, and the source can move again', (t) => {
  fc.assert(
    fc.property(run, run, (first, second) => {
      const from = replica({ nowMs: 1e6 })
      const to = replica({ nowMs: 2e6 })
      const busy = first.buckets.length > 3 ? first.buckets.slice(3) : first.buckets
      for (const { op, value } of first.before) act(from, op, value)
      // The target has state of its own, in buckets that do not move.
      for (let k = 500; k < 540; k++) {
        const bucket = k % BUCKETS
        if (busy.includes(bucket)) continue
        to.flows.insert(bucket, k, 9).x = k
      }
      to.count.packets = 7
      to.arp.insert(-1, 77).seen = 5
      const image = () => [flowRows(to), arpRows(to), to.count.packets, to.peak.rate, queued(to)]
      const was = image()
      for (const [n, r] of [first, second].entries()) {
        const plan = planOf(from, to)
        const source = new SnapshotSource(from.store, plan, busy, { retire: true })
        const target = new SnapshotTarget(to.store, plan)
        for (const { op, value } of r.during) {
          if (op === 'chunk') {
            const chunk = source.next(value as number)
            if (chunk !== null) target.apply(chunk)
          } else if (!['apply', 'tick', 'slice'].includes(op)) act(from, op, value)
        }
        if (n === 0) finish(source, target)
        source.abort()
        target.discard()
        t.deepEqual(image(), was)
        t.is(to.pool.available, to.pool.frames)
      }
      const plan = planOf(from, to)
      const source = new SnapshotSource(from.store, plan, busy, { retire: true })
      const target = new SnapshotTarget(to.store, plan)
      finish(source, target)
      t.is(to.count.packets, 7 + from.count.packets)
      const moved = flowRows(from, (b) => b < 0 || busy.includes(b))
      t.deepEqual(flowRows(to), [...(was[0] as string[]), ...moved].sort())
      target.commit()
    }),
    { numRuns: 60 },
  )
})
