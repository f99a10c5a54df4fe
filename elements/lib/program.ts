// Decision programs: what Classifier, IPClassifier and IPFilter compile their patterns to.
//
// A program is a graph of steps. Each compares one 32-bit word of the packet under a mask and goes
// on at `yes`, `no` or, where the packet ends before the bytes that it looks at, `short`. A target
// from 0 up is a step, always a later one; below 0 it is the complement of an output.
//
//   step 0 ──no──▶ step 3 ──no──▶ [3]      offsets: Classifier       bytes of the packet
//     │yes           │yes                           IPFilter   2 +   of the MAC header
//   step 1 ──▶ …    [2]                                       256 +  of the network header
//                                                             512 +  of the transport header
//
// `optimize` walks the graph in order, keeps for each step what is known of the packet on every way
// to it, and lets each edge jump over steps whose answer is known.

export interface Step {
  readonly offset: number
  readonly mask: number
  readonly value: number
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
    }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expr[] }
  /** 'not' is true where bytes are missing; 'isnt' is a negative test and false there. */
  | { readonly kind: 'not' | 'isnt'; readonly of: Expr }
  | { readonly kind: 'cond'; readonly test: Expr; readonly then: Expr; readonly otherwise: Expr }

export const TRUE: Expr = { kind: 'const', value: true }
export const FALSE: Expr = { kind: 'const', value: false }

export function test(offset: number, mask: number, value: number): Expr {
  return { kind: 'test', offset, mask: mask | 0, value: value & mask }
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

/** Bytes from the step's offset on that it needs. */
export function bytesNeeded(step: Step): number {
  if ((step.mask & 0xff) !== 0) return 4
  if ((step.mask & 0xff00) !== 0) return 3
  return (step.mask & 0xff0000) !== 0 ? 2 : 1
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
      return made.push({ offset: e.offset, mask: e.mask, value: e.value, yes, no, short }) - 1
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

/** What is known on the way to a step: words by offset, and how much of each header is there. */
interface Known {
  readonly words: ReadonlyMap<number, Word>
  readonly present: ReadonlyMap<number, number>
}

const NOTHING: Known = { words: new Map(), present: new Map() }

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
    s.short = follow(steps, known, here, s.short)
  }
  return compact(steps, known, start)
}

/** Where an edge leads once steps with a known answer are jumped over; notes what it brings. */
function follow(steps: Step[], known: (Known | null)[], facts: Known, target: number): number {
  let t = target
  while (t >= 0) {
    const answer = implied(facts, steps[t]!)
    if (answer === null) break
    t = answer ? steps[t]!.yes : steps[t]!.no
  }
  if (t >= 0) known[t] = known[t] == null ? facts : common(known[t]!, facts)
  return t
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
        : { ...w, not: [...w.not, [s.mask, s.value] as const] },
    )
  }
  const present = new Map(before.present)
  const base = baseOf(s.offset)
  present.set(base, Math.max(present.get(base) ?? 0, s.offset + bytesNeeded(s)))
  return { words, present }
}

/** The answer of a step where it follows from what is known; null where it does not. */
function implied(k: Known, s: Step): boolean | null {
  const w = k.words.get(s.offset)
  if (w === undefined) return null
  const there = (k.present.get(baseOf(s.offset)) ?? 0) >= s.offset + bytesNeeded(s)
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
  return { words, present }
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
