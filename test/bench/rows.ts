// The rows of `make bench`: a configuration, and what its variables stand for. Everything is made
// from one seed, so that each contender and each run gets the same packets, rules and routes.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Row {
  readonly name: string
  readonly file: string
  /** Packets of the two runs whose difference counts. The first is enough to warm up. */
  readonly few?: number
  readonly many?: number
  /** Makes what the configuration reads; returns its variables. */
  readonly make?: (folder: string) => Readonly<Record<string, string>>
}

const SEED = 20_181_118
/** Packets that go round at least: a burst. */
const PACKETS_MIN = 32
const DUMP_HEAD = '!data ip_src sport ip_dst dport ip_proto payload_len'

export const ROWS: readonly Row[] = [
  { name: 'source, counter, discard', file: 'source.click', many: 10_500_000 },
  { name: 'IP forward chain', file: 'forward.click', many: 8_500_000 },
  { name: 'IP router, 4 networks', file: 'router.click' },
  ...[10, 100, 1_000].map((rules) => ({
    name: `IPFilter, ${rules} rules`,
    file: 'filter.click',
    make: (folder: string) => ({ FLOWS: randomFlows(folder), RULES: randomRules(rules) }),
  })),
  { name: 'IPClassifier, 20 patterns', file: 'classify.click', make: serviceFlows },
  {
    name: 'RadixIPLookup, 1,000 routes',
    file: 'lookup.click',
    make: () => ({ ROUTES: randomRoutes(1_000) }),
  },
  {
    name: 'RadixIPLookup, 500,000 routes',
    file: 'lookup.click',
    few: 2_000_000,
    many: 10_000_000,
    make: () => ({ ROUTES: randomRoutes(500_000) }),
  },
  { name: 'IPRewriter, 1 flow', file: 'nat.click', make: (folder) => natFlows(folder, 1) },
  {
    name: 'IPRewriter, 10,000 flows, as many packets held',
    file: 'nat.click',
    make: (folder) => natFlows(folder, 10_000),
  },
  {
    name: 'IPRewriter, 10,000 flows at random',
    file: 'nat-many.click',
    make: () => ({ NET: '198.18.0.0/18' }),
  },
  {
    name: 'IPRewriter, 1,000,000 flows at random',
    file: 'nat-many.click',
    few: 8_000_000,
    many: 12_000_000,
    make: () => ({ NET: '198.16.0.0/12' }),
  },
  ...[64, 576, 1_500].map((length) => ({
    name: `UDP and TCP of ${length} bytes`,
    file: 'mix.click',
    many: 3_500_000,
    make: (folder: string) => mixFlows(folder, length),
  })),
  { name: 'four queues, RoundRobinSched', file: 'sched.click' },
  {
    name: 'ToDump',
    file: 'todump.click',
    make: () => ({ OUT: '/dev/null' }),
  },
]

/** Mulberry32. */
function generator(): (below: number) => number {
  let a = SEED
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

/** @param lines packets, as FromIPSummaryDump reads them */
function writeDump(folder: string, name: string, lines: readonly string[]): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.dump`)
  writeFileSync(path, `${DUMP_HEAD}\n${lines.join('\n')}\n`)
  return path
}

const repeat = (n: number, line: (i: number) => string): string[] =>
  Array.from({ length: n }, (_, i) => line(i))

/** Flows of one endpoint; they differ in where they go. */
function natFlows(folder: string, flows: number): Record<string, string> {
  const lines = repeat(Math.max(flows, PACKETS_MIN), (i) => {
    const k = i % flows
    return `10.0.0.2 5000 198.18.${k >> 8}.${k & 255} 53 U 18`
  })
  return { FLOWS: writeDump(folder, `nat-${flows}`, lines) }
}

function mixFlows(folder: string, length: number): Record<string, string> {
  const lines = repeat(64, (i) => {
    const tcp = i % 2 === 0
    return `10.0.0.2 5000 198.18.0.${i} 80 ${tcp ? 'T' : 'U'} ${length - (tcp ? 40 : 28)}`
  })
  return { FLOWS: writeDump(folder, `mix-${length}`, lines) }
}

const RULE_NETS = 64
const RULE_PORTS = [22, 53, 80, 123, 443, 8080, 5060, 25]

/** Packets that match rules evenly, and some that match none. */
function randomFlows(folder: string): string {
  const random = generator()
  const lines = repeat(1_024, () => {
    const port = RULE_PORTS[random(RULE_PORTS.length)]!
    const proto = random(2) === 0 ? 'T' : 'U'
    return `10.${random(RULE_NETS)}.${random(256)}.${random(256)} ${1024 + random(60_000)} 198.18.0.1 ${port} ${proto} 18`
  })
  return writeDump(folder, 'filter', lines)
}

/** Rules as people write them: a source network, a protocol and a port; the rest is let through. */
function randomRules(count: number): string {
  const random = generator()
  const rules = repeat(count - 1, () => {
    const proto = random(2) === 0 ? 'tcp' : 'udp'
    const net = `10.${random(RULE_NETS)}.${random(16) * 16}.0/20`
    return `1 src net ${net} && ${proto} && dst port ${RULE_PORTS[random(RULE_PORTS.length)]!}`
  })
  return [...rules, '0 all'].join(', ')
}

function serviceFlows(folder: string): Record<string, string> {
  const random = generator()
  const ports = [80, 443, 22, 25, 587, 53, 123, 9_999, 31_337]
  const lines = repeat(1_024, () => {
    const proto = 'TU'[random(2)]!
    const dst = `198.18.${random(4)}.${random(256)}`
    return `10.${random(3)}.${random(256)}.${random(256)} ${1024 + random(60_000)} ${dst} ${ports[random(ports.length)]!} ${proto} 18`
  })
  return { FLOWS: writeDump(folder, 'services', lines) }
}

/** Prefixes of 8 to 28 bits, most of 16 to 24, to four outputs; the last is the default route. */
function randomRoutes(count: number): string {
  const random = generator()
  const seen = new Set<string>()
  while (seen.size < count - 1) {
    const bits = random(10) === 0 ? 8 + random(21) : 16 + random(9)
    const addr = Math.floor(random(2 ** 31) * 2 + random(2))
    const net = bits === 0 ? 0 : (addr & (-1 << (32 - bits))) >>> 0
    seen.add(`${[24, 16, 8, 0].map((s) => (net >>> s) & 255).join('.')}/${bits}`)
  }
  return [...[...seen].map((prefix, i) => `${prefix} ${i % 4}`), '0.0.0.0/0 3'].join(', ')
}
