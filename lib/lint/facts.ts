// What a file's exports do to what they are given: for the files that import them. Functions that
// change a parameter, classes whose methods change the instance.

import type { Binding, Node, Source } from './source.ts'
import { nodesIn } from './source.ts'
import { changedParameters, writesTo } from './writes.ts'

/** Facts of a module, by exported name. Computed when asked for. */
export interface Facts {
  /** Positions of parameters that the function changes. */
  parametersChanged(name: string): ReadonlySet<number>
  /** Methods of the class that change the instance; null: not known. */
  methodsChanging(name: string): ReadonlySet<string> | null
}

export function factsFor(source: Source): Facts {
  const exported = exportsOf(source)
  const parameters = new Map<string, ReadonlySet<number>>()
  const methods = new Map<string, ReadonlySet<string> | null>()
  return {
    parametersChanged: (name) =>
      once(parameters, name, new Set(), () => changedParameters(source, exported.get(name))),
    methodsChanging: (name) =>
      once(methods, name, new Set(), () => {
        const found = exported.get(name)
        return found?.type === 'ClassDeclaration' ? methodsOfClass(source, found) : null
      }),
  }
}

/** Functions of two files may call each other: what is being computed counts as nothing meanwhile. */
function once<V>(known: Map<string, V>, name: string, meanwhile: V, compute: () => V): V {
  if (!known.has(name)) {
    known.set(name, meanwhile)
    known.set(name, compute())
  }
  return known.get(name) as V
}

/** Functions and classes by the name that they are exported under. */
function exportsOf(source: Source): Map<string, Node> {
  const found = new Map<string, Node>()
  const add = (name: string, node: Node | null | undefined) => {
    if (node != null && /Function|^Class/.test(node.type)) found.set(name, node)
  }
  for (const node of source.tree.body as Node[]) {
    if (node.type === 'ExportDefaultDeclaration') add('default', node.declaration)
    if (node.type !== 'ExportNamedDeclaration') continue
    const { declaration } = node
    if (declaration?.id != null) add(declaration.id.name, declaration)
    for (const { id, init } of (declaration?.declarations ?? []) as Node[]) add(id.name, init)
    for (const { local, exported } of node.source == null ? (node.specifiers as Node[]) : [])
      add(exported.name, declaredAs(source.bindingOf(local)))
  }
  return found
}

function declaredAs(binding: Binding | null): Node | null {
  if (binding === null) return null
  const { declaration } = binding
  return declaration.type === 'VariableDeclarator' ? declaration.init : declaration
}

/**
 * Methods of the class with that name, in this file or in one that it is imported from, that change the
 * instance; null: any may.
 */
export function methodsOf(source: Source, className: string): ReadonlySet<string> | null {
  for (const binding of source.bindings) {
    if (binding.name !== className || !binding.ofModule) continue
    if (binding.kind === 'class') return methodsOfClass(source, binding.declaration)
    const facts = source.factsOf(binding)
    return facts === null ? null : facts.of.methodsChanging(facts.name)
  }
  return null
}

/** Null: it extends another class, whose methods are not looked at. */
function methodsOfClass(source: Source, node: Node): ReadonlySet<string> | null {
  if (node.superClass != null) return null
  const methods = (node.body.body as Node[]).filter(
    (m) => m.type === 'MethodDefinition' && m.kind !== 'constructor' && m.static !== true,
  )
  const nameOf = (m: Node) => String(m.key.name ?? m.key.value)
  const changing = new Set<string>()
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

/** Places in a method where a field of `this` is changed. */
export function writesOfThis(source: Source, method: Node): Node[] {
  const found: Node[] = []
  for (const node of nodesIn(method)) {
    if (node.type !== 'ThisExpression') continue
    const write = writesTo(source, passing('this', node)).find((w) => w.path.length > 0)
    if (write !== undefined) found.push(write.node)
  }
  return found
}

/** A value that is looked at in one place, as if it had a name there. */
export function passing(
  name: string,
  node: Node,
  assigns = false,
  kind: Binding['kind'] = 'const',
): Binding {
  const uses = [{ node, assigns }]
  return { name, kind, id: node, declaration: node, owner: null, ofModule: true, uses }
}
