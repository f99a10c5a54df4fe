// Tables, cells and queues as elements use them.

import test from 'ava'
import { cell, table } from '../../../dataplane/declare.ts'
import { Fifo } from '../../../dataplane/fifo.ts'
import { Pool } from '../../../dataplane/packet.ts'
import { makeCell, makeTable } from '../../../dataplane/table.ts'
import { layoutOf } from '../../../dataplane/table-layout.ts'

const FLOWS = table({
  version: 1,
  scope: 'flow',
  key: { saddr: 'i32', daddr: 'u32', sport: 'u16', dport: 'u16', proto: 'u8' },
  row: { small: 'u8', short: 'u16', word: 'u32', sum: 'f64', used: 'time', mac: 'bytes8' },
  capacity: 100,
})
const flows = (capacity: number, buckets = 16) => makeTable(FLOWS, capacity, buckets, 7)

test('a row is found by its key, in the form in which the key was given', (t) => {
  const tab = flows(10)
  const row = tab.insert(3, -1, 0xc0a80001, 65535, 80, 6)!
  t.is(row.saddr, -1)
  t.is(row.daddr, 0xc0a80001)
  t.is(row.sport, 65535)
  t.is(row.proto, 6)
  t.truthy(tab.get(0xffffffff, 0xc0a80001 | 0, 65535, 80, 6), 'int32 and uint32 are one key')
  t.is(tab.get(-1, 0xc0a80001, 65535, 80, 17), null)
  t.is(tab.get(-1, 0xc0a80001, 80, 65535, 6), null)
})

test('columns hold the full range of their types', (t) => {
  const tab = flows(10)
  const row = tab.insert(0, 1, 2, 3, 4, 5)!
  row.small = 255
  row.short = 65535
  row.word = 0xffffffff
  row.sum = 2 ** 53
  row.used = 1.7e12 + 0.5
  row.mac = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const again = tab.get(1, 2, 3, 4, 5)!
  t.deepEqual(
    [again.small, again.short, again.word, again.sum, again.used, [...again.mac]],
    [255, 65535, 0xffffffff, 2 ** 53, 1.7e12 + 0.5, [1, 2, 3, 4, 5, 6, 7, 8]],
  )
})

test('a new row is zero, also where a removed one lay', (t) => {
  const tab = flows(1)
  const row = tab.insert(0, 1, 2, 3, 4, 5)!
  row.sum = 9
  row.mac = new Uint8Array(8).fill(9)
  t.true(tab.remove(1, 2, 3, 4, 5))
  t.false(tab.remove(1, 2, 3, 4, 5))
  const next = tab.insert(0, 6, 7, 8, 9, 10)!
  t.is(next.sum, 0)
  t.deepEqual([...next.mac], [0, 0, 0, 0, 0, 0, 0, 0])
})

test('get and peek show two rows at a time; a key column cannot be assigned', (t) => {
  const tab = flows(10)
  tab.insert(0, 1, 0, 0, 0, 0)!.word = 1
  tab.insert(0, 2, 0, 0, 0, 0)!.word = 2
  const a = tab.get(1, 0, 0, 0, 0)!
  const b = tab.peek(2, 0, 0, 0, 0)!
  t.deepEqual([a.word, b.word], [1, 2])
  t.throws(() => {
    a.saddr = 5
  })
})

test('at capacity insert says null and counts; a known key is still found', (t) => {
  const tab = flows(2)
  tab.insert(0, 1, 0, 0, 0, 0)
  tab.insert(0, 2, 0, 0, 0, 0)
  t.is(tab.insert(0, 3, 0, 0, 0, 0), null)
  t.truthy(tab.insert(0, 2, 0, 0, 0, 0))
  t.deepEqual([tab.size, tab.capacity, tab.full], [2, 2, 1])
  tab.remove(1, 0, 0, 0, 0)
  t.truthy(tab.insert(0, 3, 0, 0, 0, 0))
})

test('f64 keys: fractions, large integers, zeroes and NaN', (t) => {
  const tab = makeTable({ key: { k: 'f64' }, row: { v: 'i32' } }, 10, 0, 1)
  for (const [n, k] of [0.5, 2 ** 52 + 1, -3, 1e300].entries()) tab.insert(0, k)!.v = n
  t.deepEqual(
    [0.5, 2 ** 52 + 1, -3, 1e300].map((k) => tab.get(k)?.v),
    [0, 1, 2, 3],
  )
  tab.insert(0, Number.NaN)!.v = 7
  t.is(tab.get(-0)?.v, 7)
  t.is(tab.size, 5)
})

test('growth over segments and several sizes of the index loses nothing', (t) => {
  const n = 70_000
  const tab = flows(n)
  for (let k = 0; k < n; k++) tab.insert(k & 15, k, ~k, k, 80, 6)!.word = k
  for (let k = 0; k < n; k += 2) t.true(tab.remove(k, ~k, k, 80, 6) || t.fail(`${k}`) === undefined)
  let wrong = 0
  for (let k = 0; k < n; k++) {
    const row = tab.get(k, ~k, k, 80, 6)
    if (k % 2 === 0 ? row !== null : row?.word !== k) wrong++
  }
  t.is(wrong, 0)
  t.is(tab.size, n / 2)
})

test('each visits every row once, and may remove and look up', (t) => {
  const tab = flows(100)
  for (let k = 0; k < 50; k++) tab.insert(0, k, 0, 0, 0, 0)
  const seen: number[] = []
  tab.each((row) => {
    seen.push(row.saddr)
    tab.get(0, 0, 0, 0, 0)
    if (row.saddr % 2 === 1) tab.remove(row.saddr, 0, 0, 0, 0)
  })
  t.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, k) => k),
  )
  t.is(tab.size, 25)
  tab.clear()
  t.is(tab.size, 0)
  tab.each(() => t.fail())
})

test('a cell is there from the start, zero, and keeps what it is given', (t) => {
  const c = makeCell(
    cell({ version: 1, scope: 'local', reason: 'test', row: { n: 'f64', m: 'u8' } }),
  )
  t.deepEqual([c.n, c.m], [0, 0])
  c.n += 5
  c.m = 7
  t.deepEqual([c.n, c.m], [5, 7])
})

test('a table of a layout shares its class, so that element code stays monomorphic', (t) => {
  t.is(Object.getPrototypeOf(flows(1)), Object.getPrototypeOf(flows(2)))
})

test('layout: 8-byte columns are aligned, keys have words of their own, nothing overlaps', (t) => {
  const l = layoutOf(
    { a: 'u8', b: 'u16', c: 'i32', d: 'f64' },
    { e: 'u8', f: 'time', g: 'bytes12', h: 'u16' },
  )
  const taken = new Set<number>()
  for (const c of l.columns) {
    const align = c.type === 'bytes12' ? 4 : c.bytes
    t.is(c.offset % align, 0, c.name)
    for (let n = c.offset; n < c.offset + c.bytes; n++) {
      t.false(taken.has(n), c.name)
      taken.add(n)
    }
    t.true(c.offset + c.bytes <= l.dataWords * 4)
  }
  t.is(l.words % 2, 0)
  t.true(l.dataWords < l.words, "the last word is no column's")
  for (const w of l.keyWords)
    for (const c of l.columns) if (!c.key) t.not(c.offset >>> 2, w.at, `${c.name} in a key's word`)
})

for (const [name, key, row] of [
  ['a time as key', { k: 'time' }, {}],
  ['bytes as key', { k: 'bytes8' }, {}],
  ['a length that is no multiple of 4', { k: 'i32' }, { m: 'bytes6' }],
  ['an unknown type', { k: 'i32' }, { m: 'u64' }],
  ['a name twice', { k: 'i32' }, { k: 'u8' }],
  ['a name that is none', { k: 'i32' }, { 'a b': 'u8' }],
  ['a name that objects have', { k: 'i32' }, { constructor: 'u8' }],
  ['no key', {}, { a: 'u8' }],
] as const)
  test(`a declaration is refused: ${name}`, (t) => {
    t.throws(() => makeTable({ key, row } as never, 1, 0, 0))
  })

test('fifo: order, both ends, capacity, extraction', (t) => {
  const pool = new Pool(64)
  const all = Array.from({ length: 40 }, () => pool.alloc()!)
  const q = new Fifo(39)
  for (const p of all.slice(1)) t.true(q.push(p))
  t.false(q.unshift(all[0]!))
  t.is(q.shift(), all[1]!)
  t.true(q.unshift(all[0]!))
  t.is(q.peek(), all[0]!)
  const out: unknown[] = []
  let n = 0
  q.extract((p) => {
    if (n++ % 2 === 0) return false
    out.push(p)
    return true
  })
  t.is(out.length, 19)
  t.is(q.length, 20)
  t.is(out[0], all[2]!)
  const rest = []
  for (let p = q.shift(); p !== null; p = q.shift()) rest.push(p)
  t.is(rest[0], all[0]!)
  t.deepEqual(
    rest,
    [all[0]!, ...all.slice(2)].filter((_, k) => k % 2 === 0),
  )
  t.is(q.peek(), null)
})
