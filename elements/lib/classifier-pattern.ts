// Patterns of Classifier: '12/0806 20/0001', '!12/0800', '-'. Parsed to word tests.

import { and, type Expr, TRUE, test } from './program.ts'

/** Most bytes into the packet that a clause may look: more than any frame has. */
const OFFSET_MAX = 65_535

/** Parses one pattern. Errors are told to `error`; the result is null then. */
export function parsePattern(text: string, error: (message: string) => void): Expr | null {
  const words = text.trim().split(/\s+/)
  if (words.length === 1 && (words[0] === '-' || words[0] === 'any' || words[0] === 'all'))
    return TRUE
  const clauses: Expr[] = []
  let negated = false
  for (const word of words) {
    let clause = word
    while (clause.startsWith('!')) {
      negated = !negated
      clause = clause.slice(1)
    }
    if (clause === '') continue // '! 12/0800': the bang stands apart
    const expr = parseClause(clause, error)
    if (expr === null) return null
    clauses.push(negated ? { kind: 'not', of: expr } : expr)
    negated = false
  }
  if (negated || clauses.length === 0) {
    error(`'${text}': expected clause 'OFFSET/VALUE' or 'OFFSET/VALUE%MASK'`)
    return null
  }
  return and(...clauses)
}

function parseClause(clause: string, error: (message: string) => void): Expr | null {
  const found = /^(\d+)\/([0-9a-fA-F?]*)(?:%([0-9a-fA-F]*))?$/.exec(clause)
  if (found === null) {
    error(`'${clause}': expected clause 'OFFSET/VALUE' or 'OFFSET/VALUE%MASK' in hexadecimal`)
    return null
  }
  const offset = Number(found[1])
  const value = found[2]!
  const mask = found[3]
  if (value.length === 0 || value.length % 2 !== 0) {
    error(`'${clause}': value has odd number of hex digits`)
    return null
  }
  if (mask !== undefined && mask.length !== value.length) {
    error(`'${clause}': mask has ${mask.length} hex digits, value has ${value.length}`)
    return null
  }
  if (offset + value.length / 2 > OFFSET_MAX) {
    error(`'${clause}': offset ${offset} is too large`)
    return null
  }
  return wordTests(offset, value, mask ?? 'f'.repeat(value.length))
}

/** The clause's bytes, cut into aligned words. */
function wordTests(offset: number, value: string, mask: string): Expr {
  const words = new Map<number, { mask: number; value: number }>()
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '?') continue
    const at = offset + (i >> 1)
    const word = at & ~3
    const shift = (3 - (at & 3)) * 8 + (i % 2 === 0 ? 4 : 0)
    const w = words.get(word) ?? { mask: 0, value: 0 }
    w.mask |= Number.parseInt(mask[i]!, 16) << shift
    w.value |= Number.parseInt(value[i]!, 16) << shift
    words.set(word, w)
  }
  if (words.size === 0) return TRUE
  return and(...[...words].map(([at, w]) => test(at, w.mask, w.value)))
}
