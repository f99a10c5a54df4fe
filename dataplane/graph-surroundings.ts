// What an element sees of the configuration around it while it is configured, and what it asks. Where
// the same arguments would be answered the same there is nothing to configure again: `configure` is
// pure. So an element that has not changed need not be made anew (hand-over.ts).

import type { FlatElement, FlatGraph } from '../lib/click/flat.ts'
import type { GraphElement } from './graph.ts'
import { outward, scopeOf } from './graph-addresses.ts'

export interface Question {
  readonly kind: 'name' | 'infos' | 'find' | 'isCompound' | 'argsOf' | 'elementsOf'
  readonly about: string
  /** JSON. */
  readonly answer: string
}

type Ask = (kind: Question['kind'], about: string) => void
type Known = Pick<GraphElement, 'className' | 'args' | 'configText' | 'ninputs' | 'noutputs'>

export class Surroundings {
  readonly #flat: FlatGraph
  readonly #byName: ReadonlyMap<string, FlatElement>
  /** Names of addresses, ports and annotations that the graph defines. */
  readonly #infos: string
  readonly #known = new Map<string, GraphElement[]>()

  /** @param known elements that were configured before, in another graph */
  constructor(flat: FlatGraph, known: readonly GraphElement[]) {
    this.#flat = flat
    this.#byName = new Map(flat.elements.map((e) => [e.name, e]))
    const infos = flat.elements.filter((e) => /^(?:Address|Port|Annotation)Info$/.test(e.className))
    this.#infos = JSON.stringify(infos.map(({ name, args }) => [name, args]))
    for (const e of known) {
      const key = likeness(e)
      const list = this.#known.get(key)
      if (list === undefined) this.#known.set(key, [e])
      else list.push(e)
    }
  }

  /** What an element sees of the configuration; `ask` is told of every look. */
  seenFrom(from: string, ask: Ask) {
    return {
      find: (other: string) => {
        ask('find', other)
        return this.#find(from, other)
      },
      isCompound: (other: string) => {
        ask('isCompound', other)
        return this.#isCompound(from, other)
      },
      argsOf: (className: string) => {
        ask('argsOf', className)
        return this.#ofClass(className).map((e) => e.args)
      },
      elementsOf: (className: string) => {
        ask('elementsOf', className)
        return this.#ofClass(className)
      },
    }
  }

  /** A question with its answer; of an element, what its asker can see. */
  question(kind: Question['kind'], about: string, from: string): Question {
    const answer = () => {
      switch (kind) {
        case 'name':
          return from
        case 'infos':
          return this.#infos
        case 'find': {
          const found = this.#find(from, about)
          return found === null ? null : [found.name, found.className]
        }
        case 'isCompound':
          return this.#isCompound(from, about)
        default:
          return this.#ofClass(about).map(({ name, args }) => [name, args])
      }
    }
    return { kind, about, answer: JSON.stringify(answer()) }
  }

  /** One that was configured before and would be answered the same; null: there is none. */
  knownLike(e: Known & Pick<GraphElement, 'spec' | 'name'>): GraphElement | null {
    const sameAnswer = ({ kind, about, answer }: Question) =>
      this.question(kind, about, e.name).answer === answer
    const list = this.#known.get(likeness(e)) ?? []
    return list.find((k) => k.spec === e.spec && k.asked.every(sameAnswer)) ?? null
  }

  #ofClass(className: string): FlatElement[] {
    return this.#flat.elements.filter((e) => e.className === className)
  }

  #isCompound(from: string, name: string): boolean {
    for (const scope of outward(scopeOf(from)))
      if (this.#flat.elements.some((e) => e.name.startsWith(`${scope}${name}/`))) return true
    return false
  }

  /** An element by name, as seen from another's compound outward. */
  #find(from: string, name: string): FlatElement | null {
    for (const scope of outward(scopeOf(from))) {
      const found = this.#byName.get(scope + name)
      if (found !== undefined) return found
    }
    return null
  }
}

/** Equal for elements that `configure` can tell apart only by asking. */
function likeness(e: Known): string {
  return [e.className, e.ninputs, e.noutputs, e.configText, ...e.args].join('\0')
}
