// Ports that hash home: classes of a range, and the equation that they solve.

import test from 'ava'
import fc from 'fast-check'
import {
  classStart,
  fits,
  fittingClass,
  homeOf,
  portTable,
} from '../../../../elements/lib/rewriter-ports.ts'

const addr = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const port = fc.integer({ min: 1, max: 65535 })

test('a class is a run of the table; all classes together are the range', (t) => {
  for (const [low, high] of [
    [1024, 65535],
    [1, 65535],
    [5000, 5003],
    [0, 10],
  ] as const) {
    const table = portTable(low, high)
    for (const log2 of [0, 1, 5, 10, 16]) {
      let seen = 0
      for (let wanted = 0; wanted < 2 ** log2; wanted++) {
        const end = classStart(table, wanted + 1, log2)
        for (let i = classStart(table, wanted, log2); i < end; i++, seen++)
          if (!fits(table.ports[i]!, wanted, log2)) t.fail(`${table.ports[i]} at 2^${log2}`)
      }
      t.is(seen, high - Math.max(low, 1) + 1)
    }
  }
})

test('all ports: every class has 65,536/B of them, less port 0', (t) => {
  const table = portTable(1, 65535)
  for (let wanted = 0; wanted < 1024; wanted++) {
    const count = classStart(table, wanted + 1, 10) - classStart(table, wanted, 10)
    t.true(count === 64 || (count === 63 && fits(0, wanted, 10)))
  }
})

test('a fitting port brings replies home, whatever the remote end', (t) => {
  const table = portTable(1024, 65535)
  fc.assert(
    fc.property(addr, port, addr, port, addr, fc.nat(1000), (s, sp, d, dp, e, pick) => {
      for (const log2 of [0, 1, 8, 10]) {
        const bucket = homeOf(s, d, sp, dp, log2)
        const wanted = fittingClass(bucket, e, d, dp, log2)
        const first = classStart(table, wanted, log2)
        const count = classStart(table, wanted + 1, log2) - first
        const chosen = table.ports[first + (pick % count)]!
        t.is(homeOf(d, e, dp, chosen, log2), bucket)
        // The same for another remote end.
        t.is(
          homeOf(d ^ 0x1234567, e, dp ^ 99, chosen, log2),
          homeOf(s, d ^ 0x1234567, sp, dp ^ 99, log2),
        )
      }
    }),
  )
})
