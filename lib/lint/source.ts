// An element's source as a syntax tree with its names resolved: types are taken off (esbuild), the
// rest is parsed (acorn), names are bound (eslint-scope). The three packages that ESLint and bundlers
// stand on; imported nowhere else but esbuild, which also bundles.
//
// Places are those of the text as written: the source map leads back from the text without types.

import { SourceMap } from 'node:module'
import { basename, extname } from 'node:path'
import { parse } from 'acorn'
import { transformSync } from 'esbuild'
import type { Scope, Variable } from 'eslint-scope'
import { analyze } from 'eslint-scope'
import type { Finding } from '../errors.ts'
import type { Facts } from './facts.ts'

/** A node of the tree (ESTree). Its parts are looked at by name, after its type. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  // biome-ignore lint/suspicious/noExplicitAny: ESTree's parts, by the node's type
  readonly [part: string]: any
}

export type BindingKind = 'const' | 'let' | 'var' | 'function' | 'class' | 'import' | 'parameter'

/** A name of the source, with everything that refers to it. */
export interface Binding {
  readonly name: string
  readonly kind: BindingKind
  /** The name where it is declared. */
  readonly id: Node
  /** The declarator, function, class or import that it is declared by. */
  readonly declaration: Node
  /** The function that it is local to; null: none. */
  readonly owner: Node | null
  /** It is the module's own: not in a function, not in a block. */
  readonly ofModule: boolean
  readonly uses: readonly Use[]
}

export interface Use {
  readonly node: Node
  /** The name itself is given another value here, not counting its declaration. */
  readonly assigns: boolean
}

export interface Place {
  /** From 1, both. */
  readonly line: number
  readonly column: number
}

export interface Source {
  readonly file: string
  readonly lines: readonly string[]
  readonly tree: Node
  readonly bindings: readonly Binding[]
  /** Names that the module does not declare: globals. */
  readonly globals: readonly Use[]
  parentOf(node: Node): Node | null
  bindingOf(identifier: Node): Binding | null
  /** What is known of an import: facts of its module, and its name there. Null: nothing. */
  factsOf(imported: Binding): { readonly of: Facts; readonly name: string } | null
  placeOf(node: Node): Place
  /** The node as text, on one line and not long. */
  textOf(node: Node): string
}

/** Facts of a module, as an import names it; null: it is not looked at. */
export type Modules = (module: string) => Facts | null

/** Parses a source; a finding where it is not TypeScript or JavaScript. */
export function parseSource(
  file: string,
  text: string,
  modules: Modules = () => null,
): Source | Finding {
  const loader = extname(file).endsWith('ts') ? 'ts' : 'js'
  let code: string
  let map: SourceMap
  try {
    const result = transformSync(text, {
      loader,
      sourcemap: 'external',
      sourcefile: basename(file),
      target: 'esnext',
      charset: 'utf8',
      logLevel: 'silent',
      // Imports that only types use stay out of it; all others are kept, used or not.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    })
    code = result.code
    map = new SourceMap(JSON.parse(result.map))
  } catch (cause) {
    return syntaxFinding(file, cause)
  }
  const tree = parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
    ranges: true,
    allowHashBang: true,
  }) as unknown as Node
  const parents = parentsOf(tree)
  const lines = text.split('\n')
  const { bindings, byIdentifier, globals } = resolveNames(tree)
  return {
    file,
    lines,
    tree,
    bindings,
    globals,
    parentOf: (node) => parents.get(node) ?? null,
    factsOf(imported) {
      const { kind, declaration } = imported
      const module = kind === 'import' ? parents.get(declaration)?.source?.value : null
      const of = typeof module === 'string' ? modules(module) : null
      return of === null ? null : { of, name: declaration.imported?.name ?? 'default' }
    },
    bindingOf: (identifier) => byIdentifier.get(identifier) ?? null,
    placeOf: (node) => originalPlace(map, lines, node, code),
    textOf: (node) => shortened(code.slice(node.start, node.end)),
  }
}

const TEXT_MAX = 40

function shortened(text: string): string {
  const line = text.replaceAll('/* @__PURE__ */ ', '').replace(/\s+/g, ' ')
  return line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX - 2)} …`
}

function syntaxFinding(file: string, cause: unknown): Finding {
  const [error] = (cause as { errors?: import('esbuild').Message[] }).errors ?? []
  const at = error?.location
  const where = at == null ? file : `${file}:${at.line}:${at.column + 1}`
  return { where, message: error?.text ?? String(cause) }
}

function originalPlace(map: SourceMap, lines: readonly string[], node: Node, code: string): Place {
  const { line, column } = (node.loc as { start: { line: number; column: number } }).start
  const entry = map.findEntry(line - 1, column)
  if (!('originalLine' in entry)) return { line, column: column + 1 }
  // An entry may begin before the node, at blanks or brackets that were put in: its first word tells.
  const word = /^#?\w+|^./.exec(code.slice(node.start, node.end))?.[0] ?? ''
  const found = lines[entry.originalLine]?.indexOf(word, entry.originalColumn) ?? -1
  return {
    line: entry.originalLine + 1,
    column: (found < 0 ? entry.originalColumn : found) + 1,
  }
}

/** The node's children, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  const found: Node[] = []
  for (const [part, value] of Object.entries(node)) {
    if (part === 'loc' || typeof value !== 'object' || value === null) continue
    const items: unknown[] = Array.isArray(value) ? value : [value]
    for (const item of items) if (isNode(item)) found.push(item)
  }
  return found
}

function isNode(value: unknown): value is Node {
  return typeof (value as Node | null)?.type === 'string'
}

function parentsOf(tree: Node): Map<Node, Node> {
  const parents = new Map<Node, Node>()
  const left = [tree]
  for (let node = left.pop(); node !== undefined; node = left.pop())
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      left.push(child)
    }
  return parents
}

/** All nodes below, the node itself first. */
export function* nodesIn(tree: Node): Generator<Node> {
  yield tree
  for (const child of childrenOf(tree)) yield* nodesIn(child)
}

interface Names {
  readonly bindings: Binding[]
  readonly byIdentifier: Map<Node, Binding>
  readonly globals: Use[]
}

function resolveNames(tree: Node): Names {
  const manager = analyze(tree as never, { ecmaVersion: 2022, sourceType: 'module' })
  const bindings: Binding[] = []
  const byIdentifier = new Map<Node, Binding>()
  for (const scope of manager.scopes)
    for (const variable of scope.variables) {
      const binding = bindingFrom(variable, scope)
      if (binding === null) continue
      bindings.push(binding)
      byIdentifier.set(binding.id, binding)
      for (const use of binding.uses) byIdentifier.set(use.node, binding)
    }
  const globals = (manager.globalScope?.through ?? []).map((r) => ({
    node: r.identifier as unknown as Node,
    assigns: r.isWrite(),
  }))
  return { bindings, byIdentifier, globals }
}

const KINDS: Readonly<Record<string, BindingKind>> = {
  FunctionName: 'function',
  ClassName: 'class',
  ImportBinding: 'import',
  Parameter: 'parameter',
  CatchClause: 'parameter',
}

/** Null: `arguments`, or the name that a class has inside itself (taken with the one outside). */
function bindingFrom(variable: Variable, scope: Scope): Binding | null {
  const [def] = variable.defs
  if (def === undefined) return null
  const declaration = def.node as unknown as Node
  const isClass = def.type === 'ClassName'
  if (isClass && scope.type === 'class' && declaration.type === 'ClassDeclaration') return null
  const inside = isClass ? insideReferences(scope, variable.name) : []
  const kind =
    def.type === 'Variable' ? (def.parent as { kind: 'const' | 'let' | 'var' }).kind : undefined
  return {
    name: variable.name,
    kind: kind ?? KINDS[def.type] ?? 'const',
    id: def.name as unknown as Node,
    declaration,
    owner: ownerOf(scope),
    ofModule: scope.type === 'module',
    // A declaration's own value is no use of the name.
    uses: [...variable.references, ...inside]
      .filter((r) => r.init !== true)
      .map((r) => ({ node: r.identifier as unknown as Node, assigns: r.isWrite() })),
  }
}

function insideReferences(scope: Scope, name: string) {
  return scope.childScopes
    .filter((s) => s.type === 'class')
    .flatMap((s) => s.set.get(name))
    .filter((v) => v !== undefined)
    .flatMap((v) => v.references)
}

function ownerOf(scope: Scope): Node | null {
  for (let at: Scope | null = scope; at !== null; at = at.upper) {
    if (at.type === 'module' || at.type === 'global') return null
    if (at.type === 'function') return at.block as unknown as Node
  }
  return null
}
