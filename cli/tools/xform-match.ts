// Where a pattern fits a configuration.
//
// It fits a set of elements, one for each of its own, when classes and configurations agree (a
// `$variable` that is a whole argument agrees with any, the same each time), its connections are
// all there and no others between them, and every connection into or out of the set is one that
// the pattern's `input` or `output` stands for, all of whose ends are there. A set whose elements
// all were put there by the same pattern does not fit, so that one may contain its replacement.

import { splitArgs } from '../../lib/click/text.ts'
import type { EditElement, EditGraph, Port } from './edit-graph.ts'
import type { Pattern } from './xform.ts'

/** A configuration that is being transformed. */
export class Body {
  readonly graph: EditGraph
  /** The pattern that put an element here. */
  readonly madeBy = new Map<EditElement, string>()
  /** The next number of each pattern's replacements. */
  readonly numbers = new Map<string, number>()

  #room = 1

  constructor(graph: EditGraph) {
    this.graph = graph
    this.#makeRoom()
  }

  #makeRoom(): void {
    this.#room = 1
    while (this.#room < this.graph.places) this.#room *= 2
  }

  /**
   * Closes up free places when there are many, as Click's tool does whose matrix has a power of two
   * of rows: the order of what is written depends on it.
   */
  tidy(): void {
    const { graph } = this
    const free = graph.places - graph.elements.length
    if (graph.places <= this.#room && free < FREE_MAX) return
    graph.compact()
    this.#makeRoom()
  }
}

const FREE_MAX = 500

/** A connection across the edge of a match, and the port of `input` or `output` it goes by. */
export interface Crossing {
  readonly outside: Port
  readonly port: number
}

export interface Match {
  /** Element of the configuration for each one of the pattern. */
  readonly elements: ReadonlyMap<EditElement, EditElement>
  readonly variables: ReadonlyMap<string, string>
  readonly into: readonly Crossing[]
  readonly outOf: readonly Crossing[]
}

/** The two pseudo-elements of a pattern come first. */
export function isPseudo(element: EditElement): boolean {
  return element.name === 'input' || element.name === 'output'
}

export function findMatch(body: Body, pattern: Pattern): Match | null {
  return new Search(body, pattern).run()
}

class Search {
  readonly #body: Body
  readonly #graph: EditGraph
  readonly #pattern: EditGraph
  readonly #name: string
  readonly #wanted: readonly EditElement[]
  readonly #candidates: ReadonlyMap<string, readonly EditElement[]>
  readonly #chosen = new Map<EditElement, EditElement>()

  constructor(body: Body, { name, pattern }: Pattern) {
    this.#body = body
    this.#graph = body.graph
    this.#pattern = pattern
    this.#name = name
    this.#wanted = pattern.elements.filter((e) => !isPseudo(e))
    const candidates = new Map<string, EditElement[]>()
    for (const e of this.#graph.elements) {
      const list = candidates.get(e.className)
      if (list === undefined) candidates.set(e.className, [e])
      else list.push(e)
    }
    this.#candidates = candidates
  }

  run(): Match | null {
    return this.#wanted.length === 0 ? null : this.#choose(0)
  }

  /** Tries all elements for the pattern's from the `at`-th on; the first that fit win. */
  #choose(at: number): Match | null {
    const wanted = this.#wanted[at]
    if (wanted === undefined) return this.#check()
    for (const candidate of this.#candidatesFor(wanted)) {
      if ([...this.#chosen.values()].includes(candidate)) continue
      this.#chosen.set(wanted, candidate)
      const match = this.#connectedAs(wanted) ? this.#choose(at + 1) : null
      if (match !== null) return match
      this.#chosen.delete(wanted)
    }
    return null
  }

  /** Behind the only connection from output 0 of a chosen element there is one candidate. */
  #candidatesFor(wanted: EditElement): readonly EditElement[] {
    const { className } = wanted
    for (const c of this.#pattern.touching(wanted, 'to')) {
      const before = this.#chosen.get(c.from.element)
      if (before === undefined) continue
      const after = this.#graph.touching(before, 'from', c.from.port).map((d) => d.to)
      const fits = after.filter((p) => p.port === c.to.port && p.element.className === className)
      return fits.map((p) => p.element).sort((a, b) => a.index - b.index)
    }
    return this.#candidates.get(className) ?? []
  }

  /** Are all of the pattern's connections to elements that are chosen already there? */
  #connectedAs(wanted: EditElement): boolean {
    const graph = this.#graph
    for (const side of ['from', 'to'] as const)
      for (const c of this.#pattern.touching(wanted, side)) {
        const [from, to] = [this.#place(c.from), this.#place(c.to)]
        if (from !== null && to !== null && !graph.connected(from, to)) return false
      }
    return true
  }

  /** Where a port of the pattern is in the configuration; null: not chosen yet, or a pseudo one. */
  #place({ element, port }: Port): Port | null {
    const chosen = this.#chosen.get(element)
    return chosen === undefined ? null : { element: chosen, port }
  }

  #check(): Match | null {
    const variables = new Map<string, string>()
    for (const [wanted, chosen] of this.#chosen)
      if (!matchConfig(wanted.config, chosen.config, variables)) return null
    if ([...this.#chosen.values()].every((e) => this.#body.madeBy.get(e) === this.#name))
      return null
    const back = new Map([...this.#chosen].map(([wanted, chosen]) => [chosen, wanted]))
    const into: Crossing[] = []
    const outOf: Crossing[] = []
    for (const { from, to } of this.#graph.connections) {
      const [pf, pt] = [back.get(from.element), back.get(to.element)]
      if (pf !== undefined && pt !== undefined) {
        const ends = [
          { element: pf, port: from.port },
          { element: pt, port: to.port },
        ] as const
        if (!this.#pattern.connected(...ends)) return null
      } else if (pt !== undefined) {
        const port = this.#crossing({ element: pt, port: to.port }, from, 'to')
        if (port === null) return null
        into.push({ outside: from, port })
      } else if (pf !== undefined) {
        const port = this.#crossing({ element: pf, port: from.port }, to, 'from')
        if (port === null) return null
        outOf.push({ outside: to, port })
      }
    }
    if (!this.#allUsed(into, outOf)) return null
    return { elements: new Map(this.#chosen), variables, into, outOf }
  }

  /**
   * The lowest port of `input` (side 'to') or `output` that is connected to the pattern's port
   * `inside`, and all of whose connections are there with the same outside port.
   */
  #crossing(inside: Port, outside: Port, side: 'from' | 'to'): number | null {
    const other = side === 'to' ? 'from' : 'to'
    const ports = this.#pattern
      .touching(inside.element, side, inside.port)
      .filter((c) => isPseudo(c[other].element))
      .map((c) => c[other])
      .sort((a, b) => a.port - b.port)
    for (const { element, port } of ports) {
      const ends = this.#pattern.touching(element, other, port).map((c) => this.#place(c[side]))
      const whole = ends.every((end) => {
        if (end === null) return false
        return side === 'to'
          ? this.#graph.connected(outside, end)
          : this.#graph.connected(end, outside)
      })
      if (whole) return port
    }
    return null
  }

  /** Every port of the pattern's `input` and `output` must stand for something. */
  #allUsed(into: readonly Crossing[], outOf: readonly Crossing[]): boolean {
    return this.#pattern.connections.every(({ from, to }) => {
      if (from.element.name === 'input' && !into.some((c) => c.port === from.port)) return false
      return to.element.name !== 'output' || outOf.some((c) => c.port === to.port)
    })
  }
}

const VARIABLE = /^\$\w+$/

/** Do the arguments agree? Variables of the pattern are given values, which stay the same. */
export function matchConfig(
  pattern: string,
  config: string,
  variables: Map<string, string>,
): boolean {
  const wanted = splitArgs(pattern)
  const args = splitArgs(config)
  if (wanted.length !== args.length) return false
  return wanted.every((want, i) => {
    const arg = args[i]!
    if (want === arg) return true
    if (!VARIABLE.test(want)) return false
    const value = variables.get(want) ?? arg
    variables.set(want, value)
    return value === arg
  })
}
