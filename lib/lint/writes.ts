// What is done to a value that has a name: followed through members, other names for it, functions of
// the same file that it is passed to or returned by.

import { methodsOf } from './facts.ts'
import type { Binding, Node, Source } from './source.ts'
import { functionAround, functionNamed, immediateCall, nameOf } from './when.ts'

/** A place where a value is changed. */
export interface Write {
  readonly node: Node
  /** Members from the name to what is changed: ['plan', 'list'] in self.plan.list.push(x). */
  readonly path: readonly string[]
  /** The name itself gets another value; else what it stands for is changed. */
  readonly assigns: boolean
}

const MUTATORS = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear next update append insert enqueue dequeue emit increment decrement'.split(
    ' ',
  ),
)
/** Methods of buffers and views. */
const WRITERS = /^(set|write|swap)[A-Z0-9]/
/** Methods that give a part of the value, which may then be changed. */
const PARTS = new Set('get at find peek values entries subarray findLast'.split(' '))
/** Functions that change an argument of theirs: by name, and which one. */
const CHANGES_ARGUMENT: Readonly<Record<string, number>> = {
  'Object.assign': 0,
  'Object.defineProperty': 0,
  'Object.defineProperties': 0,
  'Object.setPrototypeOf': 0,
  'Reflect.set': 0,
  'Reflect.defineProperty': 0,
  'Reflect.deleteProperty': 0,
  'Atomics.add': 0,
  'Atomics.store': 0,
  'Atomics.sub': 0,
  'Atomics.exchange': 0,
}
const VIEWS = /^(Int|Uint|Float|BigInt|BigUint)\w*Array$|^DataView$/
const BUILT_IN =
  /^(Map|Set|WeakMap|WeakSet|Array|Object|Error|TypeError|RangeError|RegExp|Date|URL|TextEncoder|TextDecoder|ArrayBuffer|SharedArrayBuffer|Int8Array|DataView)$/

/** Expressions that give one of their operands. */
const SAME_VALUE = /^(Conditional|Chain|Logical|Sequence)Expression$/

/**
 * All places where what the binding stands for is changed, or the binding itself.
 * @param further methods that change it, besides those that usually do
 */
export function writesTo(
  source: Source,
  binding: Binding,
  further: ReadonlySet<string> = new Set(),
): Write[] {
  const changes = isChanging(source, binding)
  return new Follower(source, (method) => changes(method) || further.has(method)).follow(binding)
}

/** Positions of parameters that a function changes. */
export function changedParameters(source: Source, fn: Node | undefined): ReadonlySet<number> {
  const changed = new Set<number>()
  for (const [index, parameter] of ((fn?.params ?? []) as Node[]).entries())
    if (new Follower(source, usual).inside(parameter).length > 0) changed.add(index)
  return changed
}

const usual = (method: string): boolean => MUTATORS.has(method) || WRITERS.test(method)

/** Which methods of the value change it. */
function isChanging(source: Source, binding: Binding): (method: string) => boolean {
  if (binding.kind === 'import') return (method) => MUTATORS.has(method)
  const { init } = binding.declaration
  if (init?.type === 'Literal' && /[gy]/.test(init.regex?.flags ?? ''))
    return (method) => method === 'test' || method === 'exec'
  if (init?.type !== 'NewExpression' || init.callee.type !== 'Identifier') return usual
  const className = init.callee.name as string
  if (VIEWS.test(className) || BUILT_IN.test(className)) return usual
  const known = methodsOf(source, className)
  return known === null ? () => true : (method) => known.has(method)
}

class Follower {
  readonly #source: Source
  readonly #isChanging: (method: string) => boolean
  readonly #seen = new Set<Node>()
  readonly #bindings = new Set<Binding>()
  /** What functions do to their parameters. */
  readonly #parameters = new Map<Node, readonly Write[]>()
  #found: Write[] = []

  constructor(source: Source, isChanging: (method: string) => boolean) {
    this.#source = source
    this.#isChanging = isChanging
  }

  follow(binding: Binding): Write[] {
    for (const { node, assigns } of binding.uses)
      if (assigns) this.#found.push({ node, path: [], assigns: true })
    this.#name(binding, [])
    return this.#found
  }

  #name(binding: Binding | null, path: readonly string[]): void {
    if (binding === null || this.#bindings.has(binding)) return
    this.#bindings.add(binding)
    for (const { node } of binding.uses) this.#value(node, path)
  }

  #write(node: Node, path: readonly string[]): void {
    this.#found.push({ node, path, assigns: false })
  }

  /** `node` is an expression whose value is followed. */
  #value(node: Node, path: readonly string[]): void {
    const parent = this.#source.parentOf(node)
    if (parent === null || this.#seen.has(node)) return
    this.#seen.add(node)
    if (node.type === 'MemberExpression' && this.#isTarget(node, parent)) this.#write(parent, path)
    else if (parent.type === 'MemberExpression') {
      if (parent.object === node) this.#value(parent, [...path, memberName(parent)])
    } else if (/^(Call|New)Expression$/.test(parent.type)) this.#call(parent, node, path)
    else if (parent.type === 'AssignmentExpression' && parent.right === node) {
      this.#value(parent, path)
      this.#target(parent.left, path)
    } else if (parent.type === 'VariableDeclarator' && parent.init === node)
      this.#pattern(parent.id, path)
    else if (parent.type === 'ForOfStatement') this.#loop(parent, path)
    else if (parent.type === 'ReturnStatement')
      this.#returned(functionAround(this.#source, parent), path)
    else if (parent.type === 'ArrowFunctionExpression' && parent.body === node)
      this.#returned(parent, path)
    else if (SAME_VALUE.test(parent.type) && parent.test !== node) this.#value(parent, path)
  }

  /** Does the member get another value here, or go? */
  #isTarget(node: Node, parent: Node): boolean {
    switch (parent.type) {
      case 'AssignmentExpression':
      case 'AssignmentPattern':
      case 'ForOfStatement':
      case 'ForInStatement':
        return parent.left === node
      case 'UnaryExpression':
        return parent.operator === 'delete'
      case 'Property':
        return parent.value === node && this.#source.parentOf(parent)?.type === 'ObjectPattern'
      default:
        return /^(UpdateExpression|ArrayPattern|RestElement)$/.test(parent.type)
    }
  }

  /** Another name for the value, by assignment: where that is the name's only one. */
  #target(left: Node, path: readonly string[]): void {
    if (left.type !== 'Identifier') return
    const binding = this.#source.bindingOf(left)
    if (binding?.uses.filter((u) => u.assigns).length === 1) this.#name(binding, path)
  }

  /** Names that a declaration gives to the value or its parts. */
  #pattern(pattern: Node, path: readonly string[]): void {
    if (pattern.type === 'Identifier') {
      const binding = this.#source.bindingOf(pattern)
      if (binding?.uses.every((u) => !u.assigns)) this.#name(binding, path)
    } else if (pattern.type === 'ObjectPattern') {
      for (const part of pattern.properties as Node[])
        if (part.type === 'Property') this.#pattern(part.value, [...path, keyName(part)])
    } else if (pattern.type === 'ArrayPattern') {
      for (const part of pattern.elements as (Node | null)[])
        if (part !== null) this.#pattern(part, [...path, '0'])
    } else if (pattern.type === 'AssignmentPattern') this.#pattern(pattern.left, path)
  }

  #loop(loop: Node, path: readonly string[]): void {
    if (loop.left.type === 'VariableDeclaration')
      this.#pattern(loop.left.declarations[0].id, [...path, '0'])
  }

  #call(call: Node, node: Node, path: readonly string[]): void {
    if (call.callee !== node) {
      this.#argument(call, node, path)
      return
    }
    const method = path[path.length - 1]
    if (node.type !== 'MemberExpression' || method === undefined) return
    const owner = path.slice(0, -1)
    if (this.#isChanging(method)) this.#write(call, owner)
    else if (PARTS.has(method)) this.#value(call, [...owner, '0'])
    for (const fn of call.arguments as Node[])
      if (immediateCall(this.#source, fn) === call && fn.params?.[0] !== undefined)
        this.#pattern(fn.params[0], [...owner, '0'])
  }

  #argument(call: Node, node: Node, path: readonly string[]): void {
    const index = (call.arguments as Node[]).indexOf(node)
    const name = this.#source.textOf(call.callee)
    if (CHANGES_ARGUMENT[name] === index) this.#write(call, path)
    if (VIEWS.test(name) && this.#isBuffer(node, path)) this.#value(call, path)
    if (call.callee.type !== 'Identifier') return
    const callee = this.#source.bindingOf(call.callee)
    const facts = callee === null ? null : this.#source.factsOf(callee)
    if (facts?.of.parametersChanged(facts.name).has(index) === true) this.#write(call, path)
    const parameter = functionNamed(this.#source, call.callee)?.params[index]
    if (parameter === undefined) return
    // What the function does to its parameter is done where it is called.
    for (const { path: changed } of this.inside(parameter)) this.#write(call, [...path, ...changed])
  }

  /** A view of a buffer changes what the buffer holds; of anything else it is a copy. */
  #isBuffer(node: Node, path: readonly string[]): boolean {
    if (path[path.length - 1] === 'buffer') return true
    const init = node.type === 'Identifier' ? this.#source.bindingOf(node)?.declaration.init : null
    return /^(Shared)?ArrayBuffer$/.test(init?.callee?.name ?? '')
  }

  /** What is done to a parameter of a function. */
  inside(parameter: Node): readonly Write[] {
    const known = this.#parameters.get(parameter)
    if (known !== undefined) return known
    this.#parameters.set(parameter, [])
    const before = this.#found
    this.#found = []
    this.#pattern(parameter, [])
    const inside = this.#found
    this.#found = before
    this.#parameters.set(parameter, inside)
    return inside
  }

  /** A function of this file gives the value back: it goes on where it is called. */
  #returned(fn: Node | null, path: readonly string[]): void {
    const name = fn === null ? null : nameOf(this.#source, fn)
    for (const { node } of name?.uses ?? []) {
      const call = this.#source.parentOf(node)
      if (call?.type === 'CallExpression' && call.callee === node) this.#value(call, path)
    }
  }
}

function memberName(member: Node): string {
  if (!member.computed) return String(member.property.name)
  return member.property.type === 'Literal' ? String(member.property.value) : '[…]'
}

function keyName(property: Node): string {
  const { key, computed } = property
  if (computed) return '[…]'
  return String(key.type === 'Identifier' ? key.name : key.value)
}
