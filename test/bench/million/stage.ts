// What the bench of a million flows runs on: versions of the example NAT with room for the flows, and
// traffic through them from the lab's generator, checked and sent back by its sinks.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NatLab, SERVER_ADDRESS } from '../../../demo/lab.ts'
import { type Generator, startGenerator } from '../../lab/wire/generator.ts'
import { type Received, type Sink, startSink } from '../../lab/wire/sink.ts'
import { sleep } from '../figures.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../deploy/examples/nat/', import.meta.url))
/** Of 256 frames that arrive at the far end, so many come back. */
const REFLECT = 64
/** Of a flow's number: source ports; the rest counts up destination ports. */
const PORT_BITS = 15
/** Each flow is one mapping; room for so many times as many. */
const SPARE = 1.2
const LEARN_PPS = 100_000
/** Not every first packet gets through on a busy machine: so many rounds at most. */
const LEARN_ROUNDS = 4
const RUN_SECONDS_MAX = 3_600
/** What is on its way arrives in this time. */
const REST_MS = 1_000

/** Service files of the NAT's versions, with room for the flows. */
export class Versions {
  readonly #dir: string
  readonly #capacity: number

  constructor(dir: string, flows: number) {
    this.#dir = dir
    this.#capacity = Math.ceil(flows * SPARE)
  }

  /**
   * @param more text to go at the configuration's end
   * @returns path of the service file
   */
  make(name: string, of: 'v1' | 'v2', more = ''): string {
    const config = readFileSync(join(EXAMPLES, of === 'v1' ? 'v1/nat.click' : 'nat.click'), 'utf8')
    const sized = config.replace(/:: IPRewriter\(([^)]*)\)/, (_, specs: string) => {
      return `:: IPRewriter(${specs}, MAPPING_CAPACITY ${this.#capacity})`
    })
    const click = join(this.#dir, `${name}.click`)
    writeFileSync(click, sized + more)
    const yaml = readFileSync(join(EXAMPLES, `nat-${of}.yaml`), 'utf8')
      .replace(/^config:\s*\S+/m, `config: ${click}`)
      .replace(/^elements:\s*(\S+)/m, (_, folder: string) => `elements: ${join(EXAMPLES, folder)}`)
    const file = join(this.#dir, `${name}.yaml`)
    writeFileSync(file, yaml)
    return file
  }
}

/** Of one direction. */
export interface Direction {
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly reordered: number
  readonly duplicated: number
  readonly damaged: number
}

/** The generator, the sink at the far end, and the sink for what came back. */
export class MillionTraffic {
  readonly #generator: Generator
  readonly #there: Sink
  readonly #back: Sink
  /** Frames that were sent before the counters began. */
  #sentBefore = 0

  private constructor(generator: Generator, there: Sink, back: Sink) {
    this.#generator = generator
    this.#there = there
    this.#back = back
  }

  /** Makes the flows, each by its first packet; then sends to all of them in random order. */
  static async start(lab: NatLab, flows: number, pps: number): Promise<MillionTraffic> {
    const client = lab.lab.namespace('client').path
    const server = lab.lab.namespace('server').path
    const there = await startSink({ netns: server, ifname: 'eth0', reflect: REFLECT })
    const back = await startSink({ netns: client, ifname: 'eth0', back: true })
    const from = {
      netns: client,
      ifname: 'eth0',
      src: '02:00:00:77:01:02',
      dst: '02:00:00:77:01:01',
      saddr: '10.77.1.2',
      daddr: SERVER_ADDRESS,
      sport: 1 << PORT_BITS,
      portBits: PORT_BITS,
      addressBits: 0,
      dport: 1_000,
    } as const
    // The NAT asks for hardware addresses first.
    await (await startGenerator({ ...from, flows: 1, pps: 20, count: 40 })).finished
    await sleep(REST_MS)
    await Promise.all([there.forget(), back.forget()])
    const generator = await startGenerator({
      ...from,
      flows,
      order: 'sequential',
      pps: LEARN_PPS,
      seconds: RUN_SECONDS_MAX,
      tickUs: 500,
      sample: 15,
    })
    const traffic = new MillionTraffic(generator, there, back)
    await traffic.#learn(flows)
    await generator.setOrder('random')
    // With those that come back it is `pps`.
    await generator.setRate(Math.round((pps * 256) / (256 + REFLECT)))
    return traffic
  }

  /** Round after round, each more slowly, until every flow has got through. */
  async #learn(flows: number): Promise<void> {
    for (let round = 1; ; ) {
      const { flows: seen } = await this.#there.stats()
      const { sent } = await this.#generator.stats()
      if (seen >= flows) break
      if (sent >= flows * LEARN_ROUNDS) throw new Error(`only ${seen} of ${flows} flows were made`)
      if (sent >= flows * round) await this.#generator.setRate(Math.round(LEARN_PPS / ++round))
      await sleep(200)
    }
    this.#sentBefore = (await this.#generator.pause()).sent
    await sleep(REST_MS)
    await Promise.all([this.#there.reset(), this.#back.reset()])
  }

  /** Counters of both sinks since the flows were made. */
  async counters(): Promise<{ there: Received; back: Received }> {
    const [there, back] = await Promise.all([this.#there.stats(), this.#back.stats()])
    return { there, back }
  }

  /** Ends the traffic; what became of all that was sent after the flows were made. */
  async finish(): Promise<{ there: Direction; back: Direction; forgone: number }> {
    const { sent, forgone } = await this.#generator.pause()
    await sleep(REST_MS)
    const { there, back } = await this.counters()
    return {
      there: directionOf(sent - this.#sentBefore, there),
      back: directionOf(there.reflected, back),
      forgone,
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#generator.stop(), this.#there.stop(), this.#back.stop()])
  }
}

function directionOf(sent: number, r: Received): Direction {
  return {
    sent,
    received: r.packets,
    lost: sent - (r.packets - r.duplicated),
    reordered: r.reordered + r.stale,
    duplicated: r.duplicated,
    damaged: r.damaged,
  }
}

/** What was measured between two reports of a sink. */
export function between(from: Received, to: Received): Received {
  const before = new Map(from.latency)
  const latency = to.latency
    .map(([ns, n]) => [ns, n - (before.get(ns) ?? 0)] as const)
    .filter(([, n]) => n > 0)
  return {
    ...to,
    packets: to.packets - from.packets,
    measured: to.measured - from.measured,
    latency,
  }
}
