// Expiry: what goes when, who is asked, and how much one call does.

import test from 'ava'
import { table } from '../../../dataplane/declare.ts'
import { Pool } from '../../../dataplane/packet.ts'
import { StateStore } from '../../../dataplane/state.ts'
import { SWEEP_PASS_MS, SWEEP_ROWS } from '../../../lib/limits.ts'

const base = {
  version: 1,
  scope: 'flow',
  key: { k: 'i32' },
  row: { used: 'time', hold: 'u8' },
  capacity: 10_000,
} as const

function setUp(decl: ReturnType<typeof table>, idleSeconds: number | null, self: unknown = null) {
  const clock = { nowMs: 1_000_000 }
  const store = new StateStore({ bucketsLog2: 4, clock, pool: new Pool(4) })
  // biome-ignore lint/suspicious/noExplicitAny: rows of whatever the test declares
  const tab = store.instantiate('e', 'E', 't', decl, 10_000, idleSeconds, () => self) as any
  const sweepAll = () => {
    clock.nowMs += SWEEP_PASS_MS
    while (store.sweep(clock.nowMs)) {}
  }
  const add = (k: number, hold = 0) => {
    const row = tab.insert(0, k)
    row.used = clock.nowMs
    row.hold = hold
  }
  return { clock, store, tab, sweepAll, add }
}

test('an idle row goes, a used one stays', (t) => {
  const { clock, tab, sweepAll, add } = setUp(
    table({ ...base, expire: { idle: 'used', after: 60 } }),
    60,
  )
  add(1)
  add(2)
  clock.nowMs += 59_000
  sweepAll()
  t.is(tab.size, 2)
  tab.get(2).used = clock.nowMs
  clock.nowMs += 1_000
  sweepAll()
  t.deepEqual([tab.get(1), tab.get(2)?.k, tab.expired], [null, 2, 1])
})

test('keep and afterOf are asked with self and the row', (t) => {
  const self = { name: 'me' }
  const { clock, tab, sweepAll, add } = setUp(
    table({
      ...base,
      expire: {
        idle: 'used',
        after: 60,
        keep: (s, row) => s === self && row.hold === 1,
        afterOf: (s, row) => (s === self && row.k === 3 ? 600 : 60),
      },
    }),
    60,
    self,
  )
  add(1)
  add(2, 1)
  add(3)
  clock.nowMs += 100_000
  sweepAll()
  t.deepEqual([tab.get(1), tab.get(2)?.k, tab.get(3)?.k], [null, 2, 3])
  clock.nowMs += 600_000
  sweepAll()
  t.is(tab.get(3), null)
})

for (const idle of [null, 0])
  test(`idle time ${idle}: rows never go by themselves`, (t) => {
    const { clock, tab, sweepAll, add } = setUp(
      table({ ...base, expire: { idle: 'used', after: 60 } }),
      idle,
    )
    add(1)
    clock.nowMs += 1e9
    sweepAll()
    t.is(tab.size, 1)
  })

test('a call looks at a bounded number of rows, and a pass ends', (t) => {
  const { clock, store, tab, add } = setUp(
    table({ ...base, expire: { idle: 'used', after: 60 } }),
    60,
  )
  for (let k = 0; k < 3 * SWEEP_ROWS; k++) add(k)
  clock.nowMs += 60_000
  t.true(store.sweep(clock.nowMs))
  t.is(tab.size, 2 * SWEEP_ROWS)
  store.sweep(clock.nowMs)
  t.false(store.sweep(clock.nowMs))
  t.is(tab.size, 0)
  add(1)
  t.false(store.sweep(clock.nowMs), 'the next pass is not due yet')
})

test('keep may remove the row that it is asked about', (t) => {
  let tab: { remove(k: number): boolean } | null = null
  const s = setUp(
    table({
      ...base,
      expire: {
        idle: 'used',
        after: 60,
        keep: (_self, row) => !tab!.remove(row.k),
      },
    }),
    60,
  )
  tab = s.tab
  s.add(1)
  s.clock.nowMs += 60_000
  s.sweepAll()
  t.deepEqual([s.tab.size, s.tab.expired], [0, 0])
})

test('held while state comes in', (t) => {
  const { clock, store, tab, sweepAll, add } = setUp(
    table({ ...base, expire: { idle: 'used', after: 60 } }),
    60,
  )
  add(1)
  clock.nowMs += 60_000
  store.holdExpiry()
  sweepAll()
  t.is(tab.size, 1)
  store.releaseExpiry()
  sweepAll()
  t.is(tab.size, 0)
})

test('an idle column that is no time is refused', (t) => {
  t.throws(() => setUp(table({ ...base, expire: { idle: 'hold', after: 60 } }), 60))
})
