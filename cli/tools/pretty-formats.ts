// A configuration as a graph for other programs: dot (graphviz), GML, GraphML.

import type { FlatConnection } from '../../lib/click/index.ts'
import type { Processing, ShownElement, ShownPort } from './pretty-graph.ts'
import type { Page } from './pretty-page.ts'
import { xmlEscaped } from './xml.ts'

export type Format = 'dot' | 'gml' | 'graphml'

/** What stands in a box, as a template. */
export const LABEL = '<~if test="<~anonymous>" then="<~type>" else="<~name> :: <~type>">'

export interface Shown {
  readonly elements: readonly ShownElement[]
  readonly connections: readonly FlatConnection[]
}

export function graphText(
  format: Format,
  { elements, connections }: Shown,
  page: Page,
  label: string,
): string {
  const edges = connections.map((c) => ({ from: c.from, out: c.fromPort, to: c.to, in: c.toPort }))
  const labels = elements.map((e) => plain(page.ofElement(label, e)))
  if (format === 'dot') return dot(elements, labels, edges)
  return format === 'gml' ? gml(elements, labels, edges) : graphml(elements, labels, edges)
}

/** Labels come out of templates as HTML. */
function plain(text: string): string {
  const characters: Record<string, string> = { amp: '&', gt: '>', lt: '<', quot: '"', '#39': "'" }
  return text.replaceAll(/&(amp|gt|lt|quot|#39);/g, (_, name: string) => characters[name]!)
}

interface Edge {
  readonly from: number
  readonly out: number
  readonly to: number
  readonly in: number
}

function dot(
  elements: readonly ShownElement[],
  labels: readonly string[],
  edges: readonly Edge[],
): string {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  const record = (text: string) => text.replaceAll(/[\\{}|<>"]/g, '\\$&')
  const ports = (list: readonly ShownPort[], letter: string) =>
    `{${list.map((p) => `<${letter}${p.number}>`).join('|')}}`
  const lines = elements.map((e, i) => {
    const parts = [record(labels[i]!)]
    if (e.inputs.length > 0) parts.unshift(ports(e.inputs, 'i'))
    if (e.outputs.length > 0) parts.push(ports(e.outputs, 'o'))
    return `  ${quoted(e.name)} [label="{${parts.join('|')}}"];`
  })
  const name = (i: number) => quoted(elements[i]!.name)
  for (const e of edges) lines.push(`  ${name(e.from)}:o${e.out} -> ${name(e.to)}:i${e.in};`)
  const head = [
    'digraph clickrouter {',
    '  node [shape=record,height=.1]',
    '  edge [arrowhead=normal,arrowtail=none,tailclip=false]',
  ]
  return `${[...head, ...lines].join('\n')}\n}\n`
}

function gml(
  elements: readonly ShownElement[],
  labels: readonly string[],
  edges: readonly Edge[],
): string {
  const nodes = elements.map(
    ({ index }, i) =>
      `  node\n  [ id ${index}\n    label "${labels[i]!.replaceAll('"', "'")}"\n  ]\n`,
  )
  const lines = edges.map(
    (e) =>
      `  edge\n  [ source ${e.from}\n    target ${e.to}\n    label "${e.out} -> ${e.in}"\n  ]\n`,
  )
  const head = 'Creator "click-pretty"\ngraph\n[ hierarchic 1\n  directed 1\n'
  return `${head}${nodes.join('')}${lines.join('')}]\n`
}

const LETTERS: Readonly<Record<Processing, string>> = { push: 'h', pull: 'l', agnostic: 'a' }

/** Small letters: by declaration; capitals: an agnostic port that became it. */
function letter({ declared, processing }: ShownPort): string {
  const one = LETTERS[processing]
  return declared === 'agnostic' && processing !== 'agnostic' ? one.toUpperCase() : one
}

function graphml(
  elements: readonly ShownElement[],
  labels: readonly string[],
  edges: readonly Edge[],
): string {
  const port = (p: ShownPort, side: string) =>
    `    <port name="${side}${p.number}"> <data key="kp">${letter(p)}</data> </port>\n`
  const nodes = elements.map(({ index, name, inputs, outputs }, i) => {
    const degrees = `parse.indegree="${inputs.length}" parse.outdegree="${outputs.length}"`
    const data = `<data key="kn">${xmlEscaped(name)}</data> <data key="kc">${xmlEscaped(labels[i]!)}</data>`
    const ports = [...inputs.map((p) => port(p, 'i')), ...outputs.map((p) => port(p, 'o'))]
    return `  <node id="n${index}" ${degrees}>\n    ${data}\n${ports.join('')}  </node>\n`
  })
  const lines = edges.map(
    (e, i) =>
      `  <edge id="e${i}" source="n${e.from}" target="n${e.to}" sourceport="o${e.out}" targetport="i${e.in}" />\n`,
  )
  return `<?xml version="1.0" encoding="ISO-8859-1"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="kn" for="node" attr.name="name" attr.type="string" />
<key id="kc" for="node" attr.name="class" attr.type="string" />
<key id="kp" for="port" attr.name="processing" attr.type="string">
  <default>a</default>
</key>
<graph id="G" edgedefault="directed">
${nodes.join('')}${lines.join('')}</graph>
</graphml>
`
}
