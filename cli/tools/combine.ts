// click-combine: several routers as one configuration. Elements of a router NAME are called
// NAME/element; where a link says that packets leave one router's device and arrive at another's,
// a RouterLink stands for both devices. click-uncombine takes a router out again.

import type { Member } from '../../lib/click/archive.ts'
import { cpQuote, splitArgs } from '../../lib/click/text.ts'
import { COMPONENTS, componentsOf, LINK_CLASS } from './components.ts'
import { type EditElement, EditGraph } from './edit-graph.ts'
import type { Given } from './options.ts'
import { UsageError } from './options.ts'
import {
  CommandLine,
  complain,
  OPTION,
  readGraph,
  type Tool,
  ToolError,
  writeConfig,
} from './tool.ts'

export const tool: Tool = {
  name: 'click-combine',
  about: 'Combines several Click routers, linked at their devices, into one configuration.',
  args: '[ROUTERFILE | ROUTERNAME=FILE | LINKSPEC]',
  options: [
    OPTION.output,
    { long: 'name', short: 'n', value: 'NAME', help: 'the next router is called NAME' },
    { ...OPTION.file, help: 'read the next router from FILE' },
    { ...OPTION.expression, help: 'EXPR is the next router' },
    {
      long: 'link',
      short: 'l',
      value: 'LINKSPEC',
      help: "link routers: 'NAME1.COMP1=NAME2.COMP2', COMP being an element or a device",
    },
    OPTION.config,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const { routers, links } = readAll(line)
    if (routers.length === 0) throw new ToolError(['click-combine: no routers specified'])
    if (links.length === 0) complain(['click-combine: warning: no links between routers'])
    const combined = new EditGraph()
    for (const router of routers) include(combined, router)
    const problems: string[] = []
    const found = links.flatMap((text) => findLink(text, routers, problems) ?? [])
    problems.push(...bothWays(found))
    if (problems.length > 0) throw new ToolError(problems.map((text) => `click-combine: ${text}`))
    for (const [i, group] of groupLinks(found).entries()) makeLink(combined, group, i + 1)
    const archive = line.has('config') ? [] : archiveOf(routers)
    writeConfig(line.output(), combined.unparse(), archive)
    return 0
  },
}

interface Router {
  readonly name: string
  readonly graph: EditGraph
  readonly others: readonly Member[]
}

/** A device of a router, before all were combined. */
interface End {
  readonly router: Router
  readonly element: EditElement
}

interface Link {
  readonly from: End
  readonly to: End
}

function readAll(line: CommandLine): { routers: Router[]; links: string[] } {
  const routers: Router[] = []
  const links: string[] = []
  let name = ''
  const read = (given: Given, named: string) => {
    if (name !== '' && named !== '')
      complain([`click-combine: warning: router name specified twice ('${name}' and '${named}')`])
    routers.push(readRouter(given, named || name || `router${routers.length + 1}`))
    name = ''
  }
  for (const given of line.given) {
    const { option, value } = given
    if (option === 'name') name = value
    else if (option === 'link') links.push(value)
    else if (option === 'file' || option === 'expression') read(given, '')
    else if (option === '') {
      const equals = value.indexOf('=')
      if (equals < 0) read({ ...given, option: 'file' }, '')
      else if (value.slice(0, equals).includes('.')) links.push(value)
      else {
        const file = value.slice(equals + 1)
        read({ option: 'file', value: file, negated: false }, value.slice(0, equals))
      }
    }
  }
  const names = routers.map((r) => r.name)
  const twice = names.find((one, i) => names.indexOf(one) !== i)
  if (twice !== undefined) throw new ToolError([`click-combine: two routers named '${twice}'`])
  return { routers, links }
}

function readRouter(given: Given, name: string): Router {
  if (!/^[\w@]+(?:\/[\w@]+)*$/.test(name))
    throw new UsageError(`router name '${name}' is not a legal Click identifier`)
  const line = new CommandLine([given])
  // Routers may use the same names for their variables: they are replaced.
  const { graph, others } = readGraph(line, line.source(null), false)
  return { name, graph: EditGraph.of(graph, true), others }
}

function include(combined: EditGraph, { name, graph }: Router): void {
  const made = new Map<EditElement, EditElement>()
  for (const e of graph.elements) {
    const config = e.className === LINK_CLASS ? nestedLink(name, e.config) : e.config
    made.set(e, combined.add(`${name}/${e.name}`, e.className, config, e.where))
  }
  for (const { from, to, where } of graph.connections)
    combined.connect(
      { element: made.get(from.element)!, port: from.port },
      { element: made.get(to.element)!, port: to.port },
      where,
    )
  for (const one of graph.requirements)
    if (!combined.requirements.includes(one)) combined.requirements.push(one)
}

/** A RouterLink of a combined router names its routers: they get the outer name, too. */
function nestedLink(name: string, config: string): string {
  return splitArgs(config)
    .map((arg, i) => (i % 2 === 0 ? `${name}/${arg}` : arg))
    .join(', ')
}

function findLink(text: string, routers: readonly Router[], problems: string[]): Link | null {
  const m = /^\s*([^.=\s]+)\s*\.\s*([^.=\s]+)\s*=\s*([^.=\s]+)\s*\.\s*([^.=\s]+)\s*$/.exec(text)
  if (m === null) {
    problems.push(`bad link definition '${text}'`)
    return null
  }
  const find = (name: string, part: string, classes: readonly string[]): End | null => {
    const router = routers.find((r) => r.name === name)
    if (router === undefined) {
      problems.push(`no router named '${name}'`)
      return null
    }
    const element = router.graph.find(part) ?? findDevice(router, part, classes, problems)
    if (element === null) {
      problems.push(`router '${name}' has no element or device named '${part}'`)
      return null
    }
    if (!classes.includes(element.className)) {
      complain([`click-combine: warning: router '${name}' element '${part}' has unexpected class`])
      complain([`click-combine:   expected ${classes.join(' or ')}, got ${element.className}`])
    }
    return { router, element }
  }
  const from = find(m[1]!, m[2]!, ['ToDevice'])
  const to = find(m[3]!, m[4]!, ['FromDevice', 'PollDevice'])
  return from === null || to === null ? null : { from, to }
}

function findDevice(
  { name, graph }: Router,
  device: string,
  classes: readonly string[],
  problems: string[],
): EditElement | null {
  const found = graph.elements.filter(
    (e) => classes.includes(e.className) && splitArgs(e.config)[0] === device,
  )
  if (found.length > 1) {
    const what = classes.map((one) => `'${one}(${device})'`).join(' or ')
    problems.push(`more than one ${what} element in router '${name}'`)
  }
  return found.length === 1 ? found[0]! : null
}

function bothWays(links: readonly Link[]): string[] {
  return links
    .filter(({ from }) => links.some(({ to }) => to.element === from.element))
    .map(
      ({ from: { router, element } }) =>
        `router '${router.name}' element '${element.name}' used as both source and destination`,
    )
}

interface Group {
  readonly from: End[]
  readonly to: End[]
}

/** Links that share a device are one: what leaves by any of its ends arrives at all others. */
function groupLinks(links: readonly Link[]): Group[] {
  const ids = links.map((_, i) => i)
  for (let again = true; again; ) {
    again = false
    for (const [i, a] of links.entries())
      for (const [j, b] of links.slice(0, i).entries()) {
        const shared = a.from.element === b.from.element || a.to.element === b.to.element
        if (!shared || ids[i] === ids[j]) continue
        ids[i] = ids[j]!
        again = true
      }
  }
  const once = (ends: readonly End[]): End[] =>
    ends.filter((end, i) => ends.findIndex((e) => e.element === end.element) === i)
  return [...new Set(ids)].map((id) => {
    const members = links.filter((_, i) => ids[i] === id)
    return { from: once(members.map((l) => l.from)), to: once(members.map((l) => l.to)) }
  })
}

function makeLink(combined: EditGraph, { from, to }: Group, number: number): void {
  const config = [...from, ...to].flatMap(({ router, element }) => {
    const args = element.config
    // One argument for each configuration, whatever commas are in it.
    return [
      `${router.name} ${element.name} ${element.className}`,
      splitArgs(args).length > 1 ? cpQuote(args) : args,
    ]
  })
  const link = combined.add(`link${number}`, LINK_CLASS, config.join(', '), '<click-combine>')
  const placed = ({ router, element }: End) => combined.find(`${router.name}/${element.name}`)!
  for (const [port, end] of from.entries()) {
    combined.insertBefore({ element: link, port }, { element: placed(end), port: 0 })
    combined.remove(placed(end))
  }
  for (const [port, end] of to.entries()) {
    combined.insertAfter({ element: link, port }, { element: placed(end), port: 0 })
    combined.remove(placed(end))
  }
}

/** What Click's own tools need to know of RouterLink. */
const ELEMENT_MAP = `<?xml version="1.0" standalone="yes"?>
<elementmap xmlns="http://www.lcdf.org/click/xml/">
  <entry name="${LINK_CLASS}" processing="l/h" flowcode="x/x" flags="S3" />
</elementmap>
`

function archiveOf(routers: readonly Router[]): Member[] {
  const names = routers.flatMap(({ name, others }) => [
    name,
    ...componentsOf(others).map((inner) => `${name}/${inner}`),
  ])
  const own = ['elementmap.xml', COMPONENTS]
  const kept = routers.flatMap((r) => r.others).filter((m) => !own.includes(m.name))
  const twice = kept.find((m, i) => kept.findIndex((o) => o.name === m.name) !== i)
  if (twice !== undefined)
    throw new ToolError([`click-combine: two archive elements named '${twice.name}'`])
  const map = { name: 'elementmap.xml', data: ELEMENT_MAP }
  return [...kept, map, { name: COMPONENTS, data: names.map((name) => `${name}\n`).join('') }]
}
