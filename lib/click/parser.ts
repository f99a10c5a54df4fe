// Tokens to syntax tree. A mistake is reported and skipped; what follows is parsed all the same.
//
//   statement   elements {arrow elements} [;]
//             | elementclass NAME class | define(…) | require(…)
//   elements    element {, element}
//   element     [ports] (NAME [:: class] | class | group) [(configuration)] [ports]
//   class       NAME | { body {|| body} [|| ...] }
//   group       ( statements )
//
// Inside braces and groups, an arrow with nothing in front starts at `input`, one with nothing
// behind ends at `output`.

import {
  COMPOUND_PARAMS_MAX,
  CONFIG_DEPTH_MAX,
  CONFIG_ITEMS_MAX,
  CONNECTIONS_MAX,
} from '../limits.ts'
import type {
  Arrow,
  Chain,
  ClassExpr,
  CompoundBody,
  CompoundClass,
  ElementExpr,
  Item,
  Param,
  PortList,
  Statement,
} from './ast.ts'
import { type Findings, LimitReached } from './findings.ts'
import { Lexer, type Token } from './lexer.ts'
import { parseInteger } from './values.ts'

type Block = 'file' | 'compound' | 'group'

/** The statements of a text. Findings say what is wrong with it; it never throws for its input. */
export function parse(text: string, filename: string, findings: Findings): readonly Statement[] {
  return new Parser(new Lexer(text, filename, findings), findings).file()
}

/** What a statement may follow without a semicolon. */
function endsChain(token: Token): boolean {
  if (token.kind === 'char') return '{}[);'.includes(token.text)
  return !['::', '...', 'variable'].includes(token.kind)
}

function isArrow(token: Token): token is Token & { kind: '->' | '=>' } {
  return token.kind === '->' || token.kind === '=>'
}

class Parser {
  readonly #lexer: Lexer
  readonly #findings: Findings
  #depth = 0
  #items = 0
  /** Port numbers in brackets so far. */
  #ports = 0
  /** Did the last chain of this block end in `output`? */
  #atOutput = true

  constructor(lexer: Lexer, findings: Findings) {
    this.#lexer = lexer
    this.#findings = findings
  }

  file(): readonly Statement[] {
    const statements: Statement[] = []
    try {
      this.#statements('file', statements)
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error
      this.#error(error.message)
    }
    return statements
  }

  #error(message: string, where = this.#lexer.where): void {
    this.#findings.error(where, message)
  }

  #syntaxError(token: Token): void {
    const near = token.kind === 'variable' ? `$${token.text}` : token.text
    const what = token.kind === 'end' ? 'at end of file' : `near '${near}'`
    this.#error(`syntax error ${what}`, token.where)
  }

  #is(char: string): boolean {
    const token = this.#lexer.peek()
    return token.kind === 'char' && token.text === char
  }

  #accept(char: string): boolean {
    if (!this.#is(char)) return false
    this.#lexer.next()
    return true
  }

  #expect(char: string): boolean {
    if (this.#accept(char)) return true
    this.#error(`expected '${char}'`)
    return false
  }

  /** Statements up to the token that ends the block, which is left. */
  #statements(block: Block, into: Statement[]): void {
    const outer = this.#atOutput
    this.#atOutput = true
    while (!this.#atEnd(block)) {
      const statement = this.#statement(block)
      if (statement !== null) into.push(statement)
    }
    this.#atOutput = outer
  }

  #atEnd(block: Block): boolean {
    const token = this.#lexer.peek()
    if (token.kind === 'end') return true
    const closes = token.kind === '||' || (token.kind === 'char' && '})'.includes(token.text))
    if (!closes) return false
    if (block === 'compound') return token.text !== ')'
    return block === 'group'
  }

  #statement(block: Block): Statement | null {
    const token = this.#lexer.peek()
    if (token.kind === 'identifier' || isArrow(token)) return this.#chain(block !== 'file')
    if (token.kind === 'char' && '[{('.includes(token.text)) return this.#chain(block !== 'file')
    this.#lexer.next()
    switch (token.kind) {
      case 'elementclass':
        return this.#elementclass(token)
      case 'define':
      case 'require': {
        const config = this.#configInParens()
        return config === null ? null : { kind: token.kind, config, where: token.where }
      }
      case 'provide':
        this.#syntaxError(token)
        if (this.#is('(')) this.#configInParens()
        return null
      default:
        if (token.text !== ';') this.#syntaxError(token)
        return null
    }
  }

  #configInParens(): string | null {
    if (!this.#expect('(')) return null
    const config = this.#lexer.config()
    this.#expect(')')
    return config
  }

  #elementclass(start: Token): Statement {
    const where = start.where
    let name = ''
    if (this.#lexer.peek().kind === 'identifier') name = this.#lexer.next().text
    else this.#error('expected element type name')
    const token = this.#lexer.peek()
    if (token.kind === 'identifier' || this.#is('{'))
      return { kind: 'elementclass', name, body: this.#class(), where }
    this.#syntaxError(this.#lexer.next())
    return { kind: 'elementclass', name, body: null, where }
  }

  /** A class; the next token is an identifier or '{'. */
  #class(): ClassExpr {
    const token = this.#lexer.peek()
    if (token.kind !== 'identifier') return this.#compound()
    this.#lexer.next()
    return { kind: 'named', name: token.text, where: token.where }
  }

  #countItem(): void {
    if (++this.#items > CONFIG_ITEMS_MAX)
      throw new LimitReached(`too many names and brackets (at most ${CONFIG_ITEMS_MAX})`)
  }

  #enter(): void {
    if (++this.#depth > CONFIG_DEPTH_MAX)
      throw new LimitReached(`maximum nesting depth exceeded (${CONFIG_DEPTH_MAX})`)
  }

  #compound(): CompoundClass {
    const where = this.#lexer.next().where
    this.#enter()
    const bodies: CompoundBody[] = []
    let extend = false
    do {
      if (this.#lexer.peek().kind === '...') {
        this.#lexer.next()
        if (bodies.length === 0 || !this.#is('}'))
          this.#error("'...' should occur last, after one or more compounds")
        extend = true
      } else {
        bodies.push(this.#body())
      }
    } while (this.#acceptBar())
    this.#expect('}')
    this.#depth--
    return { kind: 'compound', bodies, extend, where }
  }

  #acceptBar(): boolean {
    if (this.#lexer.peek().kind !== '||') return false
    this.#lexer.next()
    return true
  }

  #body(): CompoundBody {
    this.#countItem()
    const where = this.#lexer.peek().where
    const params = this.#params()
    const statements: Statement[] = []
    this.#statements('compound', statements)
    return { params, statements, where }
  }

  #params(): Param[] {
    const params: Param[] = []
    for (;;) {
      const first = this.#lexer.peek()
      let keyword = ''
      if (first.kind === 'identifier' && this.#lexer.peekSecond().kind === 'variable') {
        keyword = this.#lexer.next().text
      } else if (first.kind !== 'variable') {
        if (this.#accept('|')) return params
        if (params.length > 0) this.#error('expected variable')
        return params
      }
      const variable = this.#lexer.next()
      params.push({ name: variable.text, keyword, where: variable.where })
      if (params.length > COMPOUND_PARAMS_MAX)
        throw new LimitReached(`too many parameters (at most ${COMPOUND_PARAMS_MAX})`)
      if (this.#accept('|')) return params
      if (!this.#accept(',')) {
        this.#error("expected ',' or '|'")
        return params
      }
    }
  }

  #chain(nested: boolean): Chain | null {
    const lists: ElementExpr[][] = []
    const arrows: Arrow[] = []
    const where = this.#lexer.peek().where
    for (;;) {
      const list = this.#list(nested, lists.length === 0)
      if (list.length === 0) break
      lists.push(list)
      this.#skipMisplaced()
      const token = this.#lexer.peek()
      if (!isArrow(token)) {
        if (!endsChain(token)) this.#syntaxError(this.#lexer.next())
        else this.#accept(';')
        break
      }
      if (lists.length > 1 && list.some((e) => e.item.kind === 'implicit'))
        this.#error('implicit ports used in the middle of a chain', token.where)
      this.#lexer.next()
      arrows.push({ kind: token.kind, where: token.where })
    }
    if (lists.length === 0) return null
    this.#atOutput = endsAtOutput(lists.at(-1)!)
    return { kind: 'chain', lists, arrows: arrows.slice(0, lists.length - 1), where }
  }

  /** Commas and '::' that follow nothing. */
  #skipMisplaced(): void {
    while (this.#is(',') || this.#lexer.peek().kind === '::') this.#syntaxError(this.#lexer.next())
  }

  #list(nested: boolean, first: boolean): ElementExpr[] {
    const list: ElementExpr[] = []
    do {
      const element = this.#element(nested, first, list.length > 0)
      if (element !== null) list.push(element)
      else if (list.length > 0) break
      else {
        if (!nested || !first) this.#syntaxError(this.#lexer.next())
        break
      }
    } while (this.#accept(','))
    return list
  }

  #element(nested: boolean, first: boolean, follows: boolean): ElementExpr | null {
    this.#countItem()
    const inPorts = this.#is('[') ? this.#portList() : null
    const token = this.#lexer.peek()
    const isOpen = token.kind === 'char' && '{('.includes(token.text)
    if (token.kind === 'identifier' || isOpen) return this.#written(inPorts)
    const alone = inPorts !== null || !follows
    let implicit = false
    if (nested && isArrow(token)) implicit = first && alone
    else if (nested && this.#is(',')) implicit = inPorts !== null
    else if (nested && token.kind !== '::') implicit = !first && alone
    if (!implicit) {
      if (inPorts !== null) this.#error('stranded port ignored', token.where)
      return null
    }
    if (first && isArrow(token) && inPorts === null && !this.#atOutput) this.#suggest(token)
    const item: Item = { kind: 'implicit', side: first ? 'input' : 'output' }
    const ports = first ? { inPorts: null, outPorts: inPorts } : { inPorts, outPorts: null }
    return { item, decl: null, config: null, ...ports, where: token.where }
  }

  #suggest(arrow: Token): void {
    const text = arrow.text
    const message = `suggest 'input ${text}' or '[0] ${text}' to start connection`
    this.#findings.warning(arrow.where, message)
  }

  /** An element that is written out; the next token is an identifier, '{' or '('. */
  #written(inPorts: PortList | null): ElementExpr {
    const where = this.#lexer.peek().where
    const item = this.#item()
    let decl: ClassExpr | null = null
    if (this.#lexer.peek().kind === '::') {
      this.#lexer.next()
      if (this.#lexer.peek().kind === 'identifier' || this.#is('{')) decl = this.#class()
      else this.#error('missing element type in declaration')
    }
    const config = this.#is('(') ? this.#configInParens() : null
    const outPorts = this.#is('[') ? this.#portList() : null
    return { item, decl, config, inPorts, outPorts, where }
  }

  #item(): Item {
    const token = this.#lexer.peek()
    if (token.kind === 'identifier') {
      this.#lexer.next()
      return { kind: 'named', name: token.text }
    }
    if (token.text === '{') return { kind: 'compound', body: this.#compound() }
    this.#lexer.next()
    this.#enter()
    const statements: Statement[] = []
    this.#statements('group', statements)
    const end = this.#lexer.peek()
    // A brace in place of the parenthesis is left to whom it belongs.
    if (!this.#accept(')')) this.#error("expected ')'", end.where)
    this.#depth--
    return { kind: 'group', statements, endWhere: end.where }
  }

  #portList(): PortList {
    this.#lexer.next()
    const ports: number[] = []
    let dash = false
    for (;;) {
      const token = this.#lexer.peek()
      if (token.kind !== 'identifier') {
        if (this.#accept(']')) return { ports: ports.length === 0 ? [0] : ports, expandable: true }
        this.#error('syntax error: expected port number', token.where)
        return { ports, expandable: false }
      }
      this.#lexer.next()
      this.#addPorts(ports, token, dash)
      if (this.#accept(']')) return { ports, expandable: false }
      dash = !dash && this.#accept('-')
      if (!dash && !this.#accept(',')) this.#error("syntax error: expected ','")
    }
  }

  #addPorts(ports: number[], token: Token, dash: boolean): void {
    let port = parseInteger(token.text)
    if (port === null) {
      this.#error('syntax error: port number should be integer', token.where)
      port = 0
    }
    const start = dash ? (ports.at(-1) ?? -1) + 1 : port
    this.#ports += Math.max(1, port - start + 1)
    if (port >= CONNECTIONS_MAX || this.#ports > CONNECTIONS_MAX)
      throw new LimitReached(`too many ports (at most ${CONNECTIONS_MAX})`)
    for (let p = start; p <= port; p++) ports.push(p)
  }
}

function endsAtOutput(list: readonly ElementExpr[]): boolean {
  const item = list.length === 1 ? list[0]!.item : null
  if (item === null) return false
  if (item.kind === 'implicit') return item.side === 'output'
  return item.kind === 'named' && item.name === 'output'
}
