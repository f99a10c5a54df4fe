// The IP lookup elements with the same random routes, and changes to them while packets come. Not
// compared: the order of most tables, which in Click is that of hash or search tables.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Strand } from '../case.ts'
import { HOSTS as ALL_HOSTS, ipPackets } from '../packets.ts'
import { printer, side } from '../printer.ts'

const PORTS = 3
/** The route for 0.0.0.0 alone moves about in Click's LinearIPLookup. */
const HOSTS = ALL_HOSTS.filter((host) => host !== '0.0.0.0')
const CLASSES = [
  'RadixIPLookup',
  'LinearIPLookup',
  'DirectIPLookup',
  'RangeIPLookup',
  'StaticIPLookup',
  'SortedIPLookup',
]

function prefix(random: Random): string {
  const length = random.pick([0, 1, 4, 8, 8, 16, 17, 23, 24, 24, 25, 30, 31, 32, 32])
  const base = random.chance(0.7)
    ? random.pick(HOSTS).split('.').map(Number)
    : [10, 0, random.below(3), random.below(256)]
  const bytes = base.map(
    (byte, k) => byte & (0xff << Math.max(0, Math.min(8, 8 * (k + 1) - length))),
  )
  const text = bytes.join('.')
  return length === 32 && random.chance(0.5) ? text : `${text}/${length}`
}

function route(random: Random): string {
  const gateway = random.chance(0.4) ? `${random.pick(HOSTS.slice(0, 5))} ` : ''
  return `${prefix(random)} ${gateway}${random.below(PORTS)}`
}

/** Calls of handlers in the order in which they come. */
function changes(random: Random, name: string): string {
  const call = () => {
    switch (random.below(6)) {
      case 0:
        return `write ${name}.remove ${prefix(random)}`
      case 1:
        return `print $(${name}.lookup ${random.pick(HOSTS)})`
      case 2:
        return `write ${name}.set ${route(random)}`
      case 3:
        return `write ${name}.ctrl add ${route(random)}`
      default:
        return `write ${name}.add ${route(random)}`
    }
  }
  return Array.from({ length: random.between(1, 6) }, call).join(', ')
}

function make(random: Random): Case {
  const routes = Array.from({ length: random.between(1, 14) }, () => route(random))
  const names = CLASSES.map((_, k) => `r${k}`)
  const strands = CLASSES.map((className, k): Strand => {
    const name = names[k]!
    const element = `${name} :: ${className}(${routes.join(', ')})`
    const also = Array.from({ length: PORTS - 1 }, (_, port) => side(name, port + 1))
    const handlers = /Static|Direct|Range|Sorted/.test(className) ? [] : [`${name}.table`]
    return { from: 't[#]', links: [{ text: element, also, handlers }], to: printer(`${name}.0`) }
  })
  const wait = random.chance(0.5) ? 'wait 0.12345s, ' : ''
  const script = names
    .filter((_, k) => CLASSES[k] !== 'StaticIPLookup')
    .map((name) => changes(random, name))
  const read = 'FromDump(in.pcap, STOP true, TIMING true)'
  return {
    ...EMPTY,
    args: ['--simtime'],
    statements: [
      { text: `${read} -> MarkIPHeader -> GetIPAddress(16) -> t :: Tee;` },
      ...script.map((calls) => ({ text: `Script(${wait}${calls});` })),
    ],
    strands,
    packets: ipPackets(random, random.between(10, 40), { bad: 0, payloadMax: 4 }),
  }
}

export const generator: Generator = { make, weight: 1 }
