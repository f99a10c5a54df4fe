// Syntax tree to compound definitions: classes and element names are resolved, in the order of the
// text, as scopes demand: a class is visible from the end of its definition to the end of the block
// that it is in; elements of one block share one space of names.

import { CONNECTIONS_MAX, ELEMENTS_MAX } from '../limits.ts'
import type { Chain, ClassExpr, CompoundClass, ElementExpr, PortList, Statement } from './ast.ts'
import { Body, type Tunnels } from './body.ts'
import type { ClassValue, Compound } from './compound.ts'
import { type Findings, LimitReached } from './findings.ts'
import { type End, pairPorts } from './ports.ts'
import { splitArgs, splitSpaces, takeWord } from './text.ts'
import { isClickName, parseString } from './values.ts'

export interface ElaborateOptions {
  readonly known?: ((className: string) => boolean) | undefined
  /** Statements of a `require(library …)`; null: there is no such library. */
  readonly library: (name: string, where: string) => readonly Statement[] | null
}

/** Classes of a block, by name. */
class Classes {
  readonly parent: Classes | null
  readonly #map = new Map<string, ClassValue>()

  constructor(parent: Classes | null) {
    this.parent = parent
  }

  set(name: string, cls: ClassValue): void {
    this.#map.set(name, cls)
  }

  get(name: string): ClassValue | null {
    for (let scope: Classes | null = this; scope !== null; scope = scope.parent) {
      const cls = scope.#map.get(name)
      if (cls !== undefined) return cls
    }
    return null
  }
}

/** An element of a list while the list is being read. */
interface Entry {
  readonly expr: ElementExpr
  /** The class that stands in the place of a name; null: it is a name. */
  readonly type: ClassValue | null
  name: string
  decl: ClassValue | null
  config: string
  inPorts: PortList | null
  outPorts: PortList | null
}

export class Elaborator {
  readonly requirements: string[] = []
  /** Classes that the file itself defines, in order. */
  readonly definitions = new Map<string, ClassValue>()
  readonly #findings: Findings
  readonly #options: ElaborateOptions
  readonly #root = new Classes(null)
  #classes = this.#root
  #body: Body
  #nodes = 0
  #connections = 0

  constructor(findings: Findings, options: ElaborateOptions) {
    this.#findings = findings
    this.#options = options
    this.#body = new Body(null, '', 'config', findings)
  }

  /** The compound that the file is. What was read before a limit was reached is in it. */
  file(statements: readonly Statement[]): Compound {
    const top = this.#body
    try {
      this.#statements(statements)
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error
      this.#findings.error('', error.message)
    }
    return top.finish()
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      switch (statement.kind) {
        case 'chain':
          this.#chain(statement)
          break
        case 'define':
          this.#define(statement.config, statement.where)
          break
        case 'require':
          this.#require(statement.config, statement.where)
          break
        case 'elementclass': {
          const { name, body } = statement
          const cls = body === null ? primitive('Error') : this.#class(body, name)
          if (name === '') break
          this.#classes.set(name, cls)
          if (this.#classes === this.#root) this.definitions.set(name, cls)
        }
      }
    }
  }

  // Classes

  /** Is there a class of this name here? */
  #lookup(name: string): ClassValue | null {
    const cls = this.#classes.get(name)
    if (cls !== null) return cls
    return this.#options.known?.(name) === true ? primitive(name) : null
  }

  #named(name: string, where: string): ClassValue {
    const cls = this.#lookup(name)
    if (cls !== null) return cls
    if (name === '') return primitive('Error') // the parser has told
    if (this.#options.known !== undefined)
      this.#findings.error(where, `unknown element class '${name}'`)
    return this.#force(name)
  }

  /** From now on the name is a class: said once, or (with no list of classes) assumed. */
  #force(name: string): ClassValue {
    const cls = primitive(name)
    const scope = this.#options.known === undefined ? this.#root : this.#classes
    scope.set(name, cls)
    return cls
  }

  #class(expr: ClassExpr, name: string): ClassValue {
    if (expr.kind === 'named') return this.#named(expr.name, expr.where)
    return { kind: 'compound', compound: this.#compound(expr, name) }
  }

  #compound(expr: CompoundClass, name: string): Compound {
    const before = this.#lookup(name)
    const compounds = expr.bodies.map((body) => {
      this.#count(2)
      const [outerBody, outerClasses] = [this.#body, this.#classes]
      this.#body = new Body(outerBody, name, body.where, this.#findings)
      this.#classes = new Classes(outerClasses)
      for (const param of body.params) this.#body.param(param)
      this.#statements(body.statements)
      const compound = this.#body.finish()
      this.#body = outerBody
      this.#classes = outerClasses
      return compound
    })
    if (compounds.length === 0) {
      // Only an ellipsis: the parser has told.
      return new Body(this.#body, name, expr.where, this.#findings).finish()
    }
    for (const [i, compound] of compounds.entries()) {
      const next = compounds[i + 1]
      if (next !== undefined) compound.next = { kind: 'compound', compound: next }
      else if (expr.extend) compound.next = this.#extended(before, name, expr.where)
    }
    return compounds[0]!
  }

  #extended(before: ClassValue | null, name: string, where: string): ClassValue {
    if (before !== null) return before
    if (this.#options.known !== undefined || name === '')
      this.#findings.error(where, `cannot extend unknown element class '${name}'`)
    return primitive(name)
  }

  // Connections

  #chain(chain: Chain): void {
    let last: readonly Entry[] | null = null
    let lastEnds: readonly End[] = []
    for (const [i, list] of chain.lists.entries()) {
      const entries = this.#entries(list)
      if (chain.lists.length === 1) spread(entries)
      const nodes = entries.map((entry) => this.#resolve(entry))
      const ends = (side: 'inPorts' | 'outPorts'): End[] =>
        entries.map((entry, k) => ({ node: nodes[k]!, ports: entry[side] }))
      if (last === null) {
        this.#useless(entries, 'inPorts', 'input ports ignored at start of chain', chain.where)
      } else {
        const arrow = chain.arrows[i - 1]!
        const error = (message: string) => this.#findings.error(arrow.where, message)
        for (const pair of pairPorts(lastEnds, ends('inPorts'), arrow.kind, error)) {
          this.#connection(1)
          this.#body.connect({ ...pair, where: arrow.where })
        }
      }
      last = entries
      lastEnds = ends('outPorts')
    }
    if (last !== null)
      this.#useless(last, 'outPorts', 'output ports ignored at end of chain', chain.where)
  }

  #useless(
    entries: readonly Entry[],
    side: 'inPorts' | 'outPorts',
    message: string,
    where: string,
  ): void {
    if (entries.some((entry) => (entry[side]?.ports.length ?? 0) > 0))
      this.#findings.error(where, message)
  }

  /** What each place of a list holds; classes and groups on the way are elaborated. */
  #entries(list: readonly ElementExpr[]): Entry[] {
    return list.map((expr) => {
      const { item, where } = expr
      const entry = {
        expr,
        config: expr.config ?? '',
        inPorts: expr.inPorts,
        outPorts: expr.outPorts,
      }
      let name = ''
      let type: ClassValue | null = null
      if (item.kind === 'named') {
        name = item.name
        type = this.#lookup(name)
      } else if (item.kind === 'compound') {
        type = { kind: 'compound', compound: this.#compound(item.body, '') }
      } else if (item.kind === 'implicit') {
        name = item.side
      } else {
        const group = this.#group(item.statements, where, item.endWhere)
        name = group.name
        entry.inPorts ??= this.#allPorts(group.ninputs)
        entry.outPorts ??= this.#allPorts(group.noutputs)
      }
      const known = item.kind === 'named' || item.kind === 'group'
      if (expr.config !== null && known && this.#body.find(name) !== null)
        this.#findings.error(where, 'configuration string ignored on element reference')
      const decl = expr.decl === null ? null : this.#class(expr.decl, '')
      return { ...entry, name, type, decl }
    })
  }

  /** Elaborates a group's statements in the same block, with its own `input` and `output`. */
  #group(
    statements: readonly Statement[],
    where: string,
    endWhere: string,
  ): { name: string; ninputs: number; noutputs: number } {
    this.#count(3)
    const group: Tunnels = this.#body.enterGroup(where)
    this.#statements(statements)
    return this.#body.leaveGroup(group, endWhere)
  }

  #allPorts(count: number): PortList | null {
    if (count === 0) return null
    this.#connection(count)
    return { ports: Array.from({ length: count }, (_, i) => i), expandable: false }
  }

  #connection(count: number): void {
    this.#connections += count
    if (this.#connections > CONNECTIONS_MAX)
      throw new LimitReached(`too many connections (at most ${CONNECTIONS_MAX})`)
  }

  #count(nodes: number): void {
    this.#nodes += nodes
    if (this.#nodes > ELEMENTS_MAX)
      throw new LimitReached(`too many elements (at most ${ELEMENTS_MAX})`)
  }

  /** The node of an entry: the element of that name, or a new one. */
  #resolve(entry: Entry): number {
    const { name, decl, config } = entry
    const where = entry.expr.where
    const existing = this.#body.find(name)
    if (entry.type === null && existing !== null) {
      if (decl !== null) this.#redeclared(name, existing, where)
      return existing
    }
    // Without a list of classes, `A :: A` shows only here that A is one.
    let type = entry.type ?? (this.#options.known === undefined ? this.#classes.get(name) : null)
    if (type !== null && decl !== null)
      this.#findings.error(where, `class '${name}' used as element name`)
    if (type === null && decl === null) {
      // With a list of classes, a name that is neither is a mistake; without, it is a class.
      if (this.#options.known !== undefined)
        this.#findings.error(where, `undeclared element '${name}'`)
      type = this.#force(name)
    }
    this.#count(1)
    if (type !== null) return this.#body.addAnonymous(name, type, config, where)
    return this.#body.add(name, decl!, config, where)
  }

  #redeclared(name: string, existing: number, where: string): void {
    this.#findings.error(where, `redeclaration of element '${name}'`)
    const node = this.#body.nodes[existing]!
    if (node.cls !== null)
      this.#findings.error(node.where, `element '${name}' previously declared here`)
  }

  // define and require

  #define(config: string, where: string): void {
    for (const arg of splitArgs(config)) {
      if (arg === '') continue
      const { word, rest } = takeWord(arg)
      if (/^\$\w+$/.test(word)) this.#body.define(word.slice(1), rest, where)
      else this.#findings.error(where, "bad 'define' declaration: not a variable")
    }
  }

  #require(config: string, where: string): void {
    for (const arg of splitArgs(config)) {
      const words = splitSpaces(arg).map((word) => parseString(word) ?? '')
      if (words.length === 0) continue
      const [type, value] = words.length === 1 ? ['', words[0]!] : [words[0]!, words[1]!]
      const alone = words.length === 1
      if (alone && value === 'compact_config') this.#need('compact_config')
      else if (words.length > 2 || value === '' || (alone && !isClickName(value)))
        this.#findings.error(where, 'syntax error at requirement')
      else if (alone || type === 'package') this.#need(`package ${value}`)
      else if (type === 'library') this.#library(value, where)
      else this.#findings.error(where, 'syntax error at requirement')
    }
  }

  #need(requirement: string): void {
    if (!this.requirements.includes(requirement)) this.requirements.push(requirement)
  }

  #library(name: string, where: string): void {
    if (!this.#body.isFile) {
      this.#findings.error(where, "'require library' must be used at file scope")
      return
    }
    const statements = this.#options.library(name, where)
    if (statements !== null) this.#statements(statements)
    else this.#findings.error(where, `library '${name}' not found in CLICKPATH/conf`)
  }
}

function primitive(name: string): ClassValue {
  return { kind: 'primitive', name }
}

/** `a, b :: Class(config)` on its own declares both. */
function spread(entries: readonly Entry[]): void {
  const last = entries.at(-1)!
  if (entries.length < 2 || last.decl === null) return
  const plain = entries.every(
    ({ expr }) => expr.item.kind !== 'implicit' && expr.inPorts === null && expr.outPorts === null,
  )
  const isBare = ({ expr }: Entry) =>
    expr.item.kind === 'named' && expr.decl === null && expr.config === null
  if (!plain || !entries.slice(0, -1).every(isBare)) return
  for (const entry of entries) {
    entry.decl = last.decl
    entry.config = last.config
  }
}
