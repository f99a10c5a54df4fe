// What click-undead does to a graph, step by step: decisions that are made already (static
// switches), elements that do nothing (Null), elements that are not on a way from a source to a
// sink, then ports and elements that are left with one way only.

import { splitArgs, uncomment } from '../../lib/click/text.ts'
import { parseInteger } from '../../lib/click/values.ts'
import type { EditConnection, EditElement, EditGraph, Port, Side } from './edit-graph.ts'
import { endsOf, linksOf, type Traits } from './traits.ts'

export interface Tell {
  warn(where: string, text: string): void
  detail(where: string, text: string): void
}

/** False: nothing of the configuration is alive; it is left as it is. */
export function removeDead(graph: EditGraph, traits: Traits, tell: Tell): boolean {
  return new Undead(graph, traits, tell).run()
}

const declared = ({ name, className }: EditElement): string => `${name} :: ${className}`

class Undead {
  readonly #graph: EditGraph
  readonly #traits: Traits
  readonly #tell: Tell
  /** Ports that each element had: those that lose their connection get an Idle. */
  readonly #counts = new Map<EditElement, Record<Side, number>>()
  readonly #gone: EditElement[] = []

  constructor(graph: EditGraph, traits: Traits, tell: Tell) {
    this.#graph = graph
    this.#traits = traits
    this.#tell = tell
    for (const e of graph.elements)
      this.#counts.set(e, { from: graph.portCount(e, 'from'), to: graph.portCount(e, 'to') })
  }

  run(): boolean {
    this.#each('StaticSwitch', (e) => this.#staticSwitch(e, 'from'))
    this.#each('StaticPullSwitch', (e) => this.#staticSwitch(e, 'to'))
    this.#each('Null', (e) => this.#null(e))
    this.#sweep()
    const live = this.#live()
    if (live.size === 0) return false
    for (const e of this.#graph.elements) {
      if (live.has(e)) continue
      this.#tell.detail(e.where, `removing '${declared(e)}'`)
      this.#drop(e)
    }
    while (this.#redundant());
    this.#fillBlankPorts()
    this.#sweep()
    return true
  }

  #each(className: string, visit: (element: EditElement) => void): void {
    for (const e of this.#graph.elements)
      if (e.className === className && !this.#gone.includes(e)) visit(e)
  }

  /** Elements that go keep their place until all are gone, so that none is given away. */
  #drop(element: EditElement): void {
    for (const side of ['from', 'to'] as const)
      for (const c of this.#graph.touching(element, side)) this.#graph.disconnect(c)
    this.#gone.push(element)
  }

  #sweep(): void {
    for (const e of this.#gone.splice(0)) this.#graph.remove(e)
    this.#graph.compact()
  }

  #idle(): EditElement {
    let number = this.#graph.elements.length + 1
    while (this.#graph.find(`Idle@${number}`) !== null) number++
    return this.#graph.add(`Idle@${number}`, 'Idle', '', '<click-undead>')
  }

  /** @param many the side that has the ports to choose from */
  #staticSwitch(element: EditElement, many: Side): void {
    const graph = this.#graph
    const one = many === 'from' ? 'to' : 'from'
    const text = uncomment(element.config)
    let chosen = parseInteger(text) ?? -1
    if (parseInteger(text) === null) {
      this.#tell.warn(element.where, `bad configuration '${element.className}(${text})'`)
      chosen = -1
    }
    const idle = this.#idle()
    const ways = graph.touching(element, many, chosen)
    const far: Port = ways.length === 1 ? ways[0]![one] : { element: idle, port: 0 }
    for (const c of graph.touching(element, one, 0)) graph.move(c, one, far)
    for (const [port, c] of graph.touching(element, many).entries())
      if (c[many].port !== chosen) graph.move(c, many, { element: idle, port })
    this.#drop(element)
  }

  #null(element: EditElement): void {
    const graph = this.#graph
    if (graph.portCount(element, 'to') !== 1 || graph.portCount(element, 'from') !== 1) {
      this.#tell.warn(element.where, `odd connections to '${declared(element)}'`)
      return
    }
    const before = graph.touching(element, 'to')
    const after = graph.touching(element, 'from')
    if (before.length === 1) for (const c of after) graph.move(c, 'from', before[0]!.from)
    else if (after.length === 1) for (const c of before) graph.move(c, 'to', after[0]!.to)
    else {
      this.#tell.warn(element.where, `odd connections to '${declared(element)}'`)
      return
    }
    this.#drop(element)
  }

  /** Elements that packets can reach from a source, and from which they can reach a sink. */
  #live(): Set<EditElement> {
    const elements = this.#graph.elements
    const sources: EditElement[] = []
    const sinks: EditElement[] = []
    for (const e of elements) {
      const given = endsOf(e.className)
      const ends = given ?? {
        source: this.#graph.portCount(e, 'to') === 0,
        sink: this.#graph.portCount(e, 'from') === 0,
      }
      const assuming = given === null ? 'assuming ' : ''
      const what = [ends.source ? ['source'] : [], ends.sink ? ['sink'] : []].flat().join(' and ')
      if (what !== '') this.#tell.detail(e.where, `${assuming}'${declared(e)}' is ${what}`)
      if (ends.source) sources.push(e)
      if (ends.sink) sinks.push(e)
    }
    const fromSources = this.#reach(sources, 'to')
    const toSinks = this.#reach(sinks, 'from')
    const live = elements.filter((e) => fromSources.has(e) && toSinks.has(e))
    // What has no ports at all informs others, or drives the router.
    const ports = (e: EditElement) => this.#counts.get(e) ?? { from: 1, to: 1 }
    return new Set([...live, ...elements.filter((e) => ports(e).from + ports(e).to === 0)])
  }

  /** Elements that packets get to (`to`), or come from, when they start at `starts`. */
  #reach(starts: readonly EditElement[], side: Side): Set<EditElement> {
    const graph = this.#graph
    const other = side === 'to' ? 'from' : 'to'
    const reached = new Set(starts)
    const seen = new Set<string>()
    const todo: EditConnection[] = starts.flatMap((e) => graph.touching(e, other))
    for (let c = todo.pop(); c !== undefined; c = todo.pop()) {
      const { element, port } = c[side]
      const key = `${element.index}.${port}`
      if (seen.has(key)) continue
      seen.add(key)
      if (element.className !== 'Idle') reached.add(element)
      for (const next of this.#through(element, port, side))
        todo.push(...graph.touching(element, other, next))
    }
    return reached
  }

  /** Ports on the other side of an element that packets of a port go to, or come from. */
  #through(element: EditElement, port: number, side: Side): number[] {
    const counts = {
      ninputs: this.#graph.portCount(element, 'to'),
      noutputs: this.#graph.portCount(element, 'from'),
    }
    // What an ARPQuerier learns at one input makes packets of the other go on.
    if (element.className === 'ARPQuerier')
      return Array.from({ length: side === 'to' ? counts.noutputs : counts.ninputs }, (_, i) => i)
    return linksOf(this.#traits, element.className, counts).flatMap(({ inputs, outputs }) => {
      const [here, there] = side === 'to' ? [inputs, outputs] : [outputs, inputs]
      return here.includes(port) ? [...there] : []
    })
  }

  #redundant(): boolean {
    let changed = false
    const note = (did: boolean) => {
      changed ||= did
    }
    this.#each('RoundRobinSched', (e) => note(this.#scheduler(e, false)))
    this.#each('PrioSched', (e) => note(this.#scheduler(e, false)))
    this.#each('StrideSched', (e) => note(this.#scheduler(e, true)))
    this.#each('Tee', (e) => note(this.#tee(e, 0)))
    this.#each('PullTee', (e) => note(this.#tee(e, 1)))
    return changed
  }

  /** Removes a scheduler's unconnected inputs; true: it had one left, and is gone. */
  #scheduler(element: EditElement, argumentEach: boolean): boolean {
    const graph = this.#graph
    if (graph.portCount(element, 'from') !== 1) return false
    const count = this.#counts.get(element)!.to
    const args = splitArgs(element.config)
    if (argumentEach && args.length !== count) return false
    const used = this.#closeUp(element, 'to', count, 0)
    if (argumentEach) element.config = used.map((port) => args[port]).join(', ')
    if (used.length !== 1) return false
    this.#tell.detail(element.where, `removing redundant scheduler '${declared(element)}'`)
    const [before] = graph.touching(element, 'to')
    for (const c of graph.touching(element, 'from', 0)) graph.move(c, 'from', before!.from)
    this.#drop(element)
    return true
  }

  /** Removes a tee's unconnected outputs from `first` on; true: it had one left, and is gone. */
  #tee(element: EditElement, first: number): boolean {
    const graph = this.#graph
    if (graph.portCount(element, 'to') !== 1) return false
    const used = this.#closeUp(element, 'from', this.#counts.get(element)!.from, first)
    element.config = String(used.length)
    if (used.length !== 1) return false
    this.#tell.detail(element.where, `removing redundant tee '${declared(element)}'`)
    const into = graph.touching(element, 'to')
    const [after] = graph.touching(element, 'from')
    if (first === 0) for (const c of into) graph.move(c, 'to', after!.to)
    else graph.move(after!, 'from', into[0]!.from)
    this.#drop(element)
    return true
  }

  /** Renumbers the connected ports without gaps; returns their old numbers. */
  #closeUp(element: EditElement, side: Side, count: number, keep: number): number[] {
    const used: number[] = []
    for (let port = 0; port < count; port++) {
      const connections = this.#graph.touching(element, side, port)
      if (port >= keep && connections.length === 0) continue
      for (const c of connections) this.#graph.move(c, side, { element, port: used.length })
      used.push(port)
    }
    this.#counts.set(element, { ...this.#counts.get(element)!, [side]: used.length })
    return used
  }

  /** Ports that lost their connections are connected to an Idle. */
  #fillBlankPorts(): void {
    const graph = this.#graph
    let idle: EditElement | null = null
    const next = { from: 0, to: 0 }
    for (const element of graph.elements) {
      if (this.#gone.includes(element)) continue
      for (const side of ['to', 'from'] as const)
        for (let port = 0; port < (this.#counts.get(element)?.[side] ?? 0); port++) {
          if (graph.touching(element, side, port).length > 0) continue
          idle ??= this.#idle()
          const end = { element: idle, port: next[side]++ }
          if (side === 'to') graph.connect(end, { element, port })
          else graph.connect({ element, port }, end)
        }
    }
  }
}
