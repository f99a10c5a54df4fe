// The element of `make bench-stream`: a table with a rewriter's row (64 bytes of columns), which it
// fills when asked to, of which each packet uses a row at random where TOUCH is true. It also keeps
// how long the packet loop was away between one burst of packets and the next, in microseconds.
//
// Two versions: the second counts bytes and has a wider state column, as a new release would.

import { type TableDecl, table } from '../../../dataplane/declare.ts'
import { type AnyElement, arg, element } from '../../../dataplane/element.ts'

const BASE = {
  scope: 'flow',
  key: { saddr: 'i32', daddr: 'i32', sport: 'u16', dport: 'u16', proto: 'u8' },
  capacity: 'CAPACITY',
} as const
const ROW = {
  created: 'time',
  used: 'time',
  packets: 'f64',
  bytes: 'f64',
  to_saddr: 'i32',
  to_daddr: 'i32',
  to_sport: 'u16',
  to_dport: 'u16',
  state: 'u8',
} as const

const TABLES: Readonly<Record<1 | 2, TableDecl>> = {
  1: table({ ...BASE, version: 1, row: ROW }) as TableDecl,
  2: table({
    ...BASE,
    version: 2,
    row: { ...ROW, state: 'u16', mark: 'u32' },
    upgrade: { 1: (old) => ({ ...old, mark: 7 }) },
    downgrade: { 1: ({ mark: _mark, ...row }) => ({ ...row, state: Number(row.state) & 255 }) },
  }) as TableDecl,
}

/** Gaps up to this are told apart, in microseconds. */
const GAPS = 50_000
const BURST = 32

interface Meter {
  readonly gaps: Uint32Array
  readonly last: Float64Array
  touches: number
}

// biome-ignore lint/suspicious/noExplicitAny: a row of the tables above
type Flows = any

function insert(flows: Flows, k: number, nowMs: number): void {
  const row = flows.insert(k & 1023, Math.imul(k, 0x9e3779b1), 5, k & 65_535, 80, 6)
  row.created = nowMs
  row.used = nowMs
  row.packets = k
  row.to_saddr = k
  row.to_sport = k & 65_535
  row.state = k & 127
}

export function benchFlows(version: 1 | 2): AnyElement {
  return element({
    name: 'BenchFlows',
    ports: '1/1',
    config: { TOUCH: arg.bool(false), CAPACITY: arg.count(2_097_152), RANDOM: arg.bool(true) },
    counters: { count: 'packets' },
    state: { flows: TABLES[version] },
    local: 'a measurement',
    open(): Meter {
      return { gaps: new Uint32Array(GAPS + 1), last: new Float64Array(2), touches: 0 }
    },
    action(self, p) {
      const n = self.counters.count++
      const { resource: meter } = self
      if (n % BURST === 0) {
        const { last, gaps } = meter
        last[1] = performance.now()
        const us = Math.min(GAPS, (last[1]! - last[0]!) * 1000) | 0
        gaps[us] = gaps[us]! + 1
        last[0] = last[1]!
      }
      if (!self.config.TOUCH) return p
      const flows = self.state.flows as Flows
      const k = (Math.imul(n, 0x9e3779b1) >>> 8) % flows.size
      const row = flows.get(Math.imul(k, 0x9e3779b1), 5, k & 65_535, 80, 6)
      if (row === null) return p
      row.packets += 1
      row.used = self.router.nowMs
      return p
    },
    handlers: {
      /** Takes so many rows more. */
      fill: {
        write(self, value) {
          const flows = self.state.flows as Flows
          for (let k = 0, n = flows.size; k < Number(value); k++) insert(flows, n + k, 1e6)
        },
      },
      size: { read: (self) => String(self.state.flows.size) },
      /** What all rows say, as one number: equal where nothing was lost. */
      sum: {
        read(self) {
          let sum = 0
          self.state.flows.each((row: Flows) => {
            sum += row.packets + row.saddr + row.to_saddr + row.to_sport * 7 + row.state * 11
          })
          return String(sum)
        },
      },
      gaps: {
        read(self) {
          const found: [number, number][] = []
          self.resource.gaps.forEach((count, us) => {
            if (count > 0) found.push([us, count])
          })
          return JSON.stringify(found)
        },
      },
      reset_gaps: {
        button: true,
        write(self) {
          self.resource.gaps.fill(0)
          self.resource.last[0] = performance.now()
        },
      },
    },
  })
}
