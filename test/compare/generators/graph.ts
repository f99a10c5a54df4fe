// Push and pull graphs in simulated time: sources, queues, schedulers, shapers, switches, counters.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Link } from '../case.ts'
import { link } from '../printer.ts'

/** What a chain's end prints: time and length. */
const print = (label: string) => `Print(${label}, 4, TIMESTAMP true)`

function source(random: Random, name: string): string {
  const length = random.pick([20, 60, 100])
  const limit = random.between(1, 12)
  switch (random.below(4)) {
    case 0:
      return `${name} :: InfiniteSource(LENGTH ${length}, LIMIT ${limit}, BURST ${random.between(1, 3)})`
    case 1:
      return `${name} :: RatedSource(LENGTH ${length}, RATE ${random.pick([10, 100, 1000])}, LIMIT ${limit})`
    case 2:
      return `${name} :: TimedSource(${random.pick(['0.1', '0.013', '7ms'])}, "${'x'.repeat(length)}", LIMIT ${limit})`
    default:
      return `${name} :: RatedSource(LENGTH ${length}, BANDWIDTH ${random.pick(['8kbps', '1000Bps'])}, LIMIT ${limit})`
  }
}

function queue(random: Random, name: string): Link {
  const capacity = random.pick(['', `(${random.between(1, 6)})`, '(20)'])
  const kind = random.pick([
    'Queue',
    'Queue',
    'SimpleQueue',
    'MixedQueue',
    'FrontDropQueue',
    'QuickNoteQueue',
    'NotifierQueue',
    'ThreadSafeQueue',
  ])
  const handlers = ['length', 'highwater_length', 'drops'].map((h) => `${name}.${h}`)
  return link(`${name} :: ${kind}${capacity}`, [], handlers)
}

/** One input, further outputs printed. */
function pushStep(random: Random, name: string): Link {
  const side = (port: number) => `${name}[${port}] -> ${print(`${name}.${port}`)} -> Discard;`
  const sides = (count: number) => Array.from({ length: count }, (_, k) => side(k + 1))
  switch (random.below(12)) {
    case 0:
      return link(`${name} :: Tee`, sides(random.between(1, 2)))
    case 1:
      return link(`${name} :: RoundRobinSwitch`, sides(random.between(1, 3)))
    case 2:
      return link(`${name} :: Switch(${random.between(-1, 1)})`, sides(1), [`${name}.switch`])
    case 3:
      return link(
        `${name} :: StrideSwitch(${random.between(1, 4)}, ${random.between(1, 4)})`,
        sides(1),
      )
    case 4:
      return link(`${name} :: Meter(${random.pick([1, 20, 100])})`, sides(1))
    case 5:
      return link(`${name} :: RatedSplitter(${random.pick([1, 20, 100])})`, sides(1), [
        `${name}.rate`,
      ])
    case 6:
      return link(`${name} :: BandwidthRatedSplitter(${random.pick([100, 1000])})`, sides(1))
    case 7:
      return link(`${name} :: Suppressor`)
    case 8:
      return link(
        `${name} :: CheckLength(${random.pick([30, 60])})`,
        random.chance(0.5) ? sides(1) : [],
      )
    case 9:
      return link(`${name} :: PaintSwitch`, sides(1))
    case 10:
      return link(`${name} :: AverageCounter`, [], [`${name}.count`, `${name}.byte_count`])
    default:
      return link(`${name} :: Counter`, [], [`${name}.count`, `${name}.byte_count`])
  }
}

function pullStep(random: Random, name: string): Link {
  switch (random.below(7)) {
    case 0:
      return link(`Shaper(${random.pick([5, 50, 500])})`)
    case 1:
      return link(`BandwidthShaper(${random.pick([500, 5000])})`)
    case 2:
      return link(`DelayShaper(${random.pick(['0.05', '0.2'])})`)
    case 3:
      return link(`${name} :: PullTee`, [`${name}[1] -> ${print(name)} -> Discard;`])
    case 4:
      return link('PullNull')
    default:
      return link(`${name} :: Counter`, [], [`${name}.count`])
  }
}

function drain(random: Random): string {
  switch (random.below(7)) {
    case 0:
      return `RatedUnqueue(${random.pick([3, 30, 300])})`
    case 1:
      return `TimedUnqueue(${random.pick(['0.05', '0.2'])}, ${random.between(1, 4)})`
    case 2:
      return `DelayUnqueue(${random.pick(['0.05', '0.2'])})`
    case 3:
      return `BandwidthRatedUnqueue(${random.pick([300, 3000])}Bps)`
    case 4:
      return `LinkUnqueue(${random.pick(['0.01', '0.1'])}, ${random.pick(['1kbps', '10kbps'])})`
    case 5:
      return `Burster(${random.pick(['0.05', '0.2'])}, ${random.between(1, 4)})`
    default:
      return `Unqueue${random.chance(0.3) ? `(LIMIT ${random.between(1, 9)})` : ''}`
  }
}

function scheduler(random: Random, inputs: number): string {
  switch (random.below(5)) {
    case 0:
      return 'RoundRobinSched'
    case 1:
      return 'PrioSched'
    case 2:
      return `StrideSched(${Array.from({ length: inputs }, () => random.between(1, 5)).join(', ')})`
    case 3:
      return `DRRSched(${random.pick([60, 100, 500])})`
    default:
      return `PullSwitch(${random.between(-1, inputs - 1)})`
  }
}

function make(random: Random): Case {
  const lanes = random.between(1, 4)
  const strands = Array.from({ length: lanes }, (_, k) => {
    const links: Link[] = [link(`Paint(${random.below(2)})`)]
    for (let n = random.below(3); n > 0; n--) links.push(pushStep(random, `p${k}x${n}`))
    links.push(queue(random, `q${k}`))
    for (let n = random.below(3); n > 0; n--) links.push(pullStep(random, `u${k}x${n}`))
    return { from: source(random, `src${k}`), links, to: '[#] sched' }
  })
  const end = `${drain(random)} -> ${print('out')} -> end :: Counter -> Discard;`
  return {
    ...EMPTY,
    args: ['--simtime', '-h', 'end.count'],
    statements: [
      { text: `sched :: ${scheduler(random, lanes)} -> ${end}` },
      { text: `Script(wait ${random.pick([0.5043, 2.0031])}, stop);` },
    ],
    strands,
  }
}

export const generator: Generator = { make, weight: 2 }
