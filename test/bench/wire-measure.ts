// What is measured of one device under one load: the rate at overload, the highest rate without loss,
// processor time a packet, delays at half of that rate, and what an idle device costs.

import type { Sent } from '../lab/wire/generator.ts'
import { percentileUs } from '../lab/wire/sink.ts'
import { sleep } from './figures.ts'
import type { Load, Used, WireRig } from './wire-rig.ts'

const SECONDS = Number(process.env.SECONDS ?? 0.6)
/** The rate is known to a hundredth after so many halvings. */
const HALVINGS = 7
/** A rate at which packets are lost once is tried again: another process may have had the core. */
const TRIES = 2
const WARM_SECONDS = 1.2
const WARM_PPS = 100_000
const START_MS = 10_000
const IDLE_MS = 1_000

export interface Trial {
  /** Frames a second into the device, and out of it. */
  readonly offered: number
  readonly carried: number
  readonly lost: number
  readonly disorder: number
  /** ns of the device's processor time a frame that it carried. */
  readonly userNs: number
  readonly systemNs: number
  readonly softirqNs: number
  /** µs from the generator to the sink: 50, 90, 99, 99.9 %, longest. */
  readonly delays: readonly (number | null)[]
}

export interface Figures {
  readonly overload: Trial
  /** Frames a second into the device, none lost. */
  readonly lossFree: number
  readonly half: Trial
  /** Of a core, without traffic. */
  readonly idlePercent: number
}

/** Until frames come through, then long enough for the code to be compiled. */
export async function warmUp(rig: WireRig, load: Load, size: number): Promise<void> {
  const end = performance.now() + START_MS
  for (;;) {
    await sleep(100)
    rig.check()
    await rig.sink.forget()
    await (await rig.generate({ flows: load.flows, size, count: 64 })).finished
    await sleep(20)
    if ((await rig.sink.stats()).packets > 0) break
    if (performance.now() > end) throw new Error('no frame comes through the device')
  }
  await trial(rig, load, { size, pps: WARM_PPS, seconds: WARM_SECONDS })
}

interface Offer {
  readonly size: number
  readonly pps: number
  readonly seconds: number
  readonly tickUs?: number
}

export async function trial(rig: WireRig, load: Load, offer: Offer): Promise<Trial> {
  await settled(rig)
  await rig.sink.forget()
  await rig.back.forget()
  const before = rig.used()
  const generator = await rig.generate({ flows: load.flows, ...offer })
  const sent = await generator.finished
  await settled(rig)
  rig.check()
  return await trialOf(rig, sent, before)
}

async function trialOf(rig: WireRig, sent: Sent, before: Used): Promise<Trial> {
  const after = rig.used()
  const there = await rig.sink.stats()
  const back = await rig.back.stats()
  const carried = there.packets + back.packets
  const each = (of: keyof Used): number => (after[of] - before[of]) / Math.max(1, carried)
  return {
    offered: (sent.sent + there.reflected) / sent.seconds,
    carried: carried / sent.seconds,
    lost: sent.sent - there.packets + (there.reflected - back.packets),
    disorder:
      there.reordered +
      there.duplicated +
      there.stale +
      there.damaged +
      back.reordered +
      back.stale,
    userNs: each('user'),
    systemNs: each('system'),
    softirqNs: each('softirq'),
    delays: [0.5, 0.9, 0.99, 0.999, 1].map((share) => percentileUs(there, share)),
  }
}

/** Until no frame is under way. */
async function settled(rig: WireRig): Promise<void> {
  for (let last = -1, i = 0; i < 50; i++) {
    const { packets } = await rig.sink.stats()
    const now = packets + (await rig.back.stats()).packets
    if (now === last) return
    last = now
    await sleep(20)
  }
}

async function idlePercent(rig: WireRig): Promise<number> {
  await sleep(500)
  const before = rig.used()
  const start = performance.now()
  await sleep(IDLE_MS * 2)
  const after = rig.used()
  const ns = after.user + after.system - before.user - before.system
  return (100 * ns) / ((performance.now() - start) * 1e6)
}

/** Of a device that is warm. */
export async function measure(rig: WireRig, load: Load, size: number): Promise<Figures> {
  const overload = await trial(rig, load, { size, pps: 0, seconds: SECONDS })
  const share = 1 + load.reflect / 256
  let low = 0
  let high = (overload.carried / share) * 1.5
  for (let i = 0; i < HALVINGS; i++) {
    const pps = Math.round((low + high) / 2)
    if (await withoutLoss(rig, load, size, pps)) low = pps
    else high = pps
  }
  const half = await trial(rig, load, {
    size,
    pps: Math.max(1_000, Math.round(low / 2)),
    seconds: SECONDS * 2,
    tickUs: 100,
  })
  return { overload, lossFree: low * share, half, idlePercent: await idlePercent(rig) }
}

async function withoutLoss(rig: WireRig, load: Load, size: number, pps: number): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    const { lost } = await trial(rig, load, { size, pps, seconds: SECONDS })
    if (lost === 0) return true
  }
  return false
}
