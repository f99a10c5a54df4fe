// Large filters: run from a table with searches in it, they say what the same rules say one by one.

import test from 'ava'
import fc from 'fast-check'
import { parseFilter } from '../../../../elements/lib/ip-filter.ts'
import { compileRules, type Expr, type Program } from '../../../../elements/lib/program.ts'
import { interpreter } from '../../../../elements/lib/program-code.ts'
import { findRuns } from '../../../../elements/lib/program-search.ts'
import { tableMatcher } from '../../../../elements/lib/program-table.ts'
import { ipPacket } from './packets.ts'

const self = () => ({ counters: { unmatched: 0 } })

function parse(pattern: string): Expr {
  return parseFilter(pattern, { lookup: () => null }, (message) => {
    throw new Error(`${pattern}: ${message}`)
  })
}

function programOf(patterns: readonly string[]): Program {
  const rules = patterns.map((text, output) => ({ expr: parse(text), output }))
  return compileRules(rules, () => {})
}

const octet = fc.constantFrom(0, 1, 2, 3, 127, 128, 255)
const address = fc.tuple(fc.constantFrom(0, 10, 128, 255), octet, octet, octet)
const net = fc
  .tuple(address, fc.constantFrom(8, 12, 16, 20, 24, 30, 32))
  .map(([parts, bits]) => `src net ${parts.join('.')}/${bits}`)
const port = fc.constantFrom(0, 22, 53, 80, 65_535).map((n) => `dst port ${n}`)
const kind = fc.constantFrom('tcp', 'udp', 'not tcp', 'src port > 1023', 'ip ttl < 3')
const rule = fc.oneof(
  { weight: 16, arbitrary: net },
  { weight: 3, arbitrary: fc.tuple(net, port).map((p) => p.join(' and ')) },
  { weight: 2, arbitrary: fc.tuple(port, kind).map((p) => p.join(' and ')) },
  { weight: 1, arbitrary: fc.tuple(net, kind, port).map((p) => p.join(' or ')) },
)
const packet = fc.record({
  src: address.map((parts) => parts.join('.')),
  proto: fc.constantFrom(1, 6, 17),
  sport: fc.constantFrom(80, 1024),
  dport: fc.constantFrom(0, 22, 53, 80, 65_535),
  ttl: fc.constantFrom(1, 64),
  length: fc.constantFrom(0, 13, 19, 20, 22, 24, 60),
})

test('a table says what the steps say', (t) => {
  let runs = 0
  const rules = fc.array(rule, { minLength: 1, maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(rules, fc.array(packet, { minLength: 1, maxLength: 20 }), (patterns, packets) => {
      const program = programOf(patterns)
      runs += findRuns(program).length
      const table = tableMatcher(program, 'headers', patterns.length, 'unmatched')
      const steps = interpreter(program, 'headers', patterns.length, 'unmatched')
      for (const fields of packets) {
        const p = ipPacket(fields)
        p.end = Math.min(p.end, p.net + fields.length)
        t.is(table(self(), p, 0), steps(self(), p, 0), patterns.join(', '))
      }
    }),
    { numRuns: 600 },
  )
  t.true(runs > 100, 'searches were among them')
})

test('networks that are asked one after the other become one search, whatever their length', (t) => {
  const nets = [
    '10.1.0.0/16',
    '10.2.3.0/24',
    '10.0.0.0/8',
    '192.168.0.0/24',
    '255.255.255.255',
    '172.16.0.0/12',
  ]
  const [run, ...more] = findRuns(programOf(nets.map((n) => `src net ${n}`)))
  t.deepEqual(more, [])
  t.is(run!.members.length, 6)
  t.is(run!.shift, 0)
  // Of 10.1.0.0 on: the first and the third.
  t.deepEqual(run!.matches[run!.bounds.indexOf((0x0a010000 ^ 0x80000000) | 0) + 1], [0, 2])
})

test('a thousand rules: the first that matches', (t) => {
  const rules = Array.from(
    { length: 1000 },
    (_, i) => `src net 10.${i >> 2}.0.0/16 and dst port ${i & 3}`,
  )
  const program = programOf([...rules, 'all'])
  const table = tableMatcher(program, 'headers', 1001, 'unmatched')
  for (let i = 0; i < 1000; i += 7) {
    const p = ipPacket({ src: `10.${i >> 2}.9.9`, dport: i & 3 })
    t.is(table(self(), p, 0), i)
  }
  t.is(table(self(), ipPacket({ src: '11.0.0.1', dport: 0 }), 0), 1000)
  t.is(table(self(), ipPacket({ src: '10.1.0.1', dport: 4 }), 0), 1000)
})
