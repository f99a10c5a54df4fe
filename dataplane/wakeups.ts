// Who wakes whom: Click's notifiers, worked out once from the graph.
//
//   listeners  tasks that pull, directly or through other elements, from an element's outputs: they
//              sleep when nothing came and are woken by `notify`
//   sinks      queues that everything pushed by an element ends in: while all of them are full
//              there is no point in making packets (`canPush`)

import type { Node } from './compile.ts'

/** Elements with a task that pull from element `from`, by element number. */
export function listenersOf(nodes: readonly Node[], from: number): readonly number[] {
  const found = new Set<number>()
  const seen = new Set<number>()
  const walk = (element: number): void => {
    if (seen.has(element)) return
    seen.add(element)
    nodes.forEach((node, i) => {
      const pulls = node.inputs.some((s) => s !== null && s !== 'push' && s.element === element)
      if (!pulls) return
      if (node.spec.task !== undefined) found.add(i)
      if (node.outputs.includes('pull')) walk(i)
    })
  }
  walk(from)
  return [...found].sort((a, b) => a - b)
}

/** Queues with `notesFull` that packets of output 0 end in; null: some of them end elsewhere. */
export function sinksOf(nodes: readonly Node[], from: number): readonly number[] | null {
  const found = new Set<number>()
  const seen = new Set<number>()
  const walk = (element: number): boolean => {
    const node = nodes[element]!
    if (node.spec.notesFull === true) {
      found.add(element)
      return true
    }
    if (seen.has(element)) return true
    seen.add(element)
    const next = node.outputs.filter((to) => to !== 'pull')
    return next.length > 0 && next.every((to) => to !== null && walk(to.element))
  }
  const first = nodes[from]!.outputs[0]
  if (first === undefined || first === null || first === 'pull') return null
  return walk(first.element) ? [...found] : null
}
