// click2xml: a configuration as XML, compound elements and all. A class that is defined in it has an
// identifier, by which elements name it, since several classes may have one name. Variables and
// requirements, for which Click's form has no elements, are `define` and `require`.

import {
  bodyGraph,
  type ClassValue,
  type Compound,
  type FlatGraph,
  parseCompounds,
} from '../../lib/click/index.ts'
import { OPTION, parseOptions, readSource, report, type Tool, writeText } from './tool.ts'
import { xmlEscaped } from './xml.ts'

const HEAD = `<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>
<!DOCTYPE configuration SYSTEM "http://www.pdos.lcs.mit.edu/click/clickconfig.dtd">
`

export const tool: Tool = {
  name: 'click2xml',
  about: 'Writes a Click configuration as XML.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const { text, filename } = readSource(line.onlySource())
    const parsed = parseCompounds(text, parseOptions(line, filename))
    report(parsed.errors, parsed.warnings)
    const writer = new Writer()
    for (const [name, value] of parsed.definitions) writer.definition(name, value)
    const body = writer.body(parsed.file, '')
    const requires = parsed.requirements.map((value) => `<require${attributes({ value })} />\n`)
    const root = `<configuration xmlns="http://www.lcdf.org/click/xml/">`
    writeText(
      line.output(),
      `${HEAD}${root}\n${requires.join('')}${writer.classes()}${body}</configuration>\n`,
    )
    return 0
  },
}

class Writer {
  readonly #ids = new Map<Compound, string>()
  #classes = ''
  #synonyms = 0

  /** Definitions in an order in which each is there before it is used. */
  classes(): string {
    return this.#classes
  }

  definition(name: string, value: ClassValue): void {
    if (value.kind === 'compound') {
      this.#idOf(value.compound)
      return
    }
    const id = `s${++this.#synonyms}`
    this.#classes += `<elementclass${attributes({ classname: name, classid: id })}>\n`
    this.#classes += `  <synonym${attributes({ classname: value.name })} />\n</elementclass>\n`
  }

  /** Identifier of a class; its definition is written when it is first asked for. */
  #idOf(compound: Compound): string {
    const known = this.#ids.get(compound)
    if (known !== undefined) return known
    const id = `c${this.#ids.size + 1}`
    this.#ids.set(compound, id)
    const { name, where, params, ninputs, noutputs, next } = compound
    const overload =
      next === null
        ? {}
        : next.kind === 'primitive'
          ? { overloadclassname: next.name }
          : { overloadclassid: this.#idOf(next.compound) }
    const formals = params.map((p, number) => {
      const key = p.keyword === '' ? {} : { key: p.keyword }
      return `    <formal${attributes({ number, name: p.name, ...key })} />\n`
    })
    const inner = { ...overload, ninputs, noutputs, nformals: params.length }
    const body = `  <compound${attributes(inner)}>\n${formals.join('')}${this.body(compound, '    ')}  </compound>\n`
    const head = { ...(name === '' ? {} : { classname: name }), classid: id, ...place(where) }
    this.#classes += `<elementclass${attributes(head)}>\n${body}</elementclass>\n`
    return id
  }

  body(compound: Compound, indent: string): string {
    const marks = new Map<string, string>()
    const { graph, errors } = bodyGraph(compound, (inner) => {
      const id = this.#idOf(inner)
      const mark = `;${id}` // no class has such a name
      marks.set(mark, id)
      return mark
    })
    report(errors, [])
    const defines = compound.defines.map(
      ({ name, value }) => `${indent}<define${attributes({ name, value })} />\n`,
    )
    return [...defines, ...elements(graph, marks, indent), ...connections(graph, indent)].join('')
  }
}

function elements(graph: FlatGraph, marks: ReadonlyMap<string, string>, indent: string): string[] {
  return graph.elements.flatMap(({ name, className, config, where }, i) => {
    if (className === 'input' || className === 'output') return []
    const ports = {
      ninputs:
        1 + Math.max(-1, ...graph.connections.filter((c) => c.to === i).map((c) => c.toPort)),
      noutputs:
        1 + Math.max(-1, ...graph.connections.filter((c) => c.from === i).map((c) => c.fromPort)),
    }
    const id = marks.get(className)
    const cls = id === undefined ? { classname: className } : { classid: id }
    const text = config === '' ? {} : { config }
    return `${indent}<element${attributes({ name, ...cls, ...place(where), ...ports, ...text })} />\n`
  })
}

function connections(graph: FlatGraph, indent: string): string[] {
  return graph.connections.map(({ from, fromPort, to, toPort }) => {
    const ends = {
      from: graph.elements[from]!.name,
      fromport: fromPort,
      to: graph.elements[to]!.name,
      toport: toPort,
    }
    return `${indent}<connection${attributes(ends)} />\n`
  })
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlEscaped(String(value))}"`)
    .join('')
}

function place(where: string): { file?: string; line?: string } {
  const m = /^(.*):(\d+)$/.exec(where)
  return m === null ? {} : { file: m[1]!, line: m[2]! }
}
