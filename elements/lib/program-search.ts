// Runs of steps that ask the same word for one value after the other, as the source networks of a
// firewall's rules are asked for, become one search.
//
//   0: 10.1.0.0/16? ─no▶ 1: 10.2.3.0/24? ─no▶ 2: 10.0.0.0/8? ─no▶ X
//        │yes              │yes                │yes
//        A                 B                   C
//
//   ⟶  bounds    10.0.0.0  10.1.0.0  10.2.0.0  10.2.3.0  10.2.4.0  11.0.0.0
//      match   –  2         0, 2      2         1, 2      2         –
//
// A packet that comes to step k of the run goes on at the first match from k on: `yes` of that step,
// or X. Masks may differ as long as they are prefixes of one field.

import type { Program, Step } from './program.ts'

export interface Run {
  /** Its steps, as numbers of the program, in order. */
  readonly members: readonly number[]
  readonly offset: number
  /** Bytes that must be there; of a shorter packet the steps are asked one by one. */
  readonly bytes: number
  /** All bits that are asked, and how far they are from the low end. */
  readonly mask: number
  readonly shift: number
  /** Ascending first values of stretches but the first, as signed numbers (top bit flipped). */
  readonly bounds: readonly number[]
  /** Of each stretch the places in `members` that match it, ascending. */
  readonly matches: readonly (readonly number[])[]
}

/** Shorter runs are as fast step by step. */
const RUN_MIN = 6
/** Matches of a run over all stretches: with more it stays as it is. */
const MATCHES_MAX = 1_048_576

/** The runs of a program. No two share a step. */
export function findRuns(program: Program): Run[] {
  const { steps } = program
  const taken = new Uint8Array(steps.length)
  const runs: Run[] = []
  for (let head = 0; head < steps.length; head++) {
    if (taken[head] === 1) continue
    const members = membersFrom(steps, head, taken)
    if (members.length < RUN_MIN) continue
    const run = runOf(members, steps)
    if (run === null) continue
    for (const member of members) taken[member] = 1
    runs.push(run)
  }
  return runs
}

/** Whether all masks are prefixes of the field that they make up together. */
function isField(union: number, masks: ReadonlySet<number>): boolean {
  return isStretch(union) && [...masks].every((mask) => isPrefix(mask, union))
}

/** Ones without a gap. */
function isStretch(mask: number): boolean {
  const low = mask & -mask
  return mask !== 0 && ((mask + low) & mask) === 0
}

/** The high ones of a stretch. */
function isPrefix(mask: number, union: number): boolean {
  const rest = (union ^ mask) >>> 0
  return rest === 0 || ((rest & (union & -union)) !== 0 && isStretch(rest))
}

/** Steps from a head on by `no`, as long as one search can answer all of them. */
function membersFrom(steps: readonly Step[], head: number, taken: Uint8Array): number[] {
  const members: number[] = []
  const masks = new Set<number>()
  let union = 0
  for (let t = head; t >= 0 && taken[t] === 0; t = steps[t]!.no) {
    const s = steps[t]!
    if (s.offset !== steps[head]!.offset) break
    if (!masks.has(s.mask)) {
      if (!isField(union | s.mask, new Set([...masks, s.mask]))) break
      masks.add(s.mask)
      union |= s.mask
    }
    members.push(t)
  }
  return members
}

/** null: it has too many matches. */
function runOf(members: readonly number[], steps: readonly Step[]): Run | null {
  const { offset } = steps[members[0]!]!
  const bytes = Math.max(...members.map((t) => steps[t]!.bytes))
  const mask = members.reduce((m, t) => m | steps[t]!.mask, 0)
  const shift = 31 - Math.clz32(mask & -mask)
  const stretches = members.map((t) => {
    const s = steps[t]!
    const low = (s.value >>> shift) >>> 0
    return { low, high: low + ((mask ^ s.mask) >>> shift) + 1 }
  })
  const cuts = [...new Set(stretches.flatMap((s) => [s.low, s.high]))].sort((a, b) => a - b)
  if (cuts[0] !== 0) cuts.unshift(0)
  const at = new Map(cuts.map((cut, i) => [cut, i]))
  const matches: number[][] = cuts.map(() => [])
  let total = 0
  for (const [place, { low, high }] of stretches.entries()) {
    total += at.get(high)! - at.get(low)!
    if (total > MATCHES_MAX) return null
    for (let i = at.get(low)!; i < at.get(high)!; i++) matches[i]!.push(place)
  }
  // Past the highest value no stretch begins.
  const inside = cuts.slice(1).filter((cut) => cut < 2 ** 32)
  const bounds = inside.map((cut) => (cut ^ 0x80000000) | 0)
  return {
    members,
    offset,
    bytes,
    mask,
    shift,
    bounds,
    matches,
  }
}
