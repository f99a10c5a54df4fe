// A table against a Map: any run of operations gives the same answers.

import test from 'ava'
import fc from 'fast-check'
import { table } from '../../dataplane/declare.ts'
import { Pool } from '../../dataplane/packet.ts'
import { StateStore } from '../../dataplane/state.ts'
import { SWEEP_PASS_MS } from '../../lib/limits.ts'

const DECL = table({
  version: 1,
  scope: 'flow',
  key: { a: 'u32', b: 'u16', c: 'u8' },
  row: { n: 'f64', used: 'time', x: 'i32' },
  capacity: 0,
  expire: { idle: 'used', after: 10 },
})

interface Model {
  n: number
  used: number
  x: number
  bucket: number
}

// Few keys that differ in all parts, so that runs meet the same one again.
const key = fc.record({
  a: fc.oneof(fc.nat(40), fc.integer({ min: 0xfffffff0, max: 0xffffffff })),
  b: fc.constantFrom(0, 1, 65535),
  c: fc.constantFrom(0, 255),
})
const op = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('insert' as const), key, n: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('remove' as const), key, n: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('get' as const), key, n: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pass' as const), key, n: fc.nat(12_000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('many' as const), key, n: fc.nat(300) }) },
)
const rare = fc.record({ op: fc.constant('clear' as const), key, n: fc.nat() })

test('any run of operations: a table answers as a Map does', (t) => {
  const runs = fc.array(fc.oneof({ weight: 40, arbitrary: op }, { weight: 1, arbitrary: rare }), {
    maxLength: 120,
  })
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 400 }), fc.integer(), (ops, capacity, seed) => {
      const clock = { nowMs: 5_000 }
      const store = new StateStore({ bucketsLog2: 3, clock, pool: new Pool(1), seed })
      // biome-ignore lint/suspicious/noExplicitAny: rows of DECL
      const tab = store.instantiate('e', 'E', 't', DECL, capacity, 10, () => null) as any
      const model = new Map<string, Model>()
      let full = 0
      let expired = 0
      const id = (a: number, b: number, c: number) => `${a},${b},${c}`
      const insert = (a: number, b: number, c: number, n: number) => {
        const row = tab.insert(n & 7, a, b, c)
        const known = model.get(id(a, b, c))
        if (known === undefined && model.size === capacity) {
          full++
          if (row !== null) throw new Error('insert beyond capacity')
          return
        }
        if (row.x !== (known?.x ?? 0)) throw new Error('insert found another row')
        row.x = n | 0
        row.n = n / 2
        row.used = clock.nowMs
        model.set(id(a, b, c), {
          x: n | 0,
          n: n / 2,
          used: clock.nowMs,
          bucket: known?.bucket ?? n & 7,
        })
      }
      for (const o of ops) {
        const { a, b, c } = o.key
        switch (o.op) {
          case 'insert':
            insert(a, b, c, o.n)
            break
          case 'many':
            for (let k = 0; k < o.n; k++) insert((a + k * 7919) >>> 0, b, c, o.n + k)
            break
          case 'remove':
            if (tab.remove(a, b, c) !== model.delete(id(a, b, c))) throw new Error('remove')
            break
          case 'get':
            if (tab.get(a, b, c)?.x !== model.get(id(a, b, c))?.x) throw new Error('get')
            break
          case 'pass': {
            clock.nowMs += o.n + SWEEP_PASS_MS
            while (store.sweep(clock.nowMs)) {}
            for (const [k, m] of model)
              if (clock.nowMs - m.used >= 10_000) {
                model.delete(k)
                expired++
              }
            break
          }
          case 'clear':
            tab.clear()
            model.clear()
        }
      }
      const rows = new Map<string, Model>()
      // biome-ignore lint/suspicious/noExplicitAny: rows of DECL
      tab.each((r: any) => {
        const bucket = tab.$c.bucketOf(r.$r)
        rows.set(id(r.a, r.b, r.c), { x: r.x, n: r.n, used: r.used, bucket })
      })
      t.deepEqual([...rows].sort(), [...model].sort())
      t.deepEqual([tab.size, tab.full, tab.expired], [model.size, full, expired])
    }),
    { numRuns: 300 },
  )
})
