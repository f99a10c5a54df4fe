// Which elements of a new configuration are which of the running one, and which of them can stay as
// they are: the same instance, with its state, counters, timers and files, and in the functions
// that the JIT compiler has made machine code of.
//
// An element can stay where nothing that it was made of has changed: class, arguments, what
// `configure` made of them, ports; and where what it asked of others when it started would be
// answered the same. An element with `adopt`, `carries` or `close` has said itself what a hand-over
// means to it, and is not made to stay.

import type { AnyElement } from './element.ts'
import type { Graph, GraphElement } from './graph.ts'
import type { Question } from './graph-surroundings.ts'
import type { Instance, Running } from './running.ts'
import { isUnnamed } from './state-unnamed.ts'

/** The running instance that each element of a new graph is, by index; null: it is new. */
export function namesakes(
  graph: Graph,
  running: Running,
  map: Readonly<Record<string, string>>,
): (Instance | null)[] {
  const renamed = new Map(Object.entries(map).map(([from, to]) => [to, from]))
  const unnamed = new Map<string, Instance[]>()
  for (const i of running.instances) {
    if (!isUnnamed(i.name)) continue
    const key = likeness(i.made)
    const list = unnamed.get(key)
    if (list === undefined) unnamed.set(key, [i])
    else list.push(i)
  }
  return graph.elements.map((e) => {
    const from = renamed.get(e.name)
    if (from !== undefined) return running.byName.get(from) ?? null
    // Those without a name are told by what they are, in their order.
    if (isUnnamed(e.name)) return unnamed.get(likeness(e))?.shift() ?? null
    return running.byName.get(e.name) ?? null
  })
}

/** Equal for unnamed elements that do the same in the same compound. */
function likeness(e: GraphElement): string {
  const place = e.name.replaceAll(/@\d+(?=\/|$)/g, '@')
  return JSON.stringify([place, e.className, e.args, e.inputKinds, e.outputKinds])
}

/** Would nothing be another if the element were made anew? */
export function isUnchanged(e: GraphElement, old: Instance): boolean {
  const was = old.made
  return (
    e.spec === old.spec &&
    (e.name === old.name || !old.seat.nameSeen) &&
    old.config === e.configText &&
    sameList(e.args, was.args) &&
    sameList(e.inputKinds, was.inputKinds) &&
    sameList(e.outputKinds, was.outputKinds) &&
    (e.asked === was.asked || sameList(e.asked.map(textOf), was.asked.map(textOf)))
  )
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function textOf({ kind, about, answer }: Question): string {
  return `${kind} ${about} ${answer}`
}

/** Has its class nothing to say about a hand-over? */
export function canStay(spec: AnyElement): boolean {
  return spec.adopt === undefined && spec.carries === undefined && spec.close === undefined
}

/** Has nobody a way to see whether it is the same one? */
export function isPure(spec: AnyElement): boolean {
  const { open, initialize, task, timer, counters, state, specialize } = spec
  const parts = [open, initialize, task, timer, specialize]
  const names = Object.keys(counters ?? {}).length + Object.keys(state ?? {}).length
  return canStay(spec) && names === 0 && parts.every((part) => part === undefined)
}

/**
 * Of those that have not changed, the ones that can stay: not where one of them looked at an element
 * that does not, or at the graph.
 * @param candidates by index
 */
export function staying(candidates: readonly (Instance | null)[]): Set<Instance> {
  const stay = new Set<Instance>()
  for (const c of candidates) if (c !== null && !c.asked.graph) stay.add(c)
  const names = new Map([...stay].map((i) => [i.name, i]))
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const i of stay) {
      const lost = [...i.asked.elements].some((name) => {
        const other = names.get(name)
        return other === undefined || !stay.has(other)
      })
      if (!lost) continue
      stay.delete(i)
      shrunk = true
    }
  }
  return stay
}
