// Compiles a graph into JavaScript (path-writer.ts has what it looks like), and makes its functions.
//
// Where one configuration takes the place of another, functions whose text is what it was, down to
// the last that they call, are taken as they are: with the machine code that the JIT compiler has
// made of them. Only what has changed begins cold.

import type { AnyElement, PullFn, PushFn } from './element.ts'
import type { Packet, Pool } from './packet.ts'
import { type Program, Writer } from './path-writer.ts'

export interface PortRef {
  readonly element: number
  readonly port: number
}

/** One element as the compiler sees it. */
export interface Node {
  readonly name: string
  readonly spec: AnyElement
  // biome-ignore lint/suspicious/noExplicitAny: every element's own self
  readonly self: any
  /** For each output: where it pushes to; null: not connected; 'pull': it is pulled. */
  readonly outputs: readonly (PortRef | null | 'pull')[]
  /**
   * For each input: the output that it pulls from; null: not connected; 'push': it is pushed to.
   */
  readonly inputs: readonly (PortRef | null | 'push')[]
}

/** What is compiled: with what the text has of it, so that two texts can be compared. */
export interface CompileNode extends Node {
  readonly seat: { readonly id: number }
  step: Step | null
}

// biome-ignore lint/complexity/noBannedTypes: push, pull and task functions, by name
type AnyFunction = Function

export interface Compiled {
  /** The text of all, for people. */
  readonly source: () => string
  /** By element and output: push functions (pull outputs: frees the packet). */
  readonly out: readonly (readonly PushFn[])[]
  /** By element and input: pull functions (push inputs: returns null). */
  readonly in: readonly (readonly PullFn[])[]
  /** By element: its task; one without does nothing. */
  readonly task: readonly (() => boolean)[]
  /** Every function with its text, by name. */
  readonly functions: ReadonlyMap<string, { readonly text: string; readonly code: AnyFunction }>
  /** Functions that were taken as they are, with all that the JIT compiler knows of them. */
  readonly reused: number
}

export type Step = (self: unknown, p: Packet, port: number) => unknown

/** The generated text alone, for looking at: nothing is made of it. */
export function compiledSource(nodes: readonly Omit<Node, 'self'>[]): string {
  return new Writer(nodes.map((node, id) => ({ ...node, self: null, seat: { id } })))
    .write()
    .source()
}

/** @param before what runs now: functions of the same text are the same again */
export function compile(
  nodes: readonly CompileNode[],
  pool: Pool,
  before: Compiled | null = null,
): Compiled {
  const steps = compileSteps(nodes, pool, before)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** The same in steps. */
export function* compileSteps(
  nodes: readonly CompileNode[],
  pool: Pool,
  before: Compiled | null,
): Generator<void, Compiled> {
  const program = yield* new Writer(nodes).steps()
  for (const node of nodes) node.step ??= stepOf(node)
  yield
  const kept =
    before === null ? new Map<string, AnyFunction>() : yield* sameFunctions(program, before)
  yield
  const made = makeFunctions(program, nodes, pool, kept)
  yield
  const code = (name: string): AnyFunction => kept.get(name) ?? made[name]!
  const functions = new Map(
    [...program.functions].map(([name, text]) => [name, { text, code: code(name) }]),
  )
  return {
    source: program.source,
    out: program.out.map((names) => names.map((name) => code(name) as PushFn)),
    in: program.in.map((names) => names.map((name) => code(name) as PullFn)),
    task: program.task.map((name) => code(name) as () => boolean),
    functions,
    reused: kept.size,
  }
}

/** A name in generated code: of a self, a step, an element's own function, a function. */
const NAMES = /\b(?:(?:s|f|push|pull|task)\d+|[a-z_]+_\d+(?:_\d+)?|drop|none|idle|pool)\b/g

function namesIn(text: string): Set<string> {
  return new Set(text.replaceAll(/\/\/.*$/gm, '').match(NAMES) ?? [])
}

/**
 * Functions whose text is what it was, and so is that of all that they call: numbers of instances
 * are never used twice, so the same text means the same instances.
 */
function* sameFunctions(
  program: Program,
  before: Compiled,
): Generator<void, Map<string, AnyFunction>> {
  const same = new Map<string, AnyFunction>()
  const calls = new Map<string, string[]>()
  let n = 0
  for (const [name, text] of program.functions) {
    if (n++ % 8 === 7) yield
    const old = before.functions.get(name)
    if (old === undefined || bare(old.text) !== bare(text)) continue
    same.set(name, old.code)
    calls.set(
      name,
      [...namesIn(text)].filter((other) => program.functions.has(other)),
    )
  }
  yield
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const name of same.keys()) {
      if (calls.get(name)!.every((other) => same.has(other))) continue
      same.delete(name)
      shrunk = true
    }
  }
  return same
}

/** Without comments: they have the names of elements, which may change with their place. */
function bare(text: string): string {
  return text.replaceAll(/\/\/.*$/gm, '')
}

/** Makes the functions that are not kept, with constants for all that they refer to. */
function makeFunctions(
  program: Program,
  nodes: readonly CompileNode[],
  pool: Pool,
  kept: ReadonlyMap<string, AnyFunction>,
): Record<string, AnyFunction> {
  const fresh = [...program.functions].filter(([name]) => !kept.has(name))
  const texts = fresh.map(([, text]) => text)
  const whole = kept.size === 0
  const used = whole ? new Set<string>() : namesIn(texts.join('\n'))
  const constants = program.constants.filter(({ name }) => whole || used.has(name))
  const lines = [
    ...constants.map(({ text }) => text),
    ...[...kept.keys()].filter((n) => used.has(n)).map((n) => `const ${n} = kept.get('${n}')`),
    ...texts,
    'return {',
    ...fresh.map(([name]) => `  ${name},`),
    '}',
  ]
  const steps = nodes.map((n) => n.step)
  const selves = nodes.map((n) => n.self)
  const specs = nodes.map((n) => n.spec)
  const text = `'use strict'\n${lines.join('\n')}`
  return new Function('selves', 'steps', 'specs', 'pool', 'kept', text)(
    selves,
    steps,
    specs,
    pool,
    kept,
  )
}

/** The function that generated code calls for a node. */
function stepOf(node: Node): Step {
  const { spec, self } = node
  if (spec.specialize !== undefined) return spec.specialize(self) as Step
  if (spec.action !== undefined) return spec.action as Step
  if (spec.route !== undefined) return spec.route as Step
  return (() => undefined) as Step // push and pull are called by their own names
}
