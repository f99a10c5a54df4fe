// A recent rate: exponentially weighted moving average of what came since it was last looked at.

/** After that long, old traffic counts for 1/e. */
const MEMORY_MS = 1000

export interface Rates {
  /** Time of the last look. */
  at: number
  /** Counts at the last look. */
  packets: number
  bytes: number
  packet_rate: number
  byte_rate: number
}

export function decay(
  rates: Rates,
  counts: { readonly count: number; readonly byte_count: number },
  nowMs: number,
): void {
  const ms = nowMs - rates.at
  if (ms <= 0) return
  const share = 1 - Math.exp(-ms / MEMORY_MS)
  const packets = ((counts.count - rates.packets) * 1000) / ms
  const bytes = ((counts.byte_count - rates.bytes) * 1000) / ms
  rates.packet_rate += (packets - rates.packet_rate) * share
  rates.byte_rate += (bytes - rates.byte_rate) * share
  rates.at = nowMs
  rates.packets = counts.count
  rates.bytes = counts.byte_count
}
