// Names that hold state where no upgrade finds it: the module's, those that a returned function keeps,
// and what is put on functions, classes, imports, globals. (Self: rules-self.ts.)

import { passing, writesOfThis } from './facts.ts'
import type { Binding, Node, Source, Use } from './source.ts'
import { nodesIn } from './source.ts'
import type { Change } from './texts.ts'
import * as texts from './texts.ts'
import { escapes, functionAround, outermostBelow, runsLate } from './when.ts'
import type { Write } from './writes.ts'
import { writesTo } from './writes.ts'

/** A finding with the node that it is about: where it is, and where a mark may excuse it. */
export interface Raw {
  readonly node: Node
  readonly message: string
}

/** Functions of an element's declaration whose result is a resource: its `local` has the reason. */
const RESOURCE = new Set(['open', 'adopt'])

export function nameRules(source: Source): Raw[] {
  return source.bindings.flatMap((binding) => {
    if (binding.ofModule) return ofModule(source, binding)
    return kept(source, binding)
  })
}

function ofModule(source: Source, binding: Binding): Raw[] {
  const { name, kind, id, declaration } = binding
  const late = writesTo(source, binding).filter((w) => runsLate(source, w.node))
  const [first] = late
  if (kind === 'var' && first === undefined && isEnum(source, binding)) return []
  if (kind === 'let' || kind === 'var') {
    const change = first === undefined ? null : changeOf(source, first)
    return [{ node: id, message: texts.moduleVariable(binding, change, onlyCounts(source, late)) }]
  }
  if (first === undefined) return []
  const change = changeOf(source, first)
  if (kind === 'import') return [{ node: first.node, message: texts.imported(name, change) }]
  if (kind === 'function' || kind === 'class')
    return [{ node: first.node, message: texts.onFunction(name, kind, change) }]
  return [{ node: id, message: texts.moduleValue(name, texts.kindOfValue(declaration), change) }]
}

/** An enum of TypeScript is a variable once its types are off. */
function isEnum(source: Source, { id, name }: Binding): boolean {
  const line = source.lines[source.placeOf(id).line - 1] ?? ''
  return new RegExp(`\\benum\\s+${name}\\b`).test(line)
}

/** A name that is local to a function, and lives on in a function that gets out of it. */
function kept(source: Source, binding: Binding): Raw[] {
  const { name, kind, id, owner, declaration } = binding
  if (!['const', 'let', 'var', 'parameter'].includes(kind) || inResource(source, id)) return []
  // What a caller passed in is the caller's: only another value for the name is kept here.
  const writes = writesTo(source, binding).filter((w) => kind !== 'parameter' || w.assigns)
  const first = writes.find((w) => {
    const keeper = outermostBelow(source, w.node, owner)
    // A block of the module runs once: what changes later is kept.
    if (owner === null) return runsLate(source, w.node)
    return keeper !== null && escapes(source, keeper, owner)
  })
  if (first === undefined) return []
  const what = kind === 'const' ? texts.kindOfValue(declaration) : 'a local variable'
  return [{ node: id, message: texts.closure(name, what, changeOf(source, first)) }]
}

function inResource(source: Source, node: Node): boolean {
  for (let at: Node | null = node; at !== null; at = source.parentOf(at))
    if (at.type === 'Property' && RESOURCE.has(at.key.name)) return true
  return false
}

/** Static fields that methods change by `this`; those changed by the class's name are the class's. */
export function staticRules(source: Source): Raw[] {
  const found: Raw[] = []
  for (const node of nodesIn(source.tree)) {
    if (node.type !== 'MethodDefinition' || node.static !== true) continue
    for (const write of writesOfThis(source, node.value))
      found.push({ node: write, message: texts.staticField(changeAt(source, write)) })
  }
  return found
}

/** Objects whose own methods change them by `this`, where they are not a resource. */
export function thisRules(source: Source): Raw[] {
  const found: Raw[] = []
  for (const node of nodesIn(source.tree)) {
    const parent = node.type === 'FunctionExpression' ? source.parentOf(node) : null
    if (parent?.type !== 'Property' || inResource(source, parent)) continue
    for (const write of writesOfThis(source, node)) {
      const message = texts.onObject(changeAt(source, write))
      if (runsLate(source, write)) found.push({ node: write, message })
    }
  }
  return found
}

/** Globals that get another value or another property. */
export function globalRules(source: Source): Raw[] {
  const found: Raw[] = []
  for (const use of source.globals) {
    const write = globalWrite(source, use)
    if (write !== null && runsLate(source, write))
      found.push({ node: write, message: texts.onGlobal(changeAt(source, write)) })
  }
  return found
}

function globalWrite(source: Source, { node, assigns }: Use): Node | null {
  if (/^(globalThis|global|process)$/.test(node.name)) {
    const value = passing(node.name, node, assigns, 'import')
    return writesTo(source, value)[0]?.node ?? null
  }
  // Others are functions and their homes: Object.entries(x) gives nothing of Object's.
  let member = node
  let parent = source.parentOf(node)
  for (; parent?.type === 'MemberExpression' && parent.object === member; ) {
    member = parent
    parent = source.parentOf(member)
  }
  const isTarget = parent?.type === 'AssignmentExpression' && parent.left === member
  return isTarget || parent?.type === 'UpdateExpression' ? parent : null
}

function changeOf(source: Source, { node }: Write): Change {
  return changeAt(source, node)
}

export function changeAt(source: Source, node: Node): Change {
  // A name or pattern that is assigned stands in the assignment.
  let whole = node
  while (/^(Identifier|Property|RestElement|AssignmentPattern|\w+Pattern)$/.test(whole.type))
    whole = source.parentOf(whole) ?? source.tree
  return {
    text: source.textOf(whole),
    within: within(source, node),
    line: source.placeOf(node).line,
  }
}

function within(source: Source, node: Node): string {
  for (let fn = functionAround(source, node); fn !== null; fn = functionAround(source, fn)) {
    const parent = source.parentOf(fn)
    const name = fn.id?.name ?? parent?.key?.name ?? parent?.id?.name
    if (name !== undefined) return `in ${name}()`
  }
  return 'in a function'
}

/** Is the variable a number that is only counted up or down? */
function onlyCounts(source: Source, writes: readonly Write[]): boolean {
  return writes.every(({ node }) => {
    const parent = source.parentOf(node)
    return parent?.type === 'UpdateExpression' || /^[+-]=$/.test(parent?.operator ?? '')
  })
}
