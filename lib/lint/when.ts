// When code runs: while its module is loaded, or later, again and again. And whether a function
// outlives the one that made it. Both by the shape of the code, without running it.

import type { Binding, Node, Source } from './source.ts'

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** Methods that call the function they are given before they return, and do not keep it. */
const CALLS_AT_ONCE = new Set(
  'forEach map filter reduce reduceRight some every find findIndex findLast findLastIndex flatMap sort toSorted replace replaceAll from each some extract neighbors'.split(
    ' ',
  ),
)

/** Functions that give back what they are given. */
const WRAPS = /^(Object\.(freeze|seal|assign)|element)$/

export function isFunction(node: Node): boolean {
  return FUNCTIONS.has(node.type)
}

/** The innermost function around a node; null: it is the module's own code. */
export function functionAround(source: Source, node: Node): Node | null {
  for (let at = source.parentOf(node); at !== null; at = source.parentOf(at))
    if (isFunction(at)) return at
  return null
}

/** The call that runs this function where it stands: called in place, or given to `forEach` and such. */
export function immediateCall(source: Source, fn: Node): Node | null {
  const call = source.parentOf(fn)
  if (call?.type !== 'CallExpression') return null
  if (call.callee === fn) return call
  const { callee } = call
  const method = callee.type === 'MemberExpression' ? callee.property.name : null
  return CALLS_AT_ONCE.has(method) ? call : null
}

/** The name that a function is declared under, if that is how it is used. */
export function nameOf(source: Source, fn: Node): Binding | null {
  if (fn.type === 'FunctionDeclaration' && fn.id != null) return source.bindingOf(fn.id)
  const parent = source.parentOf(fn)
  const isInit = parent?.type === 'VariableDeclarator' && parent.init === fn
  return isInit && parent.id.type === 'Identifier' ? source.bindingOf(parent.id) : null
}

/** The function of this file that a name stands for. */
export function functionNamed(source: Source, identifier: Node): Node | null {
  const declaration = source.bindingOf(identifier)?.declaration
  if (declaration?.type === 'FunctionDeclaration') return declaration
  const init = declaration?.type === 'VariableDeclarator' ? declaration.init : null
  return init != null && Array.isArray(init.params) ? init : null
}

/** May this run after the module was loaded? */
export function runsLate(source: Source, node: Node, under: readonly Node[] = []): boolean {
  const fn = functionAround(source, node)
  if (fn === null || under.includes(fn)) return false
  const call = immediateCall(source, fn)
  if (call !== null) return runsLate(source, call, under)
  const name = nameOf(source, fn)
  if (name === null || isExported(source, name)) return true
  return name.uses.some(({ node: use }) => {
    const parent = source.parentOf(use)
    if (parent?.type !== 'CallExpression') return true
    const runsThere = parent.callee === use || immediateCall(source, use) !== null
    return !runsThere || runsLate(source, use, [...under, fn])
  })
}

function isExported(source: Source, name: Binding): boolean {
  let at: Node | null = name.declaration
  if (at.type === 'VariableDeclarator') at = source.parentOf(at)
  return at !== null && source.parentOf(at)?.type.startsWith('Export') === true
}

/** Does a value get out of the function `from` that it is made in: returned, or kept by an object? */
export function escapes(
  source: Source,
  value: Node,
  from: Node | null,
  under: readonly Node[] = [],
): boolean {
  if (under.includes(value)) return false
  const path = [...under, value]
  if (value.type === 'FunctionDeclaration') return nameEscapes(source, value, from, path)
  const parent = source.parentOf(value)
  if (parent === null) return false
  switch (parent.type) {
    case 'ReturnStatement':
    case 'YieldExpression':
    case 'ExportDefaultDeclaration':
      return true
    case 'ArrowFunctionExpression':
      return parent.body === value
    case 'CallExpression':
    case 'NewExpression':
      if (parent.callee === value || immediateCall(source, value) !== null) return false
      // `return wrap(f)` gives f out; `const x = run(f)` has run it.
      if (!WRAPS.test(source.textOf(parent.callee)) && isInit(source, parent)) return false
      return isKeptBy(source, parent, value, path) && escapes(source, parent, from, path)
    case 'AssignmentExpression':
      if (parent.right !== value || !/^(\?\?|\|\|)?=$/.test(parent.operator)) return false
      if (parent.left.type === 'MemberExpression') return true
      return bindingEscapes(source, source.bindingOf(parent.left), from, path)
    case 'VariableDeclarator':
      return bindingEscapes(source, source.bindingOf(parent.id), from, path)
    case 'Property':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'SpreadElement':
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'ChainExpression':
    case 'SequenceExpression':
      return escapes(source, parent, from, path)
    default:
      return false
  }
}

/** A function of the file that only calls what it is given does not keep it. Others may. */
function isKeptBy(source: Source, call: Node, value: Node, under: readonly Node[]): boolean {
  const fn = call.callee.type === 'Identifier' ? functionNamed(source, call.callee) : null
  const parameter = fn?.params[(call.arguments as Node[]).indexOf(value)] as Node | undefined
  if (fn === null || parameter?.type !== 'Identifier') return true
  return bindingEscapes(source, source.bindingOf(parameter), fn, under)
}

function isInit(source: Source, call: Node): boolean {
  let parent = source.parentOf(call)
  while (parent?.type === 'ChainExpression') parent = source.parentOf(parent)
  return parent?.type === 'VariableDeclarator' || parent?.type === 'AssignmentExpression'
}

function nameEscapes(source: Source, fn: Node, from: Node | null, under: readonly Node[]): boolean {
  return bindingEscapes(source, nameOf(source, fn), from, under)
}

function bindingEscapes(
  source: Source,
  name: Binding | null,
  from: Node | null,
  under: readonly Node[],
): boolean {
  if (name === null) return false
  return name.uses.some(({ node }) => {
    // Used inside another function that gets out, called or not: then it lives on with that one.
    const around = outermostBelow(source, node, from)
    if (around !== null && !under.includes(around) && escapes(source, around, from, under))
      return true
    const parent = source.parentOf(node)
    if (parent?.type === 'MemberExpression' && parent.object === node) return false
    return escapes(source, node, from, under)
  })
}

/** Of the functions around a node, the outermost that is still inside `from`. */
export function outermostBelow(source: Source, node: Node, from: Node | null): Node | null {
  let found: Node | null = null
  for (let at = functionAround(source, node); at !== from; at = functionAround(source, at)) {
    if (at === null) return null
    found = at
  }
  return found
}
