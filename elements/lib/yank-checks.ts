// What QueueYankTest does with a queue: the queue holds packets of several colors, some are taken out, and
// the colors of the others must be there in their order. The queue is filled from every place of its ring.

import type { PacketFifo } from '../../dataplane/declare.ts'
import type { Packet } from '../../dataplane/packet.ts'

/** Packets in the queue at a time. */
export const COLORS = 6

/** Places of a ring that a queue of COLORS packets starts with: once round, and some more. */
const STARTS = 20

/** What goes out, by color; what must be left. */
const CASES: readonly { readonly out: readonly number[]; readonly left: readonly number[] }[] = [
  { out: [], left: [1, 2, 3, 4, 5, 6] },
  { out: [1], left: [2, 3, 4, 5, 6] },
  { out: [6], left: [1, 2, 3, 4, 5] },
  { out: [3, 4], left: [1, 2, 5, 6] },
  { out: [1, 3, 5], left: [2, 4, 6] },
  { out: [2, 4, 6], left: [1, 3, 5] },
  { out: [1, 2, 3, 4, 5, 6], left: [] },
]

/** Null: all is right; else what is not. */
export function checkAll(
  queue: PacketFifo,
  make: (color: number) => Packet | null,
  kill: (p: Packet) => void,
): string | null {
  for (let start = 0; start < STARTS; start++) {
    for (const one of CASES) {
      const problem = checkOne(queue, one, make, kill)
      if (problem !== null) return `${problem} (start ${start}, out ${one.out.join(' ')})`
    }
    const turn = make(0)
    if (turn === null || !queue.push(turn) || queue.shift() !== turn) return 'cannot turn the ring'
    kill(turn)
  }
  return null
}

function checkOne(
  queue: PacketFifo,
  { out, left }: (typeof CASES)[number],
  make: (color: number) => Packet | null,
  kill: (p: Packet) => void,
): string | null {
  for (let color = 1; color <= COLORS; color++) {
    const p = make(color)
    if (p === null || !queue.push(p)) return `packet ${color} was not taken`
  }
  const taken: Packet[] = []
  queue.extract((p) => {
    if (!out.includes(p.paint)) return false
    taken.push(p)
    return true
  })
  const colors = taken.map((p) => p.paint)
  taken.forEach(kill)
  if (colors.join() !== out.join()) return `took out ${colors.join(' ')}`
  if (queue.length !== left.length) return `length ${queue.length}, expected ${left.length}`
  for (const color of left) {
    const p = queue.shift()
    if (p?.paint !== color) return `got ${p?.paint}, expected ${color}`
    kill(p)
  }
  return queue.shift() === null ? null : 'more packets than there should be'
}
