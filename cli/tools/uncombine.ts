// click-uncombine: one router out of a configuration that click-combine made. Its RouterLinks become
// devices again, and its elements lose the router's name. A router within a router is NAME/INNER.

import type { Member } from '../../lib/click/archive.ts'
import { cpUnquote, splitArgs, splitSpaces } from '../../lib/click/text.ts'
import { COMPONENTS, componentsOf, LINK_CLASS } from './components.ts'
import { type EditElement, EditGraph } from './edit-graph.ts'
import { UsageError } from './options.ts'
import { OPTION, readGraph, type Tool, ToolError, writeConfig } from './tool.ts'

const HERE = '<click-uncombine>'

export const tool: Tool = {
  name: 'click-uncombine',
  about: 'Takes one router out of a combined Click configuration made by click-combine.',
  args: '[ROUTERFILE [COMPONENTNAME]]',
  options: [
    OPTION.file,
    { long: 'name', short: 'n', value: 'NAME', help: 'take out the router NAME' },
    OPTION.output,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const fromOption = line.all('file').length > 0
    const [first, ...more] = line.plain
    const source = line.source(fromOption ? null : (first ?? null))
    const names = [...line.all('name'), ...(fromOption ? line.plain : more)]
    if (names.length > 1) throw new UsageError('component name specified twice')
    const name = names[0]
    if (name === undefined) throw new ToolError(['click-uncombine: no component name specified'])
    const { graph, filename, others } = readGraph(line, source)
    const components = componentsOf(others)
    if (components.length === 0)
      throw new ToolError([`${filename}: not created by 'click-combine' (no '${COMPONENTS}')`])
    if (!components.includes(name)) throw new ToolError([`${filename}: no '${name}' component`])
    const edited = EditGraph.of(graph)
    for (const part of partsOf(name, components)) takeOut(edited, part)
    writeConfig(line.output(), edited.unparse(), archiveOf(others, components, name))
    return 0
  },
}

/** Routers to take out of each other, outermost first: names may have slashes of their own. */
function partsOf(name: string, components: readonly string[]): string[] {
  const outer = components
    .filter((one) => name.startsWith(`${one}/`))
    .sort((a, b) => a.length - b.length)
  const path = [...outer, name]
  return path.map((one, i) => (i === 0 ? one : one.slice(path[i - 1]!.length + 1)))
}

/** Inner routers stay routers; otherwise the archive holds nothing of the combination. */
function archiveOf(
  others: readonly Member[],
  components: readonly string[],
  name: string,
): Member[] {
  const inner = components.filter((one) => one.startsWith(`${name}/`))
  const kept = others.filter((m) => m.name !== COMPONENTS && m.name !== 'elementmap.xml')
  if (inner.length === 0) return kept
  const data = inner.map((one) => `${one.slice(name.length + 1)}\n`).join('')
  return [...others.filter((m) => m.name !== COMPONENTS), { name: COMPONENTS, data }]
}

function takeOut(graph: EditGraph, component: string): void {
  const ends: EditElement[] = []
  for (const link of graph.elements)
    if (link.className === LINK_CLASS) openLink(graph, link, component, ends)
  const prefix = `${component}/`
  const live = connectedTo(graph, [
    ...ends,
    ...graph.elements.filter((e) => e.name.startsWith(prefix)),
  ])
  for (const e of graph.elements) if (!live.has(e)) graph.remove(e)
  for (const e of graph.elements) {
    const name = e.name.startsWith(prefix) ? e.name.slice(prefix.length) : ''
    if (name !== '' && graph.find(name) === null) graph.rename(e, name)
    if (e.className === LINK_CLASS)
      e.config = splitArgs(e.config)
        .map((arg, i) => (i % 2 === 0 && arg.startsWith(prefix) ? arg.slice(prefix.length) : arg))
        .join(', ')
  }
}

/** Puts the component's devices back in place of a link; links of others stay as they are. */
function openLink(
  graph: EditGraph,
  link: EditElement,
  component: string,
  ends: EditElement[],
): void {
  const args = splitArgs(link.config)
  const inputs = graph.portCount(link, 'to')
  const words = args.filter((_, i) => i % 2 === 0).map(splitSpaces)
  const strange =
    args.length !== 2 * (inputs + graph.portCount(link, 'from')) ||
    words.some((w) => w.length !== 3)
  if (strange) throw new ToolError([`RouterLink '${link.name}' has strange configuration`])
  if (!words.some(([router]) => router === component)) {
    if (words.some(([router]) => router!.startsWith(`${component}/`))) ends.push(link)
    return
  }
  for (const [i, [router, name, className]] of words.entries()) {
    if (router !== component) continue
    const config = args[2 * i + 1]!
    const device = graph.add(
      name!,
      className!,
      config.startsWith('"') ? cpUnquote(config) : config,
      HERE,
    )
    const inserted = { element: device, port: 0 }
    if (i < inputs) graph.insertBefore(inserted, { element: link, port: i })
    else graph.insertAfter(inserted, { element: link, port: i - inputs })
    ends.push(device)
  }
  graph.remove(link)
}

function connectedTo(graph: EditGraph, starts: readonly EditElement[]): Set<EditElement> {
  const live = new Set(starts)
  const todo = [...starts]
  for (let e = todo.pop(); e !== undefined; e = todo.pop())
    for (const side of ['from', 'to'] as const)
      for (const c of graph.touching(e, side)) {
        const other = c[side === 'from' ? 'to' : 'from'].element
        if (live.has(other)) continue
        live.add(other)
        todo.push(other)
      }
  return live
}
