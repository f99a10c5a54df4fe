// Compiles a graph into JavaScript: one function for each push path and for each pull path.
//
// An element-at-a-time interpreter pays a megamorphic call for every element and packet. Here each
// element call is written out with its own constants, so that the JIT compiler sees one target for
// each call and inlines it:
//
//   const push_3_0 = function (p) { // from CheckIPHeader
//     const o3 = f3(s3, p, 0)
//     if (o3 !== 0) return side_3(o3, p)      // other outputs, drops: out of the hot function
//     p = f4(s4, p)
//     if (p === null) return pool.free(..)
//     ...
//
// A chain of `action` and `route` elements is one function. Where several outputs join, the rest is
// a function that all of them call: so loops in the graph are plain recursion by name. Elements
// with a `push` function get the packet and emit it by `self.out[k]`, which are these functions
// too. Elements that hand packets on by their return value rarely emit by themselves; for them
// `self.out` has one function a step (`emit_…`), so that no chain is written out again for each of
// its parts.

import type { AnyElement, PullFn, PushFn } from './element.ts'
import type { Packet, Pool } from './packet.ts'

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

export interface Compiled {
  readonly source: string
  /** By element and output: push functions (pull outputs: frees the packet). */
  readonly out: readonly (readonly PushFn[])[]
  /** By element and input: pull functions (push inputs: returns null). */
  readonly in: readonly (readonly PullFn[])[]
  /** By element: its task; one without does nothing. */
  readonly task: readonly (() => boolean)[]
}

type Step = (self: unknown, p: Packet, port: number) => unknown

/** The generated text alone, for looking at: nothing is made of it. */
export function compiledSource(nodes: readonly Omit<Node, 'self'>[]): string {
  return new Writer(nodes.map((node) => ({ ...node, self: null }))).write()
}

export function compile(nodes: readonly Node[], pool: Pool): Compiled {
  const writer = new Writer(nodes)
  const source = writer.write()
  const steps = nodes.map(stepOf)
  const selves = nodes.map((n) => n.self)
  const specs = nodes.map((n) => n.spec)
  const build = new Function('selves', 'steps', 'specs', 'pool', `'use strict'\n${source}`)
  return { source, ...build(selves, steps, specs, pool) }
}

/** The function that generated code calls for a node. */
function stepOf(node: Node): Step {
  const { spec, self } = node
  if (spec.specialize !== undefined) return spec.specialize(self) as Step
  if (spec.action !== undefined) return spec.action as Step
  if (spec.route !== undefined) return spec.route as Step
  return (() => undefined) as Step // push and pull are called by their own names
}

type Kind = 'action' | 'route' | 'push'

function kindOf(spec: AnyElement): Kind {
  if (spec.specialize !== undefined || spec.route !== undefined) return 'route'
  return spec.action !== undefined ? 'action' : 'push'
}

class Writer {
  readonly #nodes: readonly Node[]
  /** Number of outputs that push to an input, by `element:port`. */
  readonly #joins = new Map<string, number>()
  readonly #functions = new Map<string, string[]>()
  readonly #pending: (() => void)[] = []

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes
    for (const node of nodes) {
      for (const to of node.outputs) {
        if (to === null || to === 'pull') continue
        const key = `${to.element}:${to.port}`
        this.#joins.set(key, (this.#joins.get(key) ?? 0) + 1)
      }
    }
  }

  write(): string {
    const out = this.#nodes.map((node) =>
      node.outputs.map((to) => this.#outFunction(node, to)).join(', '),
    )
    const input = this.#nodes.map((node, i) =>
      node.inputs.map((_, port) => this.#inFunction(i, port)).join(', '),
    )
    while (this.#pending.length > 0) this.#pending.pop()!()
    const lines: string[] = ['// One self and one step function an element.']
    this.#nodes.forEach((node, i) => {
      lines.push(`const s${i} = selves[${i}] // ${node.name} :: ${node.spec.name}`)
      if (kindOf(node.spec) !== 'push') lines.push(`const f${i} = steps[${i}]`)
      if (node.spec.push !== undefined) lines.push(`const push${i} = specs[${i}].push`)
      if (node.spec.pull !== undefined) lines.push(`const pull${i} = specs[${i}].pull`)
      if (node.spec.task !== undefined) lines.push(`const task${i} = specs[${i}].task`)
    })
    lines.push('const drop = function (p) { pool.free(p) }')
    lines.push('const none = function () { return null }')
    lines.push('const idle = function () { return false }')
    for (const body of this.#functions.values()) lines.push('', ...body)
    lines.push('', 'return {')
    lines.push('  out: [', ...out.map((o) => `    [${o}],`), '  ],')
    lines.push('  in: [', ...input.map((o) => `    [${o}],`), '  ],')
    lines.push('  task: [', ...this.#nodes.map((node, i) => `    ${taskOf(node, i)},`), '  ],', '}')
    return lines.join('\n')
  }

  #outFunction(node: Node, to: PortRef | null | 'pull'): string {
    if (to === null || to === 'pull') return 'drop'
    return kindOf(node.spec) === 'push' ? this.#pushFunction(to) : this.#emitFunction(to)
  }

  /** Name of the fused function from an input on; written when first asked for. */
  #pushFunction(to: PortRef): string {
    const name = `push_${to.element}_${to.port}`
    this.#define(name, () => [
      `const ${name} = function (p) { // ${this.#names(to)}`,
      ...indent(this.#deliver(to)),
      '}',
    ])
    return name
  }

  /** Like #pushFunction, but of one step only. */
  #emitFunction(to: PortRef): string {
    if (kindOf(this.#nodes[to.element]!.spec) === 'push' || this.#isJoin(to))
      return this.#pushFunction(to)
    const name = `emit_${to.element}_${to.port}`
    this.#define(name, () => [
      `const ${name} = function (p) { // ${this.#names(to)}`,
      ...indent(this.#step(to, (next) => [`${this.#emitFunction(next)}(p)`], 'emit')),
      '}',
    ])
    return name
  }

  #define(name: string, body: () => string[]): void {
    if (this.#functions.has(name)) return
    this.#functions.set(name, [])
    this.#pending.push(() => this.#functions.set(name, body()))
  }

  #isJoin(to: PortRef): boolean {
    return (this.#joins.get(`${to.element}:${to.port}`) ?? 0) > 1
  }

  #names(to: PortRef): string {
    return `[${to.port}] ${this.#nodes[to.element]!.name}`
  }

  /** Statements that take packet `p` into an input and all that follows. */
  #deliver(to: PortRef): string[] {
    return this.#step(to, (next) => this.#goOn(next), 'push')
  }

  #goOn(next: PortRef): string[] {
    const inlined = kindOf(this.#nodes[next.element]!.spec) === 'push' || !this.#isJoin(next)
    return inlined ? this.#deliver(next) : [`${this.#pushFunction(next)}(p)`]
  }

  #step(to: PortRef, goOn: (next: PortRef) => string[], mode: 'push' | 'emit'): string[] {
    const i = to.element
    const node = this.#nodes[i]!
    const rest = (k: number): string[] => {
      const next = node.outputs[k]
      return next === undefined || next === null || next === 'pull' ? ['pool.free(p)'] : goOn(next)
    }
    switch (kindOf(node.spec)) {
      case 'push':
        return [`push${i}(s${i}, ${to.port}, p)`]
      case 'action':
        return [`const p${i} = f${i}(s${i}, p)`, ...keep(i, 'return'), ...rest(0)]
      case 'route':
        return this.#route(to, node, rest, mode)
    }
  }

  #route(to: PortRef, node: Node, rest: (k: number) => string[], mode: 'push' | 'emit'): string[] {
    const i = to.element
    const call = `f${i}(s${i}, p, ${to.port})`
    if (node.outputs.length > 2) {
      const cases = node.outputs.map((_, k) => `  case ${k}: ${this.#far(node, k, mode)}(p); break`)
      return [`switch (${call}) {`, ...cases, '  case -2: break', '  default: pool.free(p)', '}']
    }
    const side = this.#sideFunction(i, node, mode)
    return [`const o${i} = ${call}`, `if (o${i} !== 0) { ${side}(o${i}, p); return }`, ...rest(0)]
  }

  /** Function of an output of an element with many. */
  #far(node: Node, k: number, mode: 'push' | 'emit'): string {
    const next = node.outputs[k]
    if (next === undefined || next === null || next === 'pull') return 'drop'
    return mode === 'emit' ? this.#emitFunction(next) : this.#pushFunction(next)
  }

  /** Function of what is not output 0: output 1, held packets, drops. */
  #sideFunction(i: number, node: Node, mode: 'push' | 'emit'): string {
    const name = mode === 'emit' ? `emit_side_${i}` : `side_${i}`
    const second = node.outputs.length > 1 ? this.#far(node, 1, mode) : null
    this.#define(name, () => [
      `const ${name} = function (o, p) { // other ways out of ${node.name}`,
      ...(second === null ? [] : [`  if (o === 1) { ${second}(p); return }`]),
      '  if (o !== -2) pool.free(p)',
      '}',
    ])
    return name
  }

  #inFunction(i: number, port: number): string {
    const from = this.#nodes[i]!.inputs[port]
    if (from === undefined || from === null || from === 'push') return 'none'
    const name = `pull_${from.element}_${from.port}`
    this.#define(name, () => [
      `const ${name} = function () { // ${this.#nodes[from.element]!.name} [${from.port}]`,
      ...indent(this.#fetch(from, 0)),
      '  return p',
      '}',
    ])
    return name
  }

  /** Statements that leave in `p` a packet fetched from an output, or return null. */
  #fetch(from: PortRef, depth: number): string[] {
    if (depth > this.#nodes.length) throw new Error('pull path without an end')
    const i = from.element
    const node = this.#nodes[i]!
    const nothing = 'if (p === null) return null'
    if (kindOf(node.spec) === 'push') {
      const call = node.spec.pull === undefined ? 'null' : `pull${i}(s${i}, ${from.port})`
      return [`let p = ${call}`, nothing]
    }
    const source = node.inputs[0]
    if (source === undefined || source === null || source === 'push')
      return ['let p = null', nothing]
    const before = this.#fetch(source, depth + 1)
    if (kindOf(node.spec) === 'action')
      return [...before, `const p${i} = f${i}(s${i}, p)`, ...keep(i, 'return null')]
    const side = this.#sideFunction(i, node, 'push')
    return [
      ...before,
      `const o${i} = f${i}(s${i}, p, 0)`,
      `if (o${i} !== 0) { ${side}(o${i}, p); return null }`,
    ]
  }
}

/** A function of its own for each task: to the JIT compiler `self` is a constant in it. */
function taskOf({ spec }: Node, i: number): string {
  return spec.task === undefined ? 'idle' : `function () { return task${i}(s${i}) }`
}

/** After an action: the packet that it gave back goes on; none: the one that went in is freed. */
function keep(i: number, leave: string): string[] {
  return [`if (p${i} === null) { pool.free(p); ${leave} }`, `p = p${i}`]
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
