// Times as Click writes them: seconds with six digits behind the point, nine where the microseconds
// have a fraction. Times here are microseconds.

import { parseSeconds } from '../../lib/click/args.ts'

/** '996033261.451094', '-0.500000', '1.000000001'. */
export function timeText(us: number): string {
  if (us < 0) return `-${timeText(-us)}`
  let whole = Math.floor(us)
  let ns = Math.round((us - whole) * 1000)
  if (ns === 1000) {
    whole++
    ns = 0
  }
  const seconds = Math.floor(whole / 1e6)
  const micro = String(whole - seconds * 1e6).padStart(6, '0')
  return `${seconds}.${micro}${ns === 0 ? '' : String(ns).padStart(3, '0')}`
}

/** Seconds with a sign, as µs; null: it is no time. Units as in `parseSeconds`. */
export function parseDeltaUs(text: string): number | null {
  const m = /^([+-]?)(.*)$/s.exec(text.trim())!
  const us = parseTimeUs(m[2]!)
  return us === null ? null : m[1] === '-' ? -us : us
}

/** A time in seconds, as µs: digits are read as they are, so that none are lost; null: it is none. */
export function parseTimeUs(text: string): number | null {
  const m = /^(\d*)\.?(\d*)$/.exec(text)
  if (m === null || m[1]! + m[2]! === '') {
    const seconds = parseSeconds(text)
    return seconds === null ? null : Math.round(seconds * 1e9) / 1e3
  }
  const fraction = `${m[2]}000000000`
  return Number(m[1]) * 1e6 + Number(fraction.slice(0, 6)) + Number(fraction.slice(6, 9)) / 1000
}
