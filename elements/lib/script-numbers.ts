// Numbers of scripts, as C has them: 64-bit integers, real numbers as strtod(3) reads and %.12g
// prints them.

export const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

const INTEGER = /^([+-]?)(0[xX][\dA-Fa-f]+(?:_[\dA-Fa-f]+)*|0[bB][01]+(?:_[01]+)*|\d+(?:_\d+)*)$/

function parseBig(text: string): bigint | null {
  const m = INTEGER.exec(text)
  if (m === null) return null
  const digits = m[2]!.replaceAll('_', '')
  if (/^0\d/.test(digits)) {
    if (/[89]/.test(digits)) return null
    return BigInt(`0o${digits}`) * (m[1] === '-' ? -1n : 1n)
  }
  return BigInt(digits) * (m[1] === '-' ? -1n : 1n)
}

/** Null: no integer, or too large for 64 bits with sign. */
export function parseInt64(text: string): bigint | null {
  const value = parseBig(text)
  return value === null || value < INT64_MIN || value > INT64_MAX ? null : value
}

/** Null: no integer, negative, or too large for 64 bits without sign. */
export function parseUint64(text: string): bigint | null {
  const value = text.startsWith('-') ? null : parseBig(text)
  return value === null || value > UINT64_MAX ? null : value
}

const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEX = /^([+-]?)0[xX]([\dA-Fa-f]+)$/
const NAMED = /^([+-]?)(inf|infinity|nan)$/i

/** A real number: a leading 0 does not make it octal. */
export function parseDouble(text: string): number | null {
  if (REAL.test(text)) return Number(text)
  const hex = HEX.exec(text)
  if (hex !== null) return Number(`0x${hex[2]}`) * (hex[1] === '-' ? -1 : 1)
  const named = NAMED.exec(text)
  if (named === null) return null
  const size = named[2]!.toLowerCase() === 'nan' ? Number.NaN : Infinity
  return named[1] === '-' ? -size : size
}

/** As printf's %.12g. */
export function realText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, power] = value.toExponential(11).split('e') as [string, string]
  const exponent = Number(power)
  const shortened = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  if (exponent >= -4 && exponent < 12) return shortened(value.toFixed(11 - exponent))
  const sign = exponent < 0 ? '-' : '+'
  return `${shortened(digits)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
