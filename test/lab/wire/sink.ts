// Counts and checks the generator's frames at an interface, by an XDP program; other frames go on to
// the stack. Start it before the generator: what came earlier counts as lost.
//
//   const sink = await startSink({ netns: lab.namespace('server').path, ifname: 'eth0', reflect: 64 })
//   const back = await startSink({ netns: client.path, ifname: 'eth0', back: true })
//   … const { packets, lost, reordered } = await sink.stats()
//
// With `reflect` it sends a share of the frames back to where they came from, so that both directions
// of a NAT carry traffic: a second sink with `back` at the generator's interface checks those.

import { Helper } from './helper.ts'

export interface SinkOptions {
  readonly netns?: string
  readonly ifname: string
  /** Checks what another sink has sent back. */
  readonly back?: boolean
  /** Sends back so many of 256 frames, drawn over flows and sequence numbers. */
  readonly reflect?: number
}

/** Counters since the start, or the last reset. */
export interface Received {
  readonly packets: number
  readonly bytes: number
  /** Sequence numbers of flows that are missing. What comes last in a flow is missed only by its total. */
  readonly lost: number
  readonly reordered: number
  readonly duplicated: number
  /** More than 32 packets of the flow behind: reordered or twice. */
  readonly stale: number
  /** Another length than the header says, or a wrong header checksum. */
  readonly damaged: number
  /** Of the other direction. */
  readonly wrongWay: number
  readonly reflected: number
  /** Passed to the stack. */
  readonly others: number
  readonly measured: number
  /** Flows seen since the start, or `forget`. */
  readonly flows: number
  /** Nanoseconds since the frame was made (also on the way back), and how many; ascending. */
  readonly latency: readonly (readonly [number, number])[]
}

export interface Sink {
  readonly pid: number
  stats(): Promise<Received>
  /** Counters to zero; flows go on. */
  reset(): Promise<Received>
  /** Counters and flows to zero: for a generator that begins anew. */
  forget(): Promise<Received>
  /** Takes the program off the interface. */
  stop(): Promise<Received>
}

export async function startSink(options: SinkOptions): Promise<Sink> {
  const helper = await Helper.start<Received>('wire-sink', {
    ...options,
    back: options.back === true ? 1 : undefined,
  })
  return {
    pid: helper.pid,
    stats: () => helper.ask('stats'),
    reset: () => helper.ask('reset'),
    forget: () => helper.ask('forget'),
    stop: () => helper.stop(),
  }
}

/** The delay that a share (0 to 1) of the measured frames did not exceed, in µs; null: none was measured. */
export function percentileUs({ latency, measured }: Received, share: number): number | null {
  let left = share * measured
  for (const [ns, count] of latency) {
    left -= count
    if (left <= 0) return ns / 1000
  }
  return latency.length === 0 ? null : latency.at(-1)![0] / 1000
}
