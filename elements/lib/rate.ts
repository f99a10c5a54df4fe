// Recent rates, as Click measures them: what came in each millisecond goes with a weight of 1/16 into
// a moving average. Averages are integers in units of 1/1024 packet or 1/16 byte a millisecond, so
// that the same traffic gives the same rates.

export const PACKET_UNITS = 1024
export const BYTE_UNITS = 16

/** Weight of the newest millisecond: one part in so many. */
const PARTS = 16

/** After so many milliseconds without anything the average is 0. */
const FORGOTTEN_MS = 100

/** The average after a millisecond with `count` in it, and `idle` more without any. */
export function averageAfter(average: number, count: number, idle: number, units: number): number {
  let a = average + Math.floor((count * units + PARTS / 2 - average) / PARTS)
  if (idle >= FORGOTTEN_MS) return 0
  for (let k = 0; k < idle; k++) a += Math.floor((PARTS / 2 - a) / PARTS)
  return a
}

/** What comes in a second at that average. */
export function perSecond(average: number, units: number): number {
  return (average * 1000) / units
}

/** As Click prints it. */
export function rateText(average: number, units: number): string {
  return String(Number(perSecond(average, units).toFixed(3)))
}

/** A Counter's two rates: a row of its state. */
export interface Rates {
  /** Time of the last look. */
  at: number
  /** Counts at the start of the millisecond of the last look. */
  packets: number
  bytes: number
  packet_rate: number
  byte_rate: number
}

interface Counts {
  readonly count: number
  readonly byte_count: number
}

/** Brings the rates up to the time; `counts`: what has come until now. */
export function decay(rates: Rates, counts: Counts, nowMs: number): void {
  const ticks = Math.floor(nowMs) - Math.floor(rates.at)
  rates.at = nowMs
  if (ticks <= 0) return
  const packets = counts.count - rates.packets
  const bytes = counts.byte_count - rates.bytes
  rates.packet_rate = averageAfter(rates.packet_rate, packets, ticks - 1, PACKET_UNITS)
  rates.byte_rate = averageAfter(rates.byte_rate, bytes, ticks - 1, BYTE_UNITS)
  rates.packets = counts.count
  rates.bytes = counts.byte_count
}
