// A compound element's definition with all its names resolved: what `flatten` makes instances of.
// The file itself is one, too, without `input` and `output`.
//
// Connections to the outside, and through groups, run through *tunnels*: a connection that reaches
// an input of a tunnel goes on from the same output of the tunnel's `jump`. For a compound element
// C (or a group) there are three, drawn with their jumps:
//
//     … -> C ┄┄┄> C/input -> (inside) -> C/output ┄┄┄> C -> …

import { OVERLOADS_MAX } from '../limits.ts'
import type { Param } from './ast.ts'
import { LimitReached } from './findings.ts'

export type ClassValue =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'compound'; readonly compound: Compound }

export interface BodyNode {
  /** Unique in its compound. */
  name: string
  /** Null: a tunnel. */
  readonly cls: ClassValue | null
  readonly config: string
  readonly where: string
  /** Of a tunnel, see above; -1: nothing may connect to its inputs. */
  jump: number
  /** One more than the highest port that is connected. */
  ninputs: number
  noutputs: number
}

export interface BodyConnection {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
  readonly where: string
}

export interface Compound {
  /** Class name; '': anonymous, or the file. */
  readonly name: string
  readonly where: string
  /** Depth of the variable scope of its instances: how many blocks it is in; 0 for the file. */
  readonly depth: number
  readonly params: readonly Param[]
  /** Variables that it defines, in order. */
  readonly defines: readonly { readonly name: string; readonly value: string }[]
  /** `input` and `output` come first, except in the file. */
  readonly nodes: readonly BodyNode[]
  readonly connections: readonly BodyConnection[]
  readonly ninputs: number
  readonly noutputs: number
  /** The next overloaded definition, or the class that it extends. */
  next: ClassValue | null
}

const REST = '__REST__'

/**
 * Gives a compound's parameters their values: positional ones first, then keywords, all of which
 * must be there; `__REST__` takes what is left. Null where the arguments do not fit.
 */
export function assignArguments(
  params: readonly Param[],
  args: readonly string[],
): readonly string[] | null {
  const positional = params.filter((p) => p.keyword === '').length
  if (positional === params.length) return args.length === positional ? args : null
  if (args.length < positional) return null
  const hasRest = params.at(-1)!.keyword === REST
  if (!hasRest && args.length > params.length) return null
  const keywords = new Map(params.map((p, i) => [p.keyword, i]))
  const values: (string | null)[] = params.map((_, i) => (i < positional ? args[i]! : null))
  const rest: string[] = []
  for (const arg of args.slice(positional)) {
    const keyword = /^[\w.:?!]+(?=\s|$)/.exec(arg)?.[0] ?? ''
    const at = keywords.get(keyword)
    if (at === undefined || keyword === '' || keyword === REST) rest.push(arg)
    else values[at] = arg.slice(keyword.length).trimStart()
  }
  if (hasRest) values[params.length - 1] = rest.join(', ')
  else if (rest.length > 0) return null
  return values.includes(null) ? null : (values as string[])
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** How a definition shows in messages: `Foo(<arg>, KEY)[1 input, 1 output]`. */
export function signature(compound: Compound): string {
  const params = compound.params.map((p) =>
    p.keyword === '' ? '<arg>' : p.keyword === REST ? '...' : p.keyword,
  )
  const list = params.length > 0 ? `(${params.join(', ')})` : ''
  const ports = `${counted(compound.ninputs, 'input')}, ${counted(compound.noutputs, 'output')}`
  return `${printable(compound)}${list}[${ports}]`
}

export function printable(compound: Compound): string {
  return compound.name === '' ? '<anonymous>' : compound.name
}

/**
 * The first overloaded definition that fits ports and arguments; where none does, the last whose
 * arguments fit, if any. `fits` says whether it is a match; `spend` is called for each one tried.
 */
export function selectOverload(
  first: Compound,
  args: readonly string[],
  ninputs: number,
  noutputs: number,
  spend: () => void,
): { cls: ClassValue | null; fits: boolean; candidates: readonly Compound[] } {
  const candidates: Compound[] = []
  let close: ClassValue | null = null
  let cls: ClassValue | null = { kind: 'compound', compound: first }
  while (cls !== null) {
    if (cls.kind === 'primitive') return { cls, fits: true, candidates }
    const compound: Compound = cls.compound
    if (candidates.push(compound) > OVERLOADS_MAX)
      throw new LimitReached(`too many overloaded definitions (at most ${OVERLOADS_MAX})`)
    spend()
    if (assignArguments(compound.params, args) !== null) {
      close = cls
      if (compound.ninputs === ninputs && compound.noutputs === noutputs)
        return { cls, fits: true, candidates }
    }
    cls = compound.next
  }
  return { cls: close, fits: candidates.length === 1 && close !== null, candidates }
}

/** Candidates that a message lists. */
const SHOWN = 10

/** What is said of an element for which no definition fits. */
export function noMatch(
  compound: Compound,
  args: number,
  ninputs: number,
  noutputs: number,
  candidates: readonly Compound[],
): string {
  const given = args > 0 ? `${counted(args, 'argument')}, ` : ''
  const ports = `${counted(ninputs, 'input')}, ${counted(noutputs, 'output')}`
  const lines = candidates.slice(0, SHOWN).map((c) => `\n  ${c.where}: ${signature(c)}`)
  return `no match for '${printable(compound)}[${given}${ports}]'\ncandidates are:${lines.join('')}`
}
