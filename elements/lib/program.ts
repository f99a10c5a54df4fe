// Decision programs: what Classifier, IPClassifier and IPFilter compile their patterns to.
//
// A program is a graph of steps. Each compares one 32-bit word of the packet under a mask and
// goes on at `yes`, `no` or, where the packet ends before the bytes that it looks at, `short`. A
// target from 0 up is a step, always a later one; below 0 it is the complement of an output.
//
//   step 0 ──no──▶ step 3 ──no──▶ [3]      offsets: Classifier       bytes of the packet
//     │yes           │yes                           IPFilter   2 +   of the MAC header
//   step 1 ──▶ …    [2]                                       256 +  of the network header
//                                                             512 +  of the transport header
//
// `optimize` walks the graph in order, keeps for each step what is known of the packet on every
// way to it, and lets each edge jump over steps whose answer is known.

export interface Step {
  readonly offset: number
  readonly mask: number
  readonly value: number
  /** Bytes from the offset on that must be there: all of the field, whatever the mask is. */
  readonly bytes: number
  yes: number
  no: number
  short: number
}

export interface Program {
  readonly steps: readonly Step[]
  /** The first step, or the complement of an output. */
  readonly start: number
}

/** Output of packets that match nothing, and of 'drop'. */
export const NOWHERE = 0x7fffffff

export const MAC_BASE = 2
export const NET_BASE = 256
export const TRANSPORT_BASE = 512

/** What a pattern says: a tree over word tests. */
export type Expr =
  | { readonly kind: 'const'; readonly value: boolean }
  | {
      readonly kind: 'test'
      readonly offset: number
      readonly mask: number
      readonly value: number
      readonly bytes: number
    }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expr[] }
  /** 'not' is true where bytes are missing; 'isnt' is a negative test and false there. */
  | { readonly kind: 'not' | 'isnt'; readonly of: Expr }
  | { readonly kind: 'cond'; readonly test: Expr; readonly then: Expr; readonly otherwise: Expr }

export const TRUE: Expr = { kind: 'const', value: true }
export const FALSE: Expr = { kind: 'const', value: false }

/** @param bytes of the word that must be there; by default those that the mask has */
export function test(
  offset: number,
  mask: number,
  value: number,
  bytes: number = maskBytes(mask),
): Expr {
  return { kind: 'test', offset, mask: mask | 0, value: value & mask, bytes }
}

function maskBytes(mask: number): number {
  if ((mask & 0xff) !== 0) return 4
  if ((mask & 0xff00) !== 0) return 3
  return (mask & 0xff0000) !== 0 ? 2 : 1
}

export function and(...of: Expr[]): Expr {
  return of.length === 1 ? of[0]! : { kind: 'and', of }
}
export function or(...of: Expr[]): Expr {
  return of.length === 1 ? of[0]! : { kind: 'or', of }
}

/** A pattern and the output of packets that match it. */
export interface Rule {
  readonly expr: Expr
  readonly output: number
}

/**
 * Compiles rules, tried in order. `unused` gets the index of each rule that no packet can reach or
 * match.
 */
export function compileRules(rules: readonly Rule[], unused: (rule: number) => void): Program {
  // Built from the last rule to the first, so that every target exists before what jumps there.
  // The outputs are numbers of rules until the end: that tells which rules are never reached.
  const made: Step[] = []
  let next = ~rules.length
  for (let i = rules.length - 1; i >= 0; i--) next = emit(made, rules[i]!.expr, ~i, next, next)
  const optimized = optimize(ordered(made, next))
  const reached = new Set<number>([optimized.start])
  for (const s of optimized.steps) reached.add(s.yes).add(s.no).add(s.short)
  for (let i = 0; i < rules.length; i++) if (!reached.has(~i)) unused(i)
  const final = (t: number) => (t >= 0 ? t : ~(rules[~t]?.output ?? NOWHERE))
  const steps = optimized.steps.map((s) => ({
    ...s,
    yes: final(s.yes),
    no: final(s.no),
    short: final(s.short),
  }))
  return { steps, start: final(optimized.start) }
}

/** Adds the steps of an expression; targets and result are indexes into `made`, or outputs. */
function emit(made: Step[], e: Expr, yes: number, no: number, short: number): number {
  switch (e.kind) {
    case 'const':
      return e.value ? yes : no
    case 'test':
      if (e.mask === 0) return yes
      return made.push({ ...testOf(e), yes, no, short }) - 1
    case 'not':
      return emit(made, e.of, no, yes, yes)
    case 'isnt':
      return emit(made, e.of, no, yes, short)
    case 'cond': {
      const otherwise = emit(made, e.otherwise, yes, no, short)
      const then = emit(made, e.then, yes, no, short)
      return emit(made, e.test, then, otherwise, otherwise)
    }
    case 'and': {
      let next = yes
      for (let i = e.of.length - 1; i >= 0; i--) next = emit(made, e.of[i]!, next, no, short)
      return next
    }
    case 'or': {
      // Missing bytes make this alternative false, so the next one is asked; but under a negative
      // test they make the whole false at once.
      let next = no
      for (let i = e.of.length - 1; i >= 0; i--)
        next = emit(made, e.of[i]!, yes, next, short === no ? next : short)
      return next
    }
  }
}

function testOf(
  e: Extract<Expr, { kind: 'test' }>,
): Pick<Step, 'offset' | 'mask' | 'value' | 'bytes'> {
  const { offset, mask, value, bytes } = e
  return { offset, mask, value, bytes }
}

/** Steps were made last first: turns them round, so that targets are later steps. */
function ordered(made: readonly Step[], start: number): Program {
  const last = made.length - 1
  const at = (t: number) => (t < 0 ? t : last - t)
  const steps = made.map((s) => ({ ...s, yes: at(s.yes), no: at(s.no), short: at(s.short) }))
  return { steps: steps.reverse(), start: at(start) }
}

/** What is known of one word of the packet. */
interface Word {
  mask: number
  value: number
  /** Pairs of mask and value that it does not have. */
  readonly not: readonly (readonly [number, number])[]
}

/** What is known on the way to a step. */
interface Known {
  /** By offset. */
  readonly words: ReadonlyMap<number, Word>
  /** By header: a place up to which it is there, and one up to which it is not. */
  readonly present: ReadonlyMap<number, number>
  readonly absent: ReadonlyMap<number, number>
}

/** Values that a word is known not to have, the latest: with more, long programs take for ever. */
const DENIALS_MAX = 128

/** Steps that an edge is led over: further on there are searches (program-search.ts) for it. */
const HOPS_MAX = 64

const NOTHING: Known = { words: new Map(), present: new Map(), absent: new Map() }

const baseOf = (offset: number) => offset - (offset % 256)

function optimize(program: Program): Program {
  const steps = program.steps.map((s) => ({ ...s }))
  const known: (Known | null)[] = steps.map(() => null)
  const start = program.start
  if (start >= 0) known[start] = NOTHING
  for (let i = 0; i < steps.length; i++) {
    const here = known[i]
    const s = steps[i]!
    if (here === null || here === undefined) continue
    s.yes = follow(steps, known, learnt(here, s, true), s.yes)
    s.no = follow(steps, known, learnt(here, s, false), s.no)
    s.short = follow(steps, known, lacking(here, s), s.short)
  }
  // Where 'no' leads to the same by way of later steps that are too short, they share one edge.
  for (const [i, s] of steps.entries()) {
    if (known[i] == null) continue
    const without = lacking(known[i], s)
    if (lead(steps, without, s.short) === lead(steps, without, s.no)) s.short = s.no
  }
  return compact(steps, known, start)
}

/** Where an edge leads once steps with a known answer are jumped over; notes what it brings. */
function follow(steps: Step[], known: (Known | null)[], facts: Known, target: number): number {
  const t = lead(steps, facts, target)
  note(known, t, facts)
  return t
}

function lead(steps: readonly Step[], facts: Known, target: number): number {
  let t = target
  for (let hops = 0; t >= 0 && hops < HOPS_MAX; hops++) {
    const s = steps[t]!
    const base = baseOf(s.offset)
    const absent = facts.absent.get(base)
    const answer = implied(facts, s)
    if (absent !== undefined && s.offset + s.bytes >= absent) t = s.short
    else if (answer === null) break
    else t = answer ? s.yes : s.no
  }
  return t
}

function note(known: (Known | null)[], target: number, facts: Known): void {
  if (target < 0) return
  const before = known[target]
  known[target] = before == null ? facts : common(before, facts)
}

/** What is known where the packet was too short for a step. */
function lacking(before: Known, s: Step): Known {
  const absent = new Map(before.absent)
  const base = baseOf(s.offset)
  const end = s.offset + s.bytes
  absent.set(base, Math.min(absent.get(base) ?? end, end))
  return { ...before, absent }
}

function learnt(before: Known, s: Step, yes: boolean): Known {
  const words = new Map(before.words)
  const w = words.get(s.offset) ?? { mask: 0, value: 0, not: [] }
  if (yes) {
    words.set(s.offset, { mask: w.mask | s.mask, value: w.value | s.value, not: w.not })
  } else {
    // A single bit that is not v is known: it is the other.
    const bit = (s.mask & (s.mask - 1)) === 0
    words.set(
      s.offset,
      bit
        ? { mask: w.mask | s.mask, value: w.value | (s.mask & ~s.value), not: w.not }
        : { ...w, not: [...w.not.slice(1 - DENIALS_MAX), [s.mask, s.value] as const] },
    )
  }
  const present = new Map(before.present)
  const base = baseOf(s.offset)
  present.set(base, Math.max(present.get(base) ?? 0, s.offset + s.bytes))
  return { words, present, absent: before.absent }
}

/** The answer of a step where it follows from what is known; null where it does not. */
function implied(k: Known, s: Step): boolean | null {
  const w = k.words.get(s.offset)
  if (w === undefined) return null
  const there = (k.present.get(baseOf(s.offset)) ?? 0) >= s.offset + s.bytes
  if (there && (s.mask & ~w.mask) === 0 && (w.value & s.mask) === s.value) return true
  if (!there && s.short !== s.no) return null
  if (((w.value ^ s.value) & w.mask & s.mask) !== 0) return false
  for (const [mask, value] of w.not) {
    if ((mask & ~s.mask) === 0 && (s.value & mask) === value) return false
  }
  return null
}

/** What both ways know. */
function common(a: Known, b: Known): Known {
  const words = new Map<number, Word>()
  for (const [offset, x] of a.words) {
    const y = b.words.get(offset)
    if (y === undefined) continue
    const mask = x.mask & y.mask & ~(x.value ^ y.value)
    const not = x.not.filter(([m, v]) => y.not.some(([n, u]) => n === m && u === v))
    words.set(offset, { mask, value: x.value & mask, not })
  }
  const present = new Map<number, number>()
  for (const [base, bytes] of a.present)
    present.set(base, Math.min(bytes, b.present.get(base) ?? 0))
  const absent = new Map<number, number>()
  for (const [base, end] of a.absent) {
    const other = b.absent.get(base)
    if (other !== undefined) absent.set(base, Math.max(end, other))
  }
  return { words, present, absent }
}

/** Leaves out steps that nothing leads to. */
function compact(steps: Step[], known: (Known | null)[], start: number): Program {
  const number = new Map<number, number>()
  const kept = steps.filter((_, i) => {
    if (known[i] === null) return false
    number.set(i, number.size)
    return true
  })
  const at = (t: number) => (t < 0 ? t : number.get(t)!)
  return {
    steps: kept.map((s) => ({ ...s, yes: at(s.yes), no: at(s.no), short: at(s.short) })),
    start: at(start),
  }
}
