// Writes the JavaScript that a graph is compiled to (compile.ts): one function for each push path
// and for each pull path. Names in it have the numbers of instances.
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

import type { CompileNode, PortRef } from './compile.ts'
import type { AnyElement } from './element.ts'

type Written = Omit<CompileNode, 'step'>

/** What the compiler has written. */
export interface Program {
  /** All of it, for people. */
  readonly source: () => string
  readonly constants: readonly { readonly name: string; readonly text: string }[]
  readonly functions: ReadonlyMap<string, string>
  /** Names of functions by element and port. */
  readonly out: readonly (readonly string[])[]
  readonly in: readonly (readonly string[])[]
  readonly task: readonly string[]
}

type Kind = 'action' | 'route' | 'push'

function kindOf(spec: AnyElement): Kind {
  if (spec.specialize !== undefined || spec.route !== undefined) return 'route'
  return spec.action !== undefined ? 'action' : 'push'
}

export class Writer {
  readonly #nodes: readonly Written[]
  /** Number of outputs that push to an input, by `element:port`. */
  readonly #joins = new Map<string, number>()
  readonly #functions = new Map<string, string[]>()
  readonly #pending: (() => void)[] = []

  constructor(nodes: readonly Written[]) {
    this.#nodes = nodes
    for (const node of nodes) {
      for (const to of node.outputs) {
        if (to === null || to === 'pull') continue
        const key = `${to.element}:${to.port}`
        this.#joins.set(key, (this.#joins.get(key) ?? 0) + 1)
      }
    }
  }

  write(): Program {
    const steps = this.steps()
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }

  /** The same in steps of a few functions each. */
  *steps(): Generator<void, Program> {
    this.#functions.set('drop', ['const drop = function (p) { pool.free(p) }'])
    this.#functions.set('none', ['const none = function () { return null }'])
    this.#functions.set('idle', ['const idle = function () { return false }'])
    const out = this.#nodes.map((node) => node.outputs.map((to) => this.#outFunction(node, to)))
    const input = this.#nodes.map((node, i) =>
      node.inputs.map((_, port) => this.#inFunction(i, port)),
    )
    const task = this.#nodes.map((node) => this.#taskFunction(node))
    yield
    for (let n = 0; this.#pending.length > 0; n++) {
      this.#pending.pop()!()
      if (n % 8 === 7) yield
    }
    yield
    const constants = this.#constants()
    const functions = new Map([...this.#functions].map(([name, body]) => [name, body.join('\n')]))
    const source = () =>
      [
        '// One self and one step function an element.',
        ...constants.map(({ text }) => text),
        ...[...functions.values()].flatMap((text) => ['', text]),
      ].join('\n')
    return { source, constants, functions, out, in: input, task }
  }

  #constants(): { name: string; text: string }[] {
    const constants: { name: string; text: string }[] = []
    this.#nodes.forEach((node, i) => {
      const { id } = node.seat
      const add = (name: string, value: string) =>
        constants.push({ name, text: `const ${name} = ${value}` })
      add(`s${id}`, `selves[${i}] // ${node.name} :: ${node.spec.name}`)
      if (kindOf(node.spec) !== 'push') add(`f${id}`, `steps[${i}]`)
      for (const own of ['push', 'pull', 'task'] as const)
        if (node.spec[own] !== undefined) add(`${own}${id}`, `specs[${i}].${own}`)
    })
    return constants
  }

  /** A function of its own for each task: to the JIT compiler `self` is a constant in it. */
  #taskFunction({ spec, seat: { id } }: Written): string {
    if (spec.task === undefined) return 'idle'
    const name = `run_${id}`
    this.#define(name, () => [`const ${name} = function () { return task${id}(s${id}) }`])
    return name
  }

  #outFunction(node: Written, to: PortRef | null | 'pull'): string {
    if (to === null || to === 'pull') return 'drop'
    return kindOf(node.spec) === 'push' ? this.#pushFunction(to) : this.#emitFunction(to)
  }

  /** Name of the fused function from an input on; written when first asked for. */
  #pushFunction(to: PortRef): string {
    const name = `push_${this.#id(to.element)}_${to.port}`
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
    const name = `emit_${this.#id(to.element)}_${to.port}`
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

  #id(element: number): number {
    return this.#nodes[element]!.seat.id
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
    const node = this.#nodes[to.element]!
    const i = node.seat.id
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

  #route(
    to: PortRef,
    node: Written,
    rest: (k: number) => string[],
    mode: 'push' | 'emit',
  ): string[] {
    const i = node.seat.id
    const call = `f${i}(s${i}, p, ${to.port})`
    if (node.outputs.length > 2) {
      const cases = node.outputs.map((_, k) => `  case ${k}: ${this.#far(node, k, mode)}(p); break`)
      return [`switch (${call}) {`, ...cases, '  case -2: break', '  default: pool.free(p)', '}']
    }
    const side = this.#sideFunction(node, mode)
    return [`const o${i} = ${call}`, `if (o${i} !== 0) { ${side}(o${i}, p); return }`, ...rest(0)]
  }

  /** Function of an output of an element with many. */
  #far(node: Written, k: number, mode: 'push' | 'emit'): string {
    const next = node.outputs[k]
    if (next === undefined || next === null || next === 'pull') return 'drop'
    return mode === 'emit' ? this.#emitFunction(next) : this.#pushFunction(next)
  }

  /** Function of what is not output 0: output 1, held packets, drops. */
  #sideFunction(node: Written, mode: 'push' | 'emit'): string {
    const { id } = node.seat
    const name = mode === 'emit' ? `emit_side_${id}` : `side_${id}`
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
    const name = `pull_${this.#id(from.element)}_${from.port}`
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
    const node = this.#nodes[from.element]!
    const i = node.seat.id
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
    const side = this.#sideFunction(node, 'push')
    return [
      ...before,
      `const o${i} = f${i}(s${i}, p, 0)`,
      `if (o${i} !== 0) { ${side}(o${i}, p); return null }`,
    ]
  }
}

/** After an action: the packet that it gave back goes on; none: the one that went in is freed. */
function keep(i: number, leave: string): string[] {
  return [`if (p${i} === null) { pool.free(p); ${leave} }`, `p = p${i}`]
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
