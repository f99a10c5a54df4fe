// A flat graph that tools change: elements and connections are added, replaced and removed, then
// the whole is written as a configuration again.
//
// Order shows in what is written, so it is kept as Click's tools keep it: a new element takes the
// place of the one that was removed last; connections stay in the order they were made in.

import { type FlatGraph, unparseConnections } from '../../lib/click/index.ts'
import { cpQuote, splitArgs } from '../../lib/click/text.ts'

export interface EditElement {
  index: number
  name: string
  className: string
  config: string
  /** `file:line`; '': made by a tool. */
  readonly where: string
}

export interface Port {
  readonly element: EditElement
  readonly port: number
}

export interface EditConnection {
  from: Port
  to: Port
  readonly where: string
}

export type Side = 'from' | 'to'

export class EditGraph {
  requirements: string[] = []
  defines: Readonly<Record<string, string>> = {}
  readonly #places: (EditElement | null)[] = []
  /** Places that are free; the last is taken first. */
  readonly #free: number[] = []
  readonly #connections = new Set<EditConnection>()
  readonly #byName = new Map<string, EditElement>()
  readonly #touching = { from: new Map<EditElement, EditConnection[]>(), to: new Map() } as {
    readonly from: Map<EditElement, EditConnection[]>
    readonly to: Map<EditElement, EditConnection[]>
  }

  /** @param expanded the graph's variables have been replaced: they are not written */
  static of(flat: FlatGraph, expanded = false): EditGraph {
    const graph = new EditGraph()
    graph.requirements = [...flat.requirements]
    if (!expanded) graph.defines = flat.defines
    const made = flat.elements.map((e) => graph.add(e.name, e.className, e.config, e.where))
    for (const c of flat.connections)
      graph.connect(
        { element: made[c.from]!, port: c.fromPort },
        { element: made[c.to]!, port: c.toPort },
        c.where,
      )
    return graph
  }

  get elements(): EditElement[] {
    return this.#places.filter((e) => e !== null)
  }

  /** Places, free ones included. */
  get places(): number {
    return this.#places.length
  }

  get connections(): EditConnection[] {
    return [...this.#connections]
  }

  find(name: string): EditElement | null {
    return this.#byName.get(name) ?? null
  }

  has(element: EditElement): boolean {
    return this.#places[element.index] === element
  }

  add(name: string, className: string, config = '', where = ''): EditElement {
    const index = this.#free.pop() ?? this.#places.length
    const element = { index, name, className, config, where }
    this.#places[index] = element
    this.#byName.set(name, element)
    return element
  }

  rename(element: EditElement, name: string): void {
    if (this.#byName.get(element.name) === element) this.#byName.delete(element.name)
    element.name = name
    this.#byName.set(name, element)
  }

  /** Removes an element and its connections. */
  remove(element: EditElement): void {
    for (const side of ['from', 'to'] as const)
      for (const c of this.touching(element, side)) this.disconnect(c)
    this.#touching.from.delete(element)
    this.#touching.to.delete(element)
    if (this.#byName.get(element.name) === element) this.#byName.delete(element.name)
    this.#places[element.index] = null
    this.#free.push(element.index)
  }

  /** Connects two ports, once: null where they are connected already. */
  connect(from: Port, to: Port, where = ''): EditConnection | null {
    if (this.connected(from, to)) return null
    const connection = { from, to, where }
    this.#connections.add(connection)
    this.#listOf('from', from.element).push(connection)
    this.#listOf('to', to.element).push(connection)
    return connection
  }

  connected(from: Port, to: Port): boolean {
    return this.touching(from.element, 'from').some(
      (c) => samePort(c.from, from) && samePort(c.to, to),
    )
  }

  disconnect(connection: EditConnection): void {
    if (!this.#connections.delete(connection)) return
    for (const side of ['from', 'to'] as const)
      removeFrom(this.#listOf(side, connection[side].element), connection)
  }

  /** Moves one end of a connection, which keeps its place. One that is there already goes. */
  move(connection: EditConnection, side: Side, to: Port): void {
    if (samePort(connection[side], to)) return
    const [from, target] = side === 'from' ? [to, connection.to] : [connection.from, to]
    if (this.connected(from, target)) {
      this.disconnect(connection)
      return
    }
    removeFrom(this.#listOf(side, connection[side].element), connection)
    connection[side] = to
    this.#listOf(side, to.element).push(connection)
  }

  /** Connections out of (`from`) or into (`to`) an element, or one port of it, oldest first. */
  touching(element: EditElement, side: Side, port?: number): EditConnection[] {
    const all = this.#touching[side].get(element) ?? []
    return port === undefined ? [...all] : all.filter((c) => c[side].port === port)
  }

  /** One more than the highest port that is connected. */
  portCount(element: EditElement, side: Side): number {
    return 1 + Math.max(-1, ...this.touching(element, side).map((c) => c[side].port))
  }

  /** Closes up free places: new elements go to the end from now on. */
  compact(): void {
    const elements = this.elements
    this.#places.splice(0, this.#places.length, ...elements)
    this.#free.length = 0
    for (const [i, e] of elements.entries()) e.index = i
  }

  /** Leads what comes to a port into another first, which leads to it. */
  insertBefore(inserted: Port, port: Port): void {
    for (const c of this.touching(port.element, 'to', port.port)) this.move(c, 'to', inserted)
    this.connect(inserted, port)
  }

  /** Leads what comes from a port into another first, from where it goes on. */
  insertAfter(inserted: Port, port: Port): void {
    for (const c of this.touching(port.element, 'from', port.port)) this.move(c, 'from', inserted)
    this.connect(port, inserted)
  }

  flat(): FlatGraph {
    const { elements } = this
    const numbers = new Map(elements.map((e, i) => [e, i]))
    return {
      elements: elements.map((e) => ({ ...e, args: splitArgs(e.config) })),
      connections: this.connections.map(({ from, to, where }) => ({
        from: numbers.get(from.element)!,
        fromPort: from.port,
        to: numbers.get(to.element)!,
        toPort: to.port,
        where,
      })),
      requirements: this.requirements,
      defines: this.defines,
    }
  }

  /** The configuration as text, with line directives that name where each element came from. */
  unparse(): string {
    let out = ''
    if (this.requirements.length > 0)
      out += `require(${this.requirements.map(requirement).join(', ')});\n\n`
    const defines = Object.entries(this.defines).map(([name, value]) => `$${name} ${value}`)
    if (defines.length > 0) out += `define(${defines.join(', ')});\n\n`
    for (const { name, className, config, where } of this.elements)
      out += `${directive(where)}${name} :: ${className}${config === '' ? '' : `(${config})`};\n`
    if (this.#connections.size > 0) out += `# ${out.split('\n').length + 1} ""\n`
    return out + unparseConnections(this.flat())
  }

  #listOf(side: Side, element: EditElement): EditConnection[] {
    const lists = this.#touching[side]
    const list = lists.get(element) ?? []
    lists.set(element, list)
    return list
  }
}

export function samePort(a: Port, b: Port): boolean {
  return a.element === b.element && a.port === b.port
}

function removeFrom<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}

function requirement(text: string): string {
  const blank = text.indexOf(' ')
  return blank < 0 ? text : `${text.slice(0, blank)} ${cpQuote(text.slice(blank + 1))}`
}

function directive(where: string): string {
  const m = /^(.*):(\d+)$/.exec(where)
  return m === null ? '' : `# ${m[2]} ${cpQuote(m[1]!)}\n`
}
