/*
=c

SourceIPHashMapper(NODES SEED, PATTERN1 ID1, ..., PATTERNn IDn)

=s nat

gives a rewriter's new flows to patterns by source address

=d

Chooses patterns for IPRewriter and its relatives: name it as the specification of an input. All
new flows from one source address get the same PATTERN, so that a client stays with its server.
Where patterns are added or taken away, most addresses keep theirs (consistent hashing): each
pattern has NODES places on a ring, drawn at random from SEED, and an address belongs to the
next place.

Each PATTERN is one of IPRewriter, with its outputs: 'SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT',
or 'NAME FOUTPUT ROUTPUT' with a name from IPRewriterPatterns. IDs are integers from 0, a
different one for each pattern, given in rising order; a pattern keeps its places as long as it
keeps its ID. NODES and SEED are integers. More NODES spread addresses more evenly. Has no
inputs and outputs.

=e

  servers :: SourceIPHashMapper(20 0x8099,
     - - 10.0.0.1 - 0 1 1,
     - - 10.0.0.2 - 0 1 2);
  rw :: IPRewriter(servers, drop);

=a IPRewriter, TCPRewriter, UDPRewriter, IPRewriterPatterns, RoundRobinIPMapper
*/

import { type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseInteger, splitSpaces } from '../../lib/click/args.ts'
import { ClickRandom } from '../../lib/click/random.ts'
import { MAPPER_PLACES_MAX } from '../../lib/limits.ts'
import { MAPPER_ELEMENT, mapperTurns, parsePatterns } from '../lib/mapper.ts'

const ID_MAX = 0xffff
const INT_MAX = 0x7fff_ffff

/** Places on the ring, in order: where each is, and whose. */
interface Ring {
  readonly at: Int32Array
  readonly pattern: Uint16Array
  /** The place that addresses beyond the last one belong to. */
  readonly last: number
}

interface Me {
  readonly plan: { readonly specs: readonly unknown[]; readonly ring: Ring }
}

export default element({
  ...MAPPER_ELEMENT,
  name: 'SourceIPHashMapper',
  state: mapperTurns,

  configure(_config, context) {
    const [first, ...texts] = context.args
    if (first === undefined) context.error('no hash seed given')
    else if (texts.length === 0) context.error('no patterns given')
    else if (texts.length === 1) context.warning('only one pattern given')
    const { nodes, seed } = parseRing(first ?? '', context)
    const patterns: string[] = []
    const ids: number[] = []
    for (const text of texts) {
      const words = splitSpaces(text)
      const id = words.length > 1 ? parseInteger(words.at(-1)!) : null
      if (id === null || id < 0 || id > ID_MAX) context.error('bad server ID in pattern spec')
      else if (ids.includes(id)) context.error(`server ID ${id} given twice`)
      else {
        ids.push(id)
        patterns.push(words.slice(0, -1).join(' '))
      }
    }
    const places = (Math.max(0, ...ids) + 1) * nodes
    if (places > MAPPER_PLACES_MAX)
      context.error(`${places} places (NODES times the highest ID): ${MAPPER_PLACES_MAX} at most`)
    const ring = makeRing(ids, places > MAPPER_PLACES_MAX ? 1 : nodes, seed)
    return { specs: parsePatterns(patterns, context), ring, tries, tried: () => undefined }
  },
})

function parseRing(text: string, context: ConfigureContext): { nodes: number; seed: number } {
  const words = splitSpaces(text)
  if (words.length !== 2) context.error('requires 2 config params: numnodes seed')
  const nodes = parseInteger(words[0] ?? '1')
  const seed = parseInteger(words[1] ?? '1')
  if (nodes === null || nodes <= 0) context.error('number of nodes must be an integer')
  if (seed === null) context.error('hash seed must be an integer')
  return { nodes: Math.max(nodes ?? 1, 1), seed: seed ?? 1 }
}

/** Every ID up to the highest draws its places, used or not: so others keep theirs. */
function makeRing(ids: readonly number[], nodes: number, seed: number): Ring {
  const random = new ClickRandom(seed)
  const places: { at: number; pattern: number }[] = []
  let pattern = 0
  for (let id = 0; id <= Math.max(-1, ...ids); id++) {
    const used = ids.includes(id)
    for (let k = 0; k < nodes; k++) {
      const at = random.next()
      if (used) places.push({ at, pattern })
    }
    if (used) pattern++
  }
  places.sort((a, b) => a.at - b.at)
  return {
    at: Int32Array.from(places, (place) => place.at),
    pattern: Uint16Array.from(places, (place) => place.pattern),
    last: rootOf(places.length),
  }
}

/**
 * Index of the root of a complete binary search tree of n nodes. Click keeps the ring in one, and
 * takes its root where no place follows.
 */
function rootOf(n: number): number {
  if (n < 2) return 0
  const height = 31 - Math.clz32(n)
  const full = 2 ** height - 1 // nodes above the last row
  const half = 2 ** (height - 1)
  return (full - 1) / 2 + Math.min(n - full, half)
}

function tries({ plan }: Me, saddr: number): { first: number; count: number } {
  const { at, pattern, last } = plan.ring
  const key = keyOf(saddr)
  let low = 0
  let high = at.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (at[middle]! < key) low = middle + 1
    else high = middle
  }
  return { first: pattern[low < at.length ? low : last] ?? 0, count: 1 }
}

/** Where an address is on the ring: its bytes turned round, the first mixed into the top. */
function keyOf(saddr: number): number {
  const first = saddr >>> 24
  const turned = ((saddr & 0xff) << 24) | ((saddr & 0xff00) << 8) | ((saddr >>> 8) & 0xff00) | first
  return (Math.imul(turned, (first << 24) | 1) >>> 0) % INT_MAX
}
