// A chunk is in or it is not: whatever is cut or garbled is refused, and nothing of it is applied.

import { crc32 } from 'node:zlib'
import test from 'ava'
import { SnapshotSource } from '../../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../../dataplane/state-target.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { arpRows, FLOWS, finish, flowRows, packet, planOf, queued, replica } from './fixture.ts'

const ALL = [0, 1, 2, 3, 4, 5, 6, 7]

/** A chunk with rows of all kinds, one of held packets, and a target for them. */
function setUp(version = 1) {
  const from = replica({ nowMs: 1e6 })
  for (let k = 0; k < 6; k++) from.flows.insert(k, k, 1).x = k
  from.arp.insert(-1, 5).seen = 7
  from.count.packets = 3
  for (let k = 0; k < 3; k++) from.queue.push(packet(from.pool, k, k))
  const to = replica({ version, nowMs: 2e6 })
  const plan = planOf(from, to)
  const source = new SnapshotSource(from.store, plan, ALL)
  const rows = source.next(65_536)!
  const packets = source.finish(65_536)!
  const target = new SnapshotTarget(to.store, plan)
  const image = () =>
    JSON.stringify([flowRows(to), arpRows(to), to.count.packets, queued(to), to.pool.available])
  return { rows, packets, target, to, image, plan }
}

const code = (of: () => void) => {
  try {
    of()
    return 'taken'
  } catch (e) {
    return e instanceof ClickUpError ? e.code : String(e)
  }
}

for (const which of ['rows', 'packets'] as const) {
  test(`cut at every byte: refused, nothing applied (${which})`, (t) => {
    const s = setUp(2)
    const was = s.image()
    for (let n = 0; n < s[which].byteLength; n++)
      if (code(() => s.target.apply(s[which].slice(0, n))) !== 'PROTOCOL') t.fail(`cut at ${n}`)
    t.is(s.image(), was)
    s.target.apply(s[which])
    t.not(s.image(), was)
  })

  test(`every bit flipped: refused, nothing applied (${which})`, (t) => {
    const s = setUp(2)
    const was = s.image()
    for (let bit = 0; bit < s[which].byteLength * 8; bit++) {
      const bad = s[which].slice(0)
      const bytes = new Uint8Array(bad)
      bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
      if (code(() => s.target.apply(bad)) !== 'PROTOCOL') t.fail(`bit ${bit}`)
    }
    t.is(s.image(), was)
  })

  test(`any word set to anything, the checksum right: refused or taken, never a crash (${which})`, (t) => {
    const { rows, packets } = setUp()
    const chunk = { rows, packets }[which]
    for (let w = 0; w < chunk.byteLength / 4; w++)
      for (const value of [-1, 0, 1, 2, 255, 0x7fffffff, -0x80000000, 1 << 16, 4096]) {
        const s = setUp()
        const bad = chunk.slice(0)
        const words = new Int32Array(bad)
        words[w] = value
        words[3] = 0
        words[3] = crc32(new Uint8Array(bad))
        const got = code(() => s.target.apply(bad))
        if (got !== 'PROTOCOL' && got !== 'taken') t.fail(`word ${w} = ${value}: ${got}`)
        s.target.discard()
        if (s.to.flows.size + s.to.arp.size + s.to.queue.length !== 0)
          t.fail(`word ${w}: left over`)
      }
    t.pass()
  })
}

test('a chunk of another plan is refused', (t) => {
  const a = setUp()
  const b = setUp()
  const other = new SnapshotTarget(replica({ version: 1 }).store, { entries: [], discarded: [] })
  t.is(
    code(() => other.apply(a.rows)),
    'PROTOCOL',
  )
  t.is(
    code(() => b.target.apply(a.rows)),
    'taken',
  )
})

test('rows of another schema are refused, also where their length is right', (t) => {
  const s = setUp()
  const to = replica({ version: 2 })
  const target = new SnapshotTarget(to.store, planOf(replica({ version: 2 }), to))
  t.is(
    code(() => target.apply(s.rows)),
    'PROTOCOL',
  )
  t.is(to.flows.size, 0)
})

test('an upgrade step that fails is named, and nothing of its chunk is applied', (t) => {
  const to = replica({ flows: { ...FLOWS[2]!, upgrade: { 1: () => ({ a: 1 }) } } })
  const from = replica()
  from.flows.insert(1, 1, 1)
  from.count.packets = 3
  const plan = planOf(from, to)
  const chunk = new SnapshotSource(from.store, plan, ALL).next(65_536)!
  const target = new SnapshotTarget(to.store, plan)
  const error = t.throws(() => target.apply(chunk)) as ClickUpError
  t.is(error.code, 'INCOMPATIBLE')
  t.regex(
    error.message,
    /nat\.flows: a row of version 1 could not be made one of version 2: column b/,
  )
  t.deepEqual([to.flows.size, to.count.packets], [0, 0])
})

test('a table that is too small at the target refuses rows, and counts them', (t) => {
  const from = replica()
  for (let k = 0; k < 20; k++) from.flows.insert(0, k, 1)
  const to = replica({ capacity: 15 })
  const plan = planOf(from, to)
  const source = new SnapshotSource(from.store, plan, ALL)
  const target = new SnapshotTarget(to.store, plan)
  finish(source, target)
  t.deepEqual([to.flows.size, target.rowsRefused], [15, 5])
})

test('packets beyond the pool or the queue are refused, counted, and not leaked', (t) => {
  const from = replica()
  for (let k = 0; k < 10; k++) from.queue.push(packet(from.pool, 1, k))
  const to = replica()
  for (let k = 0; k < 60; k++) to.queue.push(packet(to.pool, 1, 100 + k))
  const plan = planOf(from, to)
  const target = new SnapshotTarget(to.store, plan)
  finish(new SnapshotSource(from.store, plan, ALL), target)
  t.deepEqual([target.packetsApplied, target.packetsRefused], [4, 6])
  t.is(to.pool.available, to.pool.frames - 64)
  target.discard()
  t.is(to.queue.length, 60)
  t.is(to.pool.available, to.pool.frames - 60)
})

test('a source that is told of more removals than it can keep ends the move, not the table', (t) => {
  const from = replica({ capacity: 10 })
  const to = replica()
  for (let k = 0; k < 10; k++) from.flows.insert(0, k, 1)
  const source = new SnapshotSource(from.store, planOf(from, to), ALL)
  while (!source.snapshotDone) source.next(65_536)
  for (let k = 10; k < 10_000; k++) {
    from.flows.remove(k - 10, 1)
    t.truthy(from.flows.insert(0, k, 1))
  }
  t.is(
    code(() => source.next(65_536)),
    'LIMIT',
  )
  t.is(
    code(() => source.finish(65_536)),
    'LIMIT',
  )
  source.abort()
  t.is(source.finish(65_536), null)
  t.is(from.flows.size, 10)
})

test('a jumbo packet travels in a chunk of its own', (t) => {
  const from = replica()
  const p = from.pool.allocLength(9000)!
  p.bucket = 2
  p.mem.fill(7, p.off, p.end)
  from.queue.push(p)
  const to = replica()
  const plan = planOf(from, to)
  const target = new SnapshotTarget(to.store, plan)
  finish(new SnapshotSource(from.store, plan, ALL), target, 1024)
  target.commit()
  const q = to.queue.peek()!
  t.deepEqual([q.length, q.mem[q.off], q.mem[q.end - 1], q.bucket], [9000, 7, 7, 2])
})

test('one move of a store at a time', (t) => {
  const from = replica()
  const plan = planOf(from, replica())
  const first = new SnapshotSource(from.store, plan, [0])
  t.throws(() => new SnapshotSource(from.store, plan, [1]))
  first.abort()
  t.notThrows(() => new SnapshotSource(from.store, plan, [1]))
})

test('a smaller queue keeps what a move hands it, in order, until that has gone', (t) => {
  const from = replica()
  for (let k = 0; k < 30; k++) from.queue.push(packet(from.pool, 1, k))
  const to = replica({ queue: 10 })
  const before = queued(from)
  const plan = planOf(from, to, { sizes: { 'nat.queue': 30 } })
  const target = new SnapshotTarget(to.store, plan, { beyond: true })
  finish(new SnapshotSource(from.store, plan, ALL), target)
  target.commit()
  t.is(target.packetsRefused, 0)
  t.deepEqual(queued(to), before)
  t.false(to.queue.push(packet(to.pool, 1, 99)))
})
