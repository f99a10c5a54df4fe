// `make bench-stream`: the state stream between two real dataplane processes. Per row of the table
// below: a table is filled, packets of an InfiniteSource run through a forward chain, and the whole
// table goes to a second process, which then takes over.
//
//   alone, during   packets/s before the pre-copy and while it runs, and their ratio
//   rows/s, MB/s    of the pre-copy: from `start` until every row of the table was sent
//   pauses          between two bursts of packets at the source, in µs
//   hold            from the first packet that waited at the target to the release, in ms
//
// Usage: node build/test/bench/stream.js [ROWS] [NAME …]. THREADS=1 adds CPU times by thread.

import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFence } from '../../lib/fence.ts'
import { freePorts } from '../../lib/free-ports.ts'
import type { HoldTotals, Totals } from '../../lib/move/types.ts'
import { sleep } from './figures.ts'
import { BUCKETS_LOG2, Replicas, type Started, threadTimes } from './stream/replicas.ts'

const BUCKETS = [[0, 1 << BUCKETS_LOG2]] as const
const ALONE_MS = 1_500
const FILL_AT_ONCE = 200_000

interface Case {
  readonly name: string
  readonly tcp?: boolean
  /** Each packet uses a row at random. */
  readonly touch?: boolean
  /** Packets a second; otherwise as many as go. 0: none. */
  readonly rate?: number
  /** Versions of source and target. */
  readonly from?: 1 | 2
  readonly to?: 1 | 2
}

const CASES: readonly Case[] = [
  { name: 'ipc' },
  { name: 'tcp', tcp: true },
  { name: 'ipc, no packets', rate: 0 },
  { name: 'ipc, rows used', touch: true },
  { name: 'ipc, 100,000 packets/s', touch: true, rate: 100_000 },
  { name: 'ipc, upgrade', from: 1, to: 2 },
  { name: 'ipc, downgrade', from: 2, to: 1 },
]

/** The forward chain of forward.click, with the table in it. */
function config(c: Case): string {
  const data =
    '\\<4500002e 00000000 40110000 0a000002 0a010203 04d2162e 001a0000 00000000 00000000 00000000 00000000 0000>'
  const source =
    c.rate === undefined
      ? `InfiniteSource(DATA ${data}, BURST 32)`
      : `RatedSource(DATA ${data}, RATE ${Math.max(1, c.rate)})`
  return `packets :: ${source}
  -> SetIPChecksum -> CheckIPHeader -> GetIPAddress(16)
  -> rt :: RadixIPLookup(10.0.0.0/24 0, 10.1.0.0/16 1, 10.2.0.0/16 2, 192.168.0.0/16 3, 0.0.0.0/0 2);
rt[1] -> DecIPTTL -> flows :: BenchFlows(TOUCH ${c.touch === true})
  -> EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02) -> Discard;
rt[0] -> Discard; rt[2] -> Discard; rt[3] -> Discard;
FromDevice(inside) -> Discard;`
}

interface Result {
  readonly alone: number
  readonly during: number
  readonly rows: number
  readonly ms: number
  readonly bytes: number
  readonly pauses: readonly [number, number][]
  readonly hold: HoldTotals
  readonly threads: string
}

class Run {
  readonly #replicas: Replicas
  readonly #dir: string
  #move = 0

  constructor(replicas: Replicas, dir: string) {
    this.#replicas = replicas
    this.#dir = dir
  }

  async one(c: Case, rows: number): Promise<Result> {
    this.#move++
    const [port] = await freePorts(1)
    const stream = c.tcp ? `tcp://127.0.0.1:${port}` : `ipc://${join(this.#dir, `s${this.#move}`)}`
    const folder = (v = 1) => new URL(`stream/v${v}/`, import.meta.url)
    const r = this.#replicas
    const source = await r.start(
      `o.${this.#move}`,
      config(c),
      folder(c.from),
      `ipc://${join(this.#dir, `x${this.#move}`)}`,
      true,
    )
    try {
      for (let n = 0; n < rows; n += FILL_AT_ONCE)
        await r.write(source, 'flows.fill', String(Math.min(FILL_AT_ONCE, rows - n)))
      const alone = await this.#rate(source, ALONE_MS)
      const target = await r.start(`n.${this.#move}`, config(c), folder(c.to), stream, false)
      try {
        return { alone, ...(await this.#measure(c, source, target, rows)) }
      } finally {
        await r.stop([target])
      }
    } finally {
      await r.stop([source])
    }
  }

  async #rate(of: Started, ms: number): Promise<number> {
    const count = async () => ({
      n: Number(await this.#replicas.read(of, 'flows.count')),
      at: performance.now(),
    })
    const a = await count()
    await sleep(ms)
    const b = await count()
    return ((b.n - a.n) * 1000) / (b.at - a.at)
  }

  async #measure(c: Case, source: Started, target: Started, rows: number) {
    const r = this.#replicas
    const head = { move: this.#move, epoch: 5 }
    const prepared = r.hear((e) => (e.msg.type === 'prepared' ? e.msg.endpoint : undefined))
    const transfer = { schemas: source.schemas, map: {}, discard: [] }
    const spec = { buckets: BUCKETS, primary: true }
    await r.move(target, 'target', {
      ...head,
      type: 'prepare',
      source: source.name,
      ...spec,
      transfer,
    })
    const endpoint = await prepared
    await r.write(source, 'flows.reset_gaps', '')
    const before = [threadTimes(source.child.pid!), threadTimes(target.child.pid!)]
    const from = { n: Number(await r.read(source, 'flows.count')), at: performance.now() }
    let totals: Totals | null = null
    const stop = new AbortController()
    const all = r.hear((e) => {
      if (e.role !== 'source' || !('totals' in e.msg)) return undefined
      totals = e.msg.totals
      return totals.rounds > 0 ? performance.now() : undefined
    })
    const settled = r.hear((e) => (e.msg.type === 'settled' ? true : undefined))
    await r.move(source, 'source', {
      ...head,
      epoch: 6,
      type: 'start',
      endpoint,
      ...spec,
      ports: 1,
    })
    const asking = (async () => {
      while (!stop.signal.aborted) {
        await sleep(10)
        await r.move(source, 'source', { ...head, epoch: 6, type: 'status' })
      }
    })()
    const end = await all
    const n = Number(await r.read(source, 'flows.count'))
    const after = [threadTimes(source.child.pid!), threadTimes(target.child.pid!)]
    const at = performance.now()
    const pauses = JSON.parse(await r.read(source, 'flows.gaps')) as [number, number][]
    const t = totals as unknown as Totals
    await settled
    stop.abort()
    await asking
    // Packets of an element's own go on after the fence, and their changes would have no end.
    await r.write(source, 'packets.active', 'false')
    const hold = await this.#handOver(c, source, target)
    const size = Number(await r.read(target, 'flows.size'))
    if (size !== rows) throw new Error(`${size} rows arrived of ${rows}`)
    return {
      during: ((n - from.n) * 1000) / (at - from.at),
      rows: t.rows,
      ms: end - from.at,
      bytes: t.bytes,
      pauses,
      hold,
      threads: threads(before, after),
    }
  }

  /** As the agent does at a flip: packets to the target, the fence to the source. */
  async #handOver(_c: Case, source: Started, target: Started): Promise<HoldTotals> {
    const r = this.#replicas
    const released = r.hear((e) => (e.msg.type === 'released' ? e.msg.hold : undefined))
    const socket = createSocket('udp4')
    try {
      socket.send(new Uint8Array(60), target.port, '127.0.0.1')
      socket.send(encodeFence({ move: this.#move, epoch: 6, port: 0 }), source.port, '127.0.0.1')
      return await released
    } finally {
      socket.close()
    }
  }
}

function threads(before: readonly Map<string, number>[], after: readonly Map<string, number>[]) {
  const lines: string[] = []
  after.forEach((times, k) => {
    for (const [name, ms] of times) {
      const used = ms - (before[k]!.get(name) ?? 0)
      if (used > 10) lines.push(`${'on'[k]} ${name} ${used.toFixed(0)} ms`)
    }
  })
  return lines.join(', ')
}

function percentile(pauses: readonly [number, number][], share: number): number {
  const total = pauses.reduce((sum, [, n]) => sum + n, 0)
  let left = Math.ceil(total * share)
  for (const [us, n] of pauses) {
    left -= n
    if (left <= 0) return us
  }
  return 0
}

function line(c: Case, r: Result): string {
  const number = (n: number, width: number, digits = 0) => n.toFixed(digits).padStart(width)
  const seconds = r.ms / 1000
  const { pauses } = r
  return (
    `${c.name.padEnd(24)} ${number(r.rows / seconds / 1e6, 6, 2)} ${number(r.bytes / seconds / 1e6, 6)}` +
    ` ${number(r.alone / 1e6, 6, 2)} ${number(r.during / 1e6, 6, 2)} ${number((100 * r.during) / r.alone, 4)} %` +
    ` ${number(percentile(pauses, 0.5), 6)} ${number(percentile(pauses, 0.99), 6)}` +
    ` ${number(percentile(pauses, 0.9999), 6)} ${number(pauses.at(-1)?.[0] ?? 0, 6)}` +
    ` ${number(r.hold.holdUs / 1000, 6, 2)}${process.env.THREADS ? `\n    ${r.threads}` : ''}`
  )
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const args = process.argv.slice(2)
const rows = Number(args[0] ?? 1_000_000)
const wanted = args.slice(1)
const dir = mkdtempSync(join(tmpdir(), 'cu-bench-'))
const replicas = await Replicas.create(dir)
try {
  console.log(
    `${rows} rows\n${' '.repeat(24)} Mrow/s  MB/s  alone during  Mpps     pauses: 50 %   99 %  99.99 %  max   hold ms`,
  )
  const run = new Run(replicas, dir)
  for (const c of CASES)
    if (wanted.length === 0 || wanted.includes(c.name)) console.log(line(c, await run.one(c, rows)))
} finally {
  await replicas.close()
  rmSync(dir, { recursive: true, force: true })
}
