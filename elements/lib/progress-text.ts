// One line of a progress bar, as text: a function of how far things are.
//
//   banner  74% |**************     | 23315KB    00:01 ETA       size known
//   banner |           ***          |  5184KB    --:-- ETA       size not known

export interface Progress {
  readonly banner: string
  /** Null: not known. */
  readonly pos: number | null
  readonly size: number | null
  readonly ended: boolean
  /** The position says something only as a part of the size, and is not printed. */
  readonly fraction: boolean
  /** Seconds that something moved, and since something has. */
  readonly elapsed: number
  readonly stalled: number
}

/** Columns of position and time behind the bar. */
const TAIL = 25
const POSITION = 8
const BAR_MAX = 240
/** Seconds without progress that are told. */
export const STALL_SECONDS = 5
const PREFIXES = ' KMGTP'
/** Bytes that the bar of an unknown size takes to move by one hundredth. */
const SWING_STEP = 100_000

export function progressLine(progress: Progress, columns: number): string {
  const { banner, pos, size } = progress
  let line = banner === '' ? '' : `${banner} `
  if (size !== null) line += pos === null ? '  -% ' : `${String(percent(pos, size)).padStart(3)}% `
  const fraction = progress.fraction && size !== null
  const tail = fraction ? TAIL - POSITION : TAIL
  const width = Math.min(BAR_MAX, columns - tail - line.length - 1)
  if (width > 0) line += `|${bar(progress, width)}|`
  return `${line}${fraction ? ' ' : position(pos)}${time(progress)}`
}

function percent(pos: number, size: number): number {
  return size > 0 ? Math.max(0, Math.min(100, Math.trunc((100 * pos) / size))) : 100
}

function bar({ pos, size, ended }: Progress, width: number): string {
  if (pos === null || (size === null && ended)) return '-'.repeat(width)
  if (size !== null) {
    const full = Math.trunc((width * percent(pos, size)) / 100)
    return '*'.repeat(full).padEnd(width)
  }
  const phase = Math.trunc(pos / SWING_STEP) % 200
  const place = phase > 100 ? 200 - phase : phase
  const mark = width > 3 ? '***' : '*'
  const before = Math.trunc(((width - mark.length) * place) / 100)
  return `${' '.repeat(before)}${mark}`.padEnd(width)
}

function position(pos: number | null): string {
  if (pos === null) return ' -----   '
  let value = pos
  let prefix = 0
  while (value >= 100_000 && prefix < PREFIXES.length - 1) {
    value /= 1024
    prefix++
  }
  const unit = prefix === 0 ? '  ' : `${PREFIXES[prefix]}B`
  return ` ${String(Math.trunc(value)).padStart(5)}${unit} `
}

function time({ pos, size, ended, elapsed, stalled }: Progress): string {
  const unknown = pos === null || size === null || elapsed <= 0 || pos > size
  if (!ended && unknown) return '   --:-- ETA'
  if (stalled >= STALL_SECONDS) return ' - stalled -'
  const isEta = !ended && pos !== null && size !== null && pos > 0
  const seconds = Math.trunc(isEta ? (size * elapsed) / pos - elapsed : elapsed)
  const hours = Math.trunc(seconds / 3600)
  const rest = seconds % 3600
  const two = (n: number) => String(n).padStart(2, '0')
  const head = hours > 0 ? `${String(hours).padStart(2)}:` : '   '
  return `${head}${two(Math.trunc(rest / 60))}:${two(rest % 60)}${isEta ? ' ETA' : '    '}`
}
