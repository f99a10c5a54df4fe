// The index of a table, the list of changes and the memory below: what growth, collisions and removal
// leave behind.

import test from 'ava'
import { makeTable } from '../../../dataplane/table.ts'
import { ChangeQueue } from '../../../dataplane/table-changes.ts'
import { GROUP_LOG2, HashIndex, PAGE } from '../../../dataplane/table-index.ts'
import { CHANGES_BLOCK, INDEX_DEPTH_MAX, TABLE_GROWTH_BYTES } from '../../../lib/limits.ts'

const DECL = { key: { a: 'i32', b: 'u16' }, row: { n: 'f64', x: 'i32' } } as const
const CAPACITY = 6_000

/** Mulberry32. */
function generator(seed: number): (below: number) => number {
  let a = seed
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

/** What must hold of an index at any time; a text where it does not. */
function damage(x: HashIndex): string | null {
  const group = 1 << GROUP_LOG2
  let cells = 0
  for (let p = 0; p < x.pages; p++) {
    const page = x.cells.subarray(p * PAGE, (p + 1) * PAGE)
    const used = page.reduce((n, q) => n + (q === 0 ? 0 : 1), 0)
    if (used !== x.used[p]) return `page ${p}: ${used} cells, counted ${x.used[p]}`
    for (let g = 0; g < PAGE; g += group)
      for (let k = 1; k < group; k++)
        if (page[g + k] !== 0 && page[g + k - 1] === 0) return `page ${p}: a hole at ${g + k - 1}`
    cells += used
  }
  if (new Set(x.dir).size !== x.pages) return 'a page that the directory does not name'
  if (x.cells.subarray(x.pages * PAGE).some((q) => q !== 0)) return 'a cell beyond the last page'
  return cells >= 0 ? null : 'never'
}

for (const seed of [1, 2, 3])
  test(`grown, filled up, emptied and filled again, a table answers as a Map does: ${seed}`, (t) => {
    const random = generator(seed)
    const table = makeTable(DECL, CAPACITY, 8, seed)
    const model = new Map<number, number>()
    let refused = 0
    // Most are inserts, then most are removals, and again: past capacity and nearly to nothing.
    for (const [inserts, ops] of [
      [80, 14_000],
      [20, 9_000],
      [90, 12_000],
      [5, 12_000],
      [60, 9_000],
    ] as const) {
      for (let n = 0; n < ops; n++) {
        const key = random(9_000)
        const [a, b] = [Math.imul(key, 0x9e3779b1), key & 0xffff] as const
        if (random(100) < inserts) {
          const row = table.insert(key & 7, a, b)
          if (row === null) {
            if (model.size < CAPACITY || model.has(key)) return t.fail('refused too early')
            refused++
          } else {
            if (row.x !== (model.get(key) ?? 0)) return t.fail(`insert found another row: ${key}`)
            row.x = n
            model.set(key, n)
          }
        } else if (table.remove(a, b) !== model.delete(key)) return t.fail(`remove ${key}`)
      }
      for (let key = 0; key < 9_500; key++) {
        const row = table.get(Math.imul(key, 0x9e3779b1), key & 0xffff)
        if (row?.x !== model.get(key)) return t.fail(`get ${key}`)
      }
      t.is(damage(table.$x), null)
      t.is(
        table.$x.used.reduce((a, b) => a + b),
        table.size,
      )
    }
    t.is(table.full, refused)
    t.true(refused > 0 && table.$x.pages > 8)
    table.clear()
    t.is(table.get(0, 0), null)
    t.is(damage(table.$x), null)
    t.is(table.$x.pages, 1)
  })

test('a view goes on with rows that lie beyond the memory it was made over', (t) => {
  const table = makeTable(DECL, 100_000, 8, 1)
  table.insert(0, -1, 0)
  for (let k = 0; k < 80_000; k++) table.insert(0, k, 1)!.x = k
  let wrong = 0
  for (let k = 0; k < 80_000; k++)
    if (table.get(k, 1)!.x !== k || table.peek(k, 1)!.x !== k) wrong++
  t.is(wrong, 0)
  t.true(table.$c.bytes < 80_001 * table.$c.words * 4 + TABLE_GROWTH_BYTES)
})

test('hashes that agree in all that tells pages apart: full, never wrong or endless', (t) => {
  const x = new HashIndex(5_000, 5_000)
  const h = 0x12345678
  for (let r = 0; !x.isStuck(h); r++) x.put(h, x.cellOf(h, r))
  t.is(x.used[x.dir[h & x.dirMask]!], PAGE - 1)
  let splits = 0
  for (let n = x.take(h); n > 0; n = x.take(h)) {
    for (let k = 0; k < n; k++) x.put(h, x.spill[k]!)
    splits++
  }
  t.true(x.isStuck(h))
  t.true(splits <= INDEX_DEPTH_MAX)
  t.is(damage(x), null)
})

test('the list of changes is first in, first out, over blocks that come and go', (t) => {
  const list = new ChangeQueue()
  const random = generator(7)
  const model: number[] = []
  let wrong = 0
  for (let n = 0; n < 60_000; n++) {
    // Grows for a while, shrinks to nothing, and again.
    const grows = Math.floor(n / 15_000) % 2 === 0
    if (random(10) < (grows ? 8 : 1)) {
      list.push(n)
      model.push(n)
    } else {
      if (list.first() !== (model[0] ?? -1)) wrong++
      list.shift()
      model.shift()
    }
    if (list.length !== model.length) wrong++
  }
  t.is(wrong, 0)
  while (list.length > 0) list.shift()
  t.is(list.first(), -1)
  t.is(list.bytes, CHANGES_BLOCK * 4)
})
