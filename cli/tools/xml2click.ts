// xml2click: a configuration out of XML, as click2xml writes it.

import { parseConfig } from '../../lib/click/index.ts'
import { isWhole } from '../../lib/click/unparse.ts'
import { isClickName } from '../../lib/click/values.ts'
import { EditGraph } from './edit-graph.ts'
import {
  OPTION,
  parseOptions,
  readSource,
  report,
  type Tool,
  ToolError,
  writeText,
} from './tool.ts'
import { parseXml, type XmlElement, XmlError } from './xml.ts'

export const tool: Tool = {
  name: 'xml2click',
  about: 'Reads XML that describes a Click configuration, and writes the configuration.',
  args: '[XMLFILE]',
  options: [
    OPTION.file,
    { ...OPTION.expression, help: 'EXPR is the XML' },
    OPTION.output,
    { long: 'flatten', short: 'F', help: 'expand compound elements' },
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const { text, filename } = readSource(line.onlySource())
    const config = configurationOf(text, filename)
    // Whatever was in the XML, what is written is a configuration.
    const { graph, errors, warnings } = parseConfig(config, {
      ...parseOptions(line, filename),
      asWritten: true,
      keepVariables: true,
    })
    report(errors, warnings)
    writeText(line.output(), line.has('flatten') ? EditGraph.of(graph).unparse() : config)
    return 0
  },
}

/** Throws ToolError. */
export function configurationOf(text: string, filename: string): string {
  try {
    return new Reader(filename).read(parseXml(text))
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause
    throw new ToolError([`${filename}:${cause.line}: XML parse error: ${cause.message}`])
  }
}

class Reader {
  readonly #filename: string
  /** Definitions by identifier. */
  readonly #classes = new Map<string, XmlElement>()
  readonly #names = new Map<string, string>()
  readonly #problems: string[] = []
  /** Definitions that are written, in order; those that are being written. */
  readonly #written: string[] = []
  readonly #open = new Set<string>()

  constructor(filename: string) {
    this.#filename = filename
  }

  read(root: XmlElement): string {
    if (root.name !== 'configuration') this.#problem(root, `<configuration> was expected`)
    this.#collect(root)
    const definitions = root.children.filter((c) => c.name === 'elementclass')
    for (const { attributes } of definitions) this.#define(attributes.classid ?? '')
    const body = this.#body(root, '')
    if (this.#problems.length > 0) throw new ToolError(this.#problems)
    return this.#written.join('') + body
  }

  #problem({ line }: XmlElement, text: string): void {
    this.#problems.push(`${this.#filename}:${line}: ${text}`)
  }

  #collect(element: XmlElement): void {
    for (const child of element.children) {
      this.#collect(child)
      if (child.name !== 'elementclass') continue
      const { classid, classname } = child.attributes
      if (classid === undefined) this.#problem(child, 'elementclass without classid')
      else if (this.#classes.has(classid))
        this.#problem(child, `elementclass ID '${classid}' redefined`)
      else {
        this.#classes.set(classid, child)
        this.#names.set(classid, this.#nameFor(classname ?? 'Class'))
      }
    }
  }

  /** Classes of one name are told apart by numbers; those of an overloading share one. */
  #nameFor(name: string): string {
    const taken = new Set(this.#names.values())
    for (let i = 1; ; i++) {
      const one = i === 1 ? name : `${name}@@${i}`
      if (!taken.has(one)) return one
    }
  }

  /** Writes a definition, and before it those that it uses. */
  #define(id: string): void {
    const definition = this.#classes.get(id)
    if (definition === undefined || this.#open.has(id)) return
    this.#open.add(id)
    const name = this.#names.get(id)!
    const [content] = definition.children
    if (content?.name === 'synonym')
      this.#written.push(`elementclass ${name} ${this.#className(content)};\n`)
    else if (content?.name === 'compound')
      this.#written.push(`elementclass ${name} {${this.#overloads(content)}\n}\n`)
    else this.#problem(definition, 'elementclass without compound or synonym')
  }

  /** Bodies of an overloading, in the order in which they are tried. */
  #overloads(compound: XmlElement): string {
    const bodies: string[] = []
    const seen = new Set<XmlElement>()
    for (let one: XmlElement | undefined = compound; one !== undefined && !seen.has(one); ) {
      seen.add(one)
      bodies.push(`${this.#formals(one)}\n${this.#body(one, '  ')}`)
      const { overloadclassname, overloadclassid }: Record<string, string | undefined> =
        one.attributes
      if (overloadclassname !== undefined) bodies.push(' ...')
      one = this.#classes.get(overloadclassid ?? '')?.children.find((c) => c.name === 'compound')
    }
    return bodies.map((text) => text.trimEnd()).join('\n||')
  }

  #formals(compound: XmlElement): string {
    const formals = compound.children
      .filter((c) => c.name === 'formal')
      .sort((a, b) => Number(a.attributes.number ?? 0) - Number(b.attributes.number ?? 0))
    const texts = formals.map((formal) => {
      const { name = '', key } = formal.attributes
      if (!/^\$?\w+$/.test(name)) this.#problem(formal, `bad formal '${name}'`)
      const variable = `$${name.replace(/^\$/, '')}`
      return key === undefined || key === '' ? variable : `${key} ${variable}`
    })
    return texts.length === 0 ? '' : ` ${texts.join(', ')} |`
  }

  #body(parent: XmlElement, indent: string): string {
    const { children } = parent
    const defines = children
      .filter((c) => c.name === 'define')
      .map(({ attributes: { name = '', value = '' } }) => `${indent}define($${name} ${value});\n`)
    const elements = children
      .filter((c) => c.name === 'element')
      .map((element) => {
        const { name = '', config = '' } = element.attributes
        if (!isClickName(name)) this.#problem(element, `bad element name '${name}'`)
        if (!isWhole(config)) this.#problem(element, `brackets of '${config}' do not close`)
        const cls = this.#className(element)
        return `${indent}${name} :: ${cls}${config === '' ? '' : `(${config})`};\n`
      })
    const connections = children
      .filter((c) => c.name === 'connection')
      .map((connection) => {
        const { from = '', fromport = '0', to = '', toport = '0' } = connection.attributes
        for (const name of [from, to])
          if (!isClickName(name)) this.#problem(connection, `bad element name '${name}'`)
        for (const port of [fromport, toport])
          if (!/^\d{1,9}$/.test(port)) this.#problem(connection, `bad port '${port}'`)
        const out = fromport === '0' ? '' : ` [${fromport}]`
        return `${indent}${from}${out} -> ${toport === '0' ? '' : `[${toport}] `}${to};\n`
      })
    const requires = children
      .filter((c) => c.name === 'require')
      .map(({ attributes: { value = '' } }) => `${indent}require(${value});\n`)
    return [...requires, ...defines, ...elements, ...connections].join('')
  }

  /** Name of the class of an element or synonym, whose definition is then written. */
  #className(element: XmlElement): string {
    const { classid, classname } = element.attributes
    if (classid !== undefined) {
      this.#define(classid)
      const name = this.#names.get(classid)
      if (name !== undefined) return name
      this.#problem(element, `no elementclass with ID '${classid}'`)
    } else if (classname === undefined || !isClickName(classname))
      this.#problem(element, `bad element class '${classname ?? ''}'`)
    return classname ?? 'Error'
  }
}
