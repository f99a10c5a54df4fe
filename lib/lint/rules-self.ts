// What an element's functions do to self and to packets: put properties on them, change the plan or the
// configuration. What is declared (state, counters, the resource) they may change.

import { methodsOf } from './facts.ts'
import { changeAt, type Raw } from './rules.ts'
import type { Binding, Node, Source } from './source.ts'
import { nodesIn } from './source.ts'
import type { Change } from './texts.ts'
import * as texts from './texts.ts'
import { isFunction } from './when.ts'
import { type Write, writesTo } from './writes.ts'

const SELF = /^_?(self|me)$/
/** Functions of `element({ … })` and of its handlers that get self first. */
const FUNCTIONS =
  /^(action|route|push|pull|task|timer|initialize|open|adopt|carries|close|specialize|receives|onReceive|read|write|has)$/

export function selfRules(source: Source): Raw[] {
  const methods = planMethods(source)
  const found: Raw[] = []
  const check = (binding: Binding | null, before: readonly string[]) => {
    if (binding === null) return
    for (const write of writesTo(source, binding, methods)) {
      const path = [...before, ...write.path]
      const message = messageFor({ ...write, path }, changeAt(source, write.node))
      if (message !== null) found.push({ node: write.node, message })
    }
  }
  const firsts = firstParameters(source)
  for (const binding of source.bindings)
    if (binding.kind === 'parameter' && SELF.test(binding.name) && !firsts.includes(binding.id))
      check(binding, [])
  for (const parameter of firsts) {
    if (parameter.type === 'Identifier') check(source.bindingOf(parameter), [])
    if (parameter.type !== 'ObjectPattern') continue
    for (const { key, value } of parameter.properties as Node[])
      if (value?.type === 'Identifier') check(source.bindingOf(value), [String(key.name)])
  }
  return found
}

/** Fields of packets (dataplane/packet.ts). */
const PACKET = new Set(
  'mem words longs base off end limit mac net transport dst paint bucket port timeUs type next anno frame'.split(
    ' ',
  ),
)
/** Where functions of elements get the packet. */
const PACKET_AT: Readonly<Record<string, number>> = { action: 1, route: 1, push: 2 }

/** Properties of the author's own that are put on packets. */
export function packetRules(source: Source): Raw[] {
  const found: Raw[] = []
  for (const fn of elementFunctions(source)) {
    const at = PACKET_AT[String(source.parentOf(fn)!.key.name)]
    const parameter = at === undefined ? null : (fn.params[at] as Node | undefined)
    const binding = parameter?.type === 'Identifier' ? source.bindingOf(parameter) : null
    for (const { node, path, assigns } of binding === null ? [] : writesTo(source, binding)) {
      const [property] = path
      if (property === undefined || assigns || PACKET.has(property) || property === '[…]') continue
      found.push({ node, message: texts.onPacket(property, changeAt(source, node)) })
    }
  }
  return found
}

function messageFor({ path, assigns, node }: Write, change: Change): string | null {
  const [part, name] = path
  if (part === undefined || assigns) return null
  if (part === 'config' || part === 'plan') return texts.onPlan(part, change)
  const sets = node.type !== 'CallExpression'
  if (path.length === 1) return sets ? texts.onSelf(part, change) : null
  if (part === 'state' && path.length === 2 && sets) return texts.onSelf(name!, change)
  return part === 'router' && sets ? texts.onSelf(`router.${name}`, change) : null
}

/** First parameters of the functions of the file's elements, whatever they are called. */
function firstParameters(source: Source): Node[] {
  return elementFunctions(source).flatMap((fn) => (fn.params[0] as Node | undefined) ?? [])
}

function elementFunctions(source: Source): Node[] {
  const found: Node[] = []
  for (const fn of nodesIn(source.tree)) {
    const parent = isFunction(fn) ? source.parentOf(fn) : null
    if (parent?.type !== 'Property' || !FUNCTIONS.test(String(parent.key.name))) continue
    if (isInElement(source, parent)) found.push(fn)
  }
  return found
}

/** Directly in the object that `element` is called with, or in a handler of it. */
function isInElement(source: Source, property: Node): boolean {
  let object = source.parentOf(property)
  if (/^(read|write|has)$/.test(property.key.name)) {
    const handlers = ancestor(source, object, 3)
    if (handlers?.type !== 'Property' || handlers.key.name !== 'handlers') return false
    object = source.parentOf(handlers)
  }
  const call = object === null ? null : source.parentOf(object)
  return call?.type === 'CallExpression' && call.callee.name === 'element'
}

/** From `{ read }` by the handler's property and the object of all to `handlers: …`. */
function ancestor(source: Source, node: Node | null, steps: number): Node | null {
  let at = node
  for (let i = 0; i < steps && at !== null; i++) at = source.parentOf(at)
  return at
}

/** Methods that change instances of the classes that `configure` makes some of: the plan's. */
function planMethods(source: Source): ReadonlySet<string> {
  const found = new Set<string>()
  for (const node of nodesIn(source.tree)) {
    if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') continue
    if (!isInConfigure(source, node)) continue
    for (const method of methodsOf(source, node.callee.name) ?? []) found.add(method)
  }
  return found
}

function isInConfigure(source: Source, node: Node): boolean {
  for (let at: Node | null = node; at !== null; at = source.parentOf(at))
    if (at.type === 'Property' && at.key.name === 'configure') return true
  return false
}
