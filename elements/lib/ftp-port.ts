// FTP's PORT command (RFC 959): 'PORT h1,h2,h3,h4,p1,p2', an address and a port as six numbers.
// Bytes to data and back. Pure.

export interface PortCommand {
  /** Offsets of the argument: its first byte, one past its last. */
  readonly start: number
  readonly end: number
  readonly addr: number
  readonly port: number
}

const [SPACE, COMMA, ZERO, NINE, CR, LF] = [32, 44, 48, 57, 13, 10]

/** The command that data at [from, end) starts with; null: another one, or not the whole of it. */
export function findPortCommand(m: Uint8Array, from: number, end: number): PortCommand | null {
  if (end - from < 5 || !isPort(m, from)) return null
  let at = from + 5
  while (at < end && m[at] === SPACE) at++
  const start = at
  const numbers = [0]
  for (; at < end; at++) {
    const c = m[at]!
    if (c === COMMA) numbers.push(0)
    else if (c >= ZERO && c <= NINE) numbers.push(numbers.pop()! * 10 + c - ZERO)
    else break
    if (numbers.length > 6 || numbers.at(-1)! > 255) return null
  }
  if (numbers.length !== 6 || at >= end || (m[at] !== CR && m[at] !== LF)) return null
  const [a, b, c, d, high, low] = numbers as [number, number, number, number, number, number]
  return { start, end: at, addr: (a << 24) | (b << 16) | (c << 8) | d, port: (high << 8) | low }
}

/** 'PORT ' in letters of either case. */
function isPort(m: Uint8Array, at: number): boolean {
  const lower = (i: number) => m[at + i]! | 0x20
  return (
    lower(0) === 0x70 &&
    lower(1) === 0x6f &&
    lower(2) === 0x72 &&
    lower(3) === 0x74 &&
    m[at + 4] === SPACE
  )
}

export function portArgument(addr: number, port: number): string {
  const bytes = [addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255]
  return [...bytes, port >>> 8, port & 255].join(',')
}
