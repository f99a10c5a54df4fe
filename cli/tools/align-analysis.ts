// How packets are aligned at each port of a configuration (`have`), and how they should be
// (`want`): both followed through the graph until nothing changes any more.

import { type Rule, ruleOf } from './align-rules.ts'
import { type Alignment, EMPTY, join, meet, same } from './alignment.ts'
import type { EditElement, EditGraph, Port } from './edit-graph.ts'
import { linksOf, type Traits } from './traits.ts'

/** Rounds until alignments have gone round every circle; then what was found last is taken. */
const ROUNDS_MAX = 10_000

interface Ports {
  readonly rule: Rule
  readonly reach: readonly {
    readonly inputs: readonly number[]
    readonly outputs: readonly number[]
  }[]
  inputs: readonly Alignment[]
  outputs: readonly Alignment[]
}

export class AlignmentAnalysis {
  readonly #graph: EditGraph
  readonly #ports = new Map<EditElement, Ports>()

  constructor(graph: EditGraph, traits: Traits, report: (text: string) => void) {
    this.#graph = graph
    for (const element of graph.elements) {
      const ninputs = graph.portCount(element, 'to')
      const noutputs = graph.portCount(element, 'from')
      const { name, className, config } = element
      const rule = ruleOf(className, config, (text) => {
        report(`While analyzing alignment for '${name} :: ${className}':\n  ${text}`)
      })
      const reach = linksOf(traits, className, { ninputs, noutputs })
      const empty = (n: number) => new Array<Alignment>(n).fill(EMPTY)
      this.#ports.set(element, { rule, reach, inputs: empty(ninputs), outputs: empty(noutputs) })
    }
  }

  input({ element, port }: Port): Alignment {
    return this.#ports.get(element)?.inputs[port] ?? EMPTY
  }

  output({ element, port }: Port): Alignment {
    return this.#ports.get(element)?.outputs[port] ?? EMPTY
  }

  inputs(element: EditElement): readonly Alignment[] {
    return this.#ports.get(element)!.inputs
  }

  /** What packets are like. */
  have(): this {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const ports of this.#ports.values()) ports.outputs = haveOutputs(ports)
      if (!this.#across('to', join)) break
    }
    return this
  }

  /** What packets should be like. With `once`, only what elements want themselves. */
  want(once = false): this {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const ports of this.#ports.values()) ports.inputs = wantInputs(ports)
      if (once || !this.#across('from', meet)) break
    }
    return this
  }

  /** Over connections: to inputs (`to`) or back to outputs. True: something changed. */
  #across(side: 'to' | 'from', combine: (a: Alignment, b: Alignment) => Alignment): boolean {
    const [mine, theirs] =
      side === 'to' ? (['inputs', 'outputs'] as const) : (['outputs', 'inputs'] as const)
    const next = new Map<EditElement, Alignment[]>()
    for (const [element, ports] of this.#ports)
      next.set(
        element,
        ports[mine].map(() => EMPTY),
      )
    for (const c of this.#graph.connections) {
      const other = side === 'to' ? c.from : c.to
      const list = next.get(c[side].element)!
      const arrives = this.#ports.get(other.element)![theirs][other.port]!
      list[c[side].port] = combine(list[c[side].port]!, arrives)
    }
    let changed = false
    for (const [element, ports] of this.#ports) {
      const list = next.get(element)!
      if (list.some((a, i) => !same(a, ports[mine][i]!))) changed = true
      ports[mine] = list
    }
    return changed
  }

  /** Elements that take any alignment, if only it is regular: what each input should be made. */
  adjusted(element: EditElement): Alignment | null {
    const { rule, inputs } = this.#ports.get(element)!
    if (rule.modulusMin === undefined || inputs.length === 0) return null
    const a = inputs.reduce(join)
    return a.modulus < rule.modulusMin ? { modulus: rule.modulusMin, offset: a.offset } : a
  }
}

function haveOutputs({ rule, reach, inputs, outputs }: Ports): readonly Alignment[] {
  if (rule.have !== undefined) return rule.have(inputs, outputs.length)
  return outputs.map((_, port) => {
    const from = reach.filter((r) => r.outputs.includes(port)).flatMap((r) => r.inputs)
    return [...new Set(from)].sort((a, b) => a - b).reduce((a, i) => join(a, inputs[i]!), EMPTY)
  })
}

function wantInputs({ rule, reach, inputs, outputs }: Ports): readonly Alignment[] {
  if (rule.want !== undefined) return rule.want(inputs.length, outputs)
  return inputs.map((_, port) => {
    const to = reach.filter((r) => r.inputs.includes(port)).flatMap((r) => r.outputs)
    return [...new Set(to)].sort((a, b) => a - b).reduce((a, i) => meet(a, outputs[i]!), EMPTY)
  })
}
