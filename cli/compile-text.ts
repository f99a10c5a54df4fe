// The functions that the graph compiler makes of a configuration, as text for people: a comment at
// each call says which element it is of; then the functions that elements had made for their own
// arguments (classifiers, filters). Nothing is opened or run.

import { compiledSource } from '../dataplane/compile.ts'
import type { Graph, GraphElement } from '../dataplane/graph.ts'

export interface GeneratedFunction {
  readonly name: string
  /** Full names of the elements that it calls, in order. */
  readonly elements: readonly string[]
  readonly source: string
}

export interface SpecialFunction {
  readonly element: string
  readonly className: string
  readonly source: string
}

export interface CompiledText {
  /** One a push path, pull path, join, or way out of one. */
  readonly functions: readonly GeneratedFunction[]
  readonly special: readonly SpecialFunction[]
}

export function compiledText(graph: Graph): CompiledText {
  const nodes = graph.elements.map((e, i) => ({
    name: e.name,
    spec: e.spec,
    outputs: e.outputKinds.map((kind, port) => (kind === 'pull' ? 'pull' : graph.out(i, port))),
    inputs: e.inputKinds.map((kind, port) => (kind === 'push' ? 'push' : graph.in(i, port))),
  }))
  const lines = compiledSource(nodes).split('\n')
  const functions = functionsOf(lines, graph.elements).sort((a, b) => rank(a.name) - rank(b.name))
  return { functions, special: graph.elements.flatMap(special) }
}

/** What runs for each packet comes first. */
const KINDS = ['task', 'push', 'pull', 'side', 'emit', 'emit_side']

function rank(name: string): number {
  return KINDS.indexOf(name.replace(/_\d.*$/, ''))
}

const FUNCTION = /^const (\w+) = function\b/
/** A call of an element's function with its `self`. */
const CALL = /\b(?:f|push|pull|task)(\d+)\(s\1\b/

function functionsOf(lines: readonly string[], elements: readonly GraphElement[]) {
  const functions: GeneratedFunction[] = []
  for (let i = 0; i < lines.length; i++) {
    const name = FUNCTION.exec(lines[i]!)?.[1]
    if (name === undefined || lines[i]!.endsWith('}')) continue
    const end = lines.indexOf('}', i)
    const called: string[] = []
    const source = lines.slice(i, end + 1).map((line) => {
      const index = CALL.exec(line)?.[1]
      const element = index === undefined ? undefined : elements[Number(index)]
      if (element === undefined) return line
      called.push(element.name)
      return `${line} // ${element.name} :: ${element.className}`
    })
    functions.push({ name, elements: called, source: `${source.join('\n')}\n` })
    i = end
  }
  return functions
}

/** Packet functions that were made for one element are made again, for its text. */
function special(e: GraphElement): SpecialFunction[] {
  if (e.spec.specialize === undefined) return []
  const { name, className, config, plan, ninputs, noutputs, inputKinds, outputKinds } = e
  const self = { name, className, config, plan, ninputs, noutputs, inputKinds, outputKinds }
  const made = e.spec.specialize(self) as () => unknown
  return [{ element: name, className, source: `${indentCode(made.toString())}\n` }]
}

/** Generated text has no indentation: it gets some, by its braces. */
function indentCode(text: string): string {
  let depth = 0
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const closes = /^[})]*/.exec(line)![0].length
      const at = Math.max(0, depth - closes)
      depth += count(line, '{') - count(line, '}')
      return '  '.repeat(at) + line
    })
    .join('\n')
}

function count(line: string, char: string): number {
  return line.split(char).length - 1
}

export function printed({ functions, special: own }: CompiledText, graph: Graph): string {
  const { elements, connections } = graph
  const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const out = [
    `// ${counted(elements.length, 'element')}, ${counted(connections.length, 'connection')}, ` +
      `${counted(functions.length, 'function')}.`,
    '//',
    '//   sN, fN     an element with its state, and its packet function',
    '//   push_N_P   what happens to a packet that is pushed to input P of element N, to its end',
    '//   pull_N_P   how a packet is pulled from output P of element N',
    '//   side_N     the other ways out of element N: further outputs, drops',
    '//   emit_N_P   one step, for elements that rarely send packets by themselves',
    '',
  ]
  for (const { source } of functions) out.push(source)
  for (const { element, className, source } of own)
    out.push(`// Made for ${element} :: ${className}`, source)
  return `${out.join('\n').trimEnd()}\n`
}
