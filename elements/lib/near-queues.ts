// Queues that an element looks at: those that its configuration names, or the nearest ones in the graph.

import type { ConfigureContext, RouterServices } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'

/** Full names of the elements that a QUEUES argument names; whoever asks checks what they are. */
export function listedQueues(text: string, context: ConfigureContext): string[] {
  return splitSpaces(text).flatMap((name) => {
    const found = context.find(name)
    if (found === null) context.error(`QUEUES: '${name}' does not name an element`)
    return found === null ? [] : [found.name]
  })
}

/** The first elements with held packets on each way from an element. */
export function nearestQueues(
  router: RouterServices,
  name: string,
  direction: 'up' | 'down',
): string[] {
  const found = new Set<string>()
  router.neighbors(name, direction, direction === 'down' ? 0 : -1, (neighbor) => {
    if (router.storageOf(neighbor) === null) return true
    found.add(neighbor)
    return false
  })
  return [...found]
}

/** Packets in all of them. */
export function heldIn(router: RouterServices, queues: readonly string[]): number {
  let held = 0
  for (let i = 0; i < queues.length; i++) held += router.storageOf(queues[i]!)?.length ?? 0
  return held
}
