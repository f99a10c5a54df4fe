// The files that AggregateCounter writes, and its counts turned round.

import { closeSync, openSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import type { Counting, Counts } from './aggregate-count.ts'
import { ipText } from './text.ts'

interface Me {
  readonly state: { readonly counts: Counts }
  readonly counters: { count: number }
  readonly resource: Counting
}

export type Format = 'text' | 'ip' | 'pdf' | 'packed'

/** Writes all counts, by aggregate, to a file; '-': the standard output. */
export function writeCounts(self: Me, name: string, format: Format): void {
  const file = name.trim()
  if (file === '') throw new Error('filename expected')
  const pairs = sorted(self.state.counts)
  const { banner } = self.resource
  let head = '!IPAggregate 1.0\n'
  if (banner !== '') head += banner.endsWith('\n') ? banner : `${banner}\n`
  head += `!num_nonzero ${pairs.length}\n`
  const fd = file === '-' ? 1 : openSync(file, 'w')
  try {
    if (format === 'packed') {
      writeAll(fd, `${head}!packed_le\n`)
      writeAll(fd, packed(pairs))
    } else {
      if (format === 'ip') head += '!ip\n'
      writeAll(fd, head + lines(pairs, format))
    }
  } finally {
    if (fd !== 1) closeSync(fd)
  }
}

type Pair = readonly [aggregate: number, count: number]

function sorted(counts: Counts): Pair[] {
  const pairs: Pair[] = []
  counts.each((row) => {
    if (row.count !== 0) pairs.push([row.aggregate >>> 0, row.count])
  })
  return pairs.sort(([a], [b]) => a - b)
}

function lines(pairs: readonly Pair[], format: Format): string {
  let total = 0
  for (const [, count] of pairs) total += count
  let text = ''
  for (const [aggregate, count] of pairs) {
    const name = format === 'ip' ? ipText(aggregate | 0) : String(aggregate)
    text += `${name} ${format === 'pdf' ? fraction(count / total) : count}\n`
  }
  return text
}

/** Six digits that count, as C's %g has them. */
function fraction(value: number): string {
  if (value >= 1e-4) return String(Number(value.toPrecision(6)))
  const [digits, exponent] = value.toExponential(5).split('e-')
  return `${Number(digits)}e-${exponent!.padStart(2, '0')}`
}

function packed(pairs: readonly Pair[]): Uint8Array {
  const words = new Uint32Array(pairs.length * 2)
  pairs.forEach(([aggregate, count], i) => {
    words[i * 2] = aggregate
    words[i * 2 + 1] = count
  })
  return new Uint8Array(words.buffer)
}

/** How many aggregates had each count: counts become aggregates. */
export function recount(self: Me): void {
  const { counts } = self.state
  const found = new Map<number, number>()
  let total = 0
  counts.each(({ count }) => {
    found.set(count | 0, (found.get(count | 0) ?? 0) + 1)
    total++
  })
  counts.clear()
  for (const [aggregate, count] of found) counts.insert(-1, aggregate)!.count = count
  self.counters.count = total
}
