// Changes a graph so that every element gets packets aligned as it needs them, with as few Align
// elements as can be; those that were there and are of no use go.

import { AlignmentAnalysis } from './align-analysis.ts'
import { ASKS_ALIGNMENT, ruleOf } from './align-rules.ts'
import { type Alignment, BAD, EMPTY, satisfies } from './alignment.ts'
import type { EditElement, EditGraph } from './edit-graph.ts'
import type { Traits } from './traits.ts'

export interface AlignOptions {
  /** CheckAlign elements that stop the router, in place of Aligns. */
  readonly assertions: boolean
  readonly verbose: boolean
  readonly report: (text: string) => void
}

/** Where an element comes from that was inserted here. */
const HERE = '<click-align>'

/** Returns how many Align elements were added. */
export function alignElements(graph: EditGraph, traits: Traits, options: AlignOptions): number {
  return new Aligner(graph, traits, options).run()
}

class Aligner {
  readonly #graph: EditGraph
  readonly #traits: Traits
  readonly #options: AlignOptions
  #number: number

  constructor(graph: EditGraph, traits: Traits, options: AlignOptions) {
    this.#graph = graph
    this.#traits = traits
    this.#options = options
    this.#number = graph.elements.length + 1
    while (graph.find(`Align@click_align@${this.#number}`) !== null) this.#number++
  }

  run(): number {
    const original = this.#graph.elements
    if (this.#options.assertions) {
      this.#insertChecks(original)
      return 0
    }
    this.#insertNeeded(original)
    this.#skipOverridden()
    this.#insertAdjusting(original)
    while (this.#skipRedundant());
    this.#removeUnused()
    this.#inform()
    return this.#graph.elements.filter((e) => isAlign(e) && e.where === HERE).length
  }

  #analysis(report: (text: string) => void = () => {}): AlignmentAnalysis {
    return new AlignmentAnalysis(this.#graph, this.#traits, report)
  }

  #insert(className: string, config: string, element: EditElement, port: number): void {
    const name = `${className}@click_align@${this.#number++}`
    const inserted = { element: this.#graph.add(name, className, config, HERE), port: 0 }
    this.#graph.insertBefore(inserted, { element, port })
  }

  #insertChecks(original: readonly EditElement[]): void {
    const wanted = this.#analysis(this.#options.report).want(true)
    for (const element of original)
      for (const [port, { modulus, offset }] of wanted.inputs(element).entries())
        if (modulus > 1)
          this.#insert('CheckAlign', `${modulus}, ${offset}, ASSERT true`, element, port)
  }

  #insertNeeded(original: readonly EditElement[]): void {
    const have = this.#analysis(this.#options.report).have()
    const want = this.#analysis().want()
    for (const element of original)
      for (const [port, has] of have.inputs(element).entries())
        this.#require(element, port, has, want.input({ element, port }))
  }

  #require(element: EditElement, port: number, have: Alignment, want: Alignment): void {
    if (satisfies(have, want) || want.modulus === BAD.modulus) return
    const { modulus, offset } = want
    if (this.#options.verbose)
      this.#options.report(
        `${element.name} [${port}]: adding Align(${modulus}, ${offset}), packets are ${shown(have)}`,
      )
    this.#insert('Align', `${modulus}, ${offset}`, element, port)
  }

  /** Of two Aligns in a row the first is of no use, unless what it does satisfies the second. */
  #skipOverridden(): void {
    const graph = this.#graph
    for (const c of graph.connections) {
      const { from, to } = c
      if (!isAlign(from.element) || !isAlign(to.element) || from.port !== 0 || to.port !== 0)
        continue
      if (satisfies(alignmentOf(from.element), alignmentOf(to.element))) continue
      const into = graph.touching(from.element, 'to', 0)
      if (graph.touching(to.element, 'to', 0).length === 1 && into.length === 1) {
        graph.move(c, 'from', into[0]!.from)
      } else if (graph.touching(from.element, 'from', 0).length === 1) {
        for (const before of into) graph.move(before, 'to', to)
        graph.disconnect(c)
      }
    }
  }

  #insertAdjusting(original: readonly EditElement[]): void {
    const have = this.#analysis().have()
    for (const element of original) {
      const want = this.#graph.has(element) ? have.adjusted(element) : null
      if (want === null) continue
      for (const [port, has] of have.inputs(element).entries())
        this.#require(element, port, has, want)
    }
  }

  /** Packets that are aligned already go past an Align. */
  #skipRedundant(): boolean {
    const graph = this.#graph
    const have = this.#analysis().have()
    let changed = false
    for (const c of graph.connections) {
      if (!isAlign(c.to.element)) continue
      const made = have.output({ element: c.to.element, port: 0 })
      if (!satisfies(have.output(c.from), made)) continue
      changed = true
      for (const { to } of graph.touching(c.to.element, 'from').reverse()) graph.connect(c.from, to)
      graph.disconnect(c)
    }
    return changed
  }

  #removeUnused(): void {
    const graph = this.#graph
    for (const e of graph.elements) if (e.className === 'AlignmentInfo') graph.remove(e)
    const unused = () =>
      graph.elements.filter(
        (e) =>
          isAlign(e) &&
          (graph.touching(e, 'to').length === 0 || graph.touching(e, 'from').length === 0),
      )
    for (let list = unused(); list.length > 0; list = unused())
      for (const e of list) graph.remove(e)
    graph.compact()
  }

  #inform(): void {
    const have = this.#analysis().have()
    const lines: string[] = []
    for (const e of this.#graph.elements) {
      const inputs = have.inputs(e)
      if (inputs.length === 0 || !ASKS_ALIGNMENT.has(e.className)) continue
      lines.push(e.name + inputs.map((a) => `  ${Math.max(1, a.modulus)} ${a.offset}`).join(''))
    }
    if (lines.length === 0) return
    const name = `AlignmentInfo@click_align@${this.#number}`
    this.#graph.add(name, 'AlignmentInfo', lines.join(',\n  '), HERE)
  }
}

function isAlign(element: EditElement): boolean {
  return element.className === 'Align'
}

/** What an Align element makes of packets. */
function alignmentOf({ className, config }: EditElement): Alignment {
  return ruleOf(className, config, () => {}).have?.([], 1)[0] ?? BAD
}

function shown({ modulus, offset }: Alignment): string {
  if (modulus > 0) return `${modulus}/${offset}`
  return modulus === EMPTY.modulus ? 'of unknown alignment' : 'impossible to align'
}
