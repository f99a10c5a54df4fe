// Names that hold state where no upgrade finds it: the module's, those that a returned function keeps,
// and what is put on functions, classes, imports, globals, self.

import type { Binding, Node, Source, Use } from './source.ts'
import { nodesIn } from './source.ts'
import type { Change } from './texts.ts'
import * as texts from './texts.ts'
import { escapes, functionAround, outermostBelow, runsLate } from './when.ts'
import type { ChangingMethods, Write } from './writes.ts'
import { writesTo } from './writes.ts'

/** A finding with the node that it is about: where it is, and where a mark may excuse it. */
export interface Raw {
  readonly node: Node
  readonly message: string
}

/** Functions of an element's declaration whose result is a resource: its `local` has the reason. */
const RESOURCE = new Set(['open', 'adopt'])
const SELF = /^_?(self|me)$/

export function nameRules(source: Source): Raw[] {
  const methodsOf = changingMethods(source)
  return source.bindings.flatMap((binding) => {
    if (binding.kind === 'parameter' && SELF.test(binding.name)) return ofSelf(source, binding)
    if (binding.ofModule) return ofModule(source, binding, methodsOf)
    return kept(source, binding, methodsOf)
  })
}

function ofModule(source: Source, binding: Binding, methodsOf: ChangingMethods): Raw[] {
  const { name, kind, id, declaration } = binding
  const late = writesTo(source, binding, methodsOf).filter((w) => runsLate(source, w.node))
  const [first] = late
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

/** A name that is local to a function, and lives on in a function that gets out of it. */
function kept(source: Source, binding: Binding, methodsOf: ChangingMethods): Raw[] {
  const { name, kind, id, owner, declaration } = binding
  if (!['const', 'let', 'var', 'parameter'].includes(kind) || inResource(source, id)) return []
  // What a caller passed in is the caller's: only another value for the name is kept here.
  const writes = writesTo(source, binding, methodsOf).filter(
    (w) => kind !== 'parameter' || w.assigns,
  )
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

function ofSelf(source: Source, binding: Binding): Raw[] {
  const found: Raw[] = []
  for (const write of writesTo(source, binding)) {
    const message = selfMessage(write, changeOf(source, write))
    if (message !== null) found.push({ node: write.node, message })
  }
  return found
}

function selfMessage({ path, assigns, node }: Write, change: Change): string | null {
  const [part, name] = path
  if (part === undefined || assigns) return null
  if (part === 'config' || part === 'plan') return texts.onPlan(part, change)
  const sets = node.type !== 'CallExpression'
  if (path.length === 1) return sets ? texts.onSelf(part, change) : null
  if (part === 'state' && path.length === 2 && sets) return texts.onSelf(name!, change)
  return part === 'router' && sets ? texts.onSelf(`router.${name}`, change) : null
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

function globalWrite(source: Source, use: Use): Node | null {
  const binding: Binding = {
    name: use.node.name,
    kind: 'const',
    id: use.node,
    declaration: use.node,
    owner: null,
    ofModule: true,
    uses: [use],
  }
  const isHolder = /^(globalThis|global|process)$/.test(use.node.name)
  const writes = writesTo(source, binding)
  // Methods of other globals (Reflect.set) are functions, not collections.
  return writes.find((w) => isHolder || w.node.type !== 'CallExpression')?.node ?? null
}

/** Places in a method where a field of `this` is changed. */
function writesOfThis(source: Source, method: Node): Node[] {
  const found: Node[] = []
  for (const node of nodesIn(method)) {
    if (node.type !== 'ThisExpression') continue
    const binding: Binding = {
      name: 'this',
      kind: 'const',
      id: node,
      declaration: node,
      owner: null,
      ofModule: false,
      uses: [{ node, assigns: false }],
    }
    const write = writesTo(source, binding).find((w) => w.path.length > 0)
    if (write !== undefined) found.push(write.node)
  }
  return found
}

/** For each class of the file: its methods that change the instance, themselves or by others of it. */
function changingMethods(source: Source): ChangingMethods {
  const classes = new Map<string, ReadonlySet<string>>()
  for (const node of nodesIn(source.tree)) {
    if (node.type !== 'ClassDeclaration' || node.id == null) continue
    // What a superclass does is not looked at: any method may change it.
    if (node.superClass === null) classes.set(node.id.name, methodsThatChange(source, node))
  }
  return (name) => classes.get(name) ?? null
}

function methodsThatChange(source: Source, classNode: Node): Set<string> {
  const methods = (classNode.body.body as Node[]).filter(
    (m) => m.type === 'MethodDefinition' && m.kind !== 'constructor' && m.static !== true,
  )
  const changing = new Set<string>()
  const nameOf = (m: Node) => String(m.key.name ?? m.key.value)
  for (let before = -1; before !== changing.size; ) {
    before = changing.size
    for (const m of methods.filter((m) => !changing.has(nameOf(m))))
      if (writesOfThis(source, m.value).length > 0 || calls(m.value, changing))
        changing.add(nameOf(m))
  }
  return changing
}

/** Does a method call one of these on `this`? */
function calls(method: Node, names: ReadonlySet<string>): boolean {
  for (const node of nodesIn(method)) {
    const callee = node.type === 'CallExpression' ? (node.callee as Node) : null
    if (callee?.type !== 'MemberExpression' || callee.object.type !== 'ThisExpression') continue
    if (names.has(callee.property.name)) return true
  }
  return false
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
