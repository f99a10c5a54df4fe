// Calls that make an element depend on more than its packets and its state: clocks, chance, timers,
// promises.

import type { Raw } from './rules.ts'
import type { Binding, Node, Source } from './source.ts'
import { nodesIn } from './source.ts'
import * as texts from './texts.ts'
import { runsLate } from './when.ts'

const CLOCKS =
  /^(Date\.now|performance\.now|process\.hrtime|process\.hrtime\.bigint|process\.uptime)$/
const CHANCE = /^(Math\.random|crypto\.(random\w*|getRandomValues)|webcrypto\.getRandomValues)$/
const TIMERS =
  /^((globalThis\.)?(setTimeout|setInterval|setImmediate|queueMicrotask)|process\.nextTick)$/
/** Not Promise.resolve: its value is there already. */
const PROMISES = /^Promise\.(all|allSettled|any|race)$|\.then$/

/** Modules whose functions are clocks, chance and timers, whatever they are called here. */
const MODULES: Readonly<Record<string, (text: string, name: string) => string | null>> = {
  'node:timers': (text) => texts.timer(text),
  'node:timers/promises': (text) => texts.timer(text),
  'node:crypto': (text, name) => (/^(random|getRandom)/.test(name) ? texts.chance(text) : null),
  'node:perf_hooks': (text) => texts.clock(text),
}

export function callRules(source: Source): Raw[] {
  const found: Raw[] = []
  for (const node of nodesIn(source.tree)) {
    const message = messageFor(source, node)
    if (message !== null && runsLate(source, inside(node))) found.push({ node, message })
  }
  return found
}

/** An async function is late for what is inside it. */
function inside(node: Node): Node {
  return node.async === true ? (node.body as Node) : node
}

function messageFor(source: Source, node: Node): string | null {
  if (node.async === true) return texts.promise('an async function')
  if (node.type === 'NewExpression') return constructed(source, node)
  if (node.type !== 'CallExpression') return null
  const text = source.textOf(node)
  const callee = source.textOf(node.callee)
  if (isLocal(source, node.callee)) return importedCall(source, node.callee, text)
  if (CLOCKS.test(callee)) return texts.clock(text)
  if (CHANCE.test(callee)) return texts.chance(text)
  if (TIMERS.test(callee)) return texts.timer(text)
  return PROMISES.test(callee) ? texts.promise(text) : null
}

function constructed(source: Source, node: Node): string | null {
  if (source.bindingOf(node.callee) !== null) return null
  if (node.callee.name === 'Promise') return texts.promise(source.textOf(node))
  const isNow = node.callee.name === 'Date' && node.arguments.length === 0
  return isNow ? texts.clock(source.textOf(node)) : null
}

/** Does the callee begin with a name that the module declares itself? */
function isLocal(source: Source, callee: Node): boolean {
  const root = rootOf(callee)
  return root.type === 'Identifier' && source.bindingOf(root) !== null
}

function importedCall(source: Source, callee: Node, text: string): string | null {
  const binding = source.bindingOf(rootOf(callee))
  const module = binding === null ? null : moduleOf(source, binding)
  if (module === null) return /\.then$/.test(source.textOf(callee)) ? texts.promise(text) : null
  const name = String(callee.property?.name ?? importedName(binding!))
  return MODULES[module]?.(text, name) ?? null
}

function rootOf(callee: Node): Node {
  let root = callee
  while (root.type === 'MemberExpression') root = root.object
  return root
}

function moduleOf(source: Source, binding: Binding): string | null {
  if (binding.kind !== 'import') return null
  const module = String(source.parentOf(binding.declaration)?.source?.value)
  return module.startsWith('node:') ? module : `node:${module}`
}

function importedName({ declaration, name }: Binding): string {
  return String(declaration.imported?.name ?? name)
}
