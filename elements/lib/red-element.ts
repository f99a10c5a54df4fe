// RED and AdaptiveRED: the element around lib/red.ts.

import type { HandlerDecl, RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseInteger, parseReal } from '../../lib/click/args.ts'
import { heldIn } from './near-queues.ts'
import { ONE, type RedRow, type RedSettings, redDrops, redProblem } from './red.ts'

interface Me {
  readonly noutputs: number
  readonly out: readonly ((p: Packet) => void)[]
  readonly in: readonly (() => Packet | null)[]
  readonly counters: { drops: number }
  readonly state: { readonly red: RedRow }
  readonly resource: RedSettings
  readonly router: RouterServices
  kill(p: Packet): void
}

function drop(self: Me, p: Packet): void {
  self.counters.drops++
  if (self.noutputs > 1) self.out[1]!(p)
  else self.kill(p)
}

export function redPush(self: Me, p: Packet): void {
  if (redDrops(self.state.red, self.resource, self.router)) drop(self, p)
  else self.out[0]!(p)
}

export function redPull(self: Me): Packet | null {
  for (;;) {
    const p = self.in[0]!()
    if (p === null || !redDrops(self.state.red, self.resource, self.router)) return p
    drop(self, p)
  }
}

function maxPOf(self: Me): number {
  return self.state.red.adapted > 0 ? self.state.red.adapted : self.resource.maxP
}

/** Takes the values where they fit together. */
function set(self: Me, change: Partial<RedSettings>): void {
  const { min, max, maxP } = { ...self.resource, ...change }
  const problem = redProblem(min, max, maxP / ONE)
  if (problem !== null) throw new Error(problem)
  Object.assign(self.resource, change)
}

function count(value: string, name: string): number {
  const n = parseInteger(value.trim())
  if (n === null || n < 0) throw new Error(`${name} parameter must be integer >= 0`)
  return n
}

// biome-ignore lint/suspicious/noExplicitAny: of elements with different keywords
export const redHandlers: Readonly<Record<string, HandlerDecl<any>>> = {
  min_thresh: {
    read: (self: Me) => String(self.resource.min),
    write: (self: Me, value) => set(self, { min: count(value, 'min_thresh') }),
  },
  max_thresh: {
    read: (self: Me) => String(self.resource.max),
    write: (self: Me, value) => set(self, { max: count(value, 'max_thresh') }),
  },
  max_p: {
    read: (self: Me) => probabilityText(maxPOf(self)),
    write(self: Me, value) {
      const p = parseReal(value.trim())
      if (p === null) throw new Error('max_p parameter must be between 0 and 1')
      set(self, { maxP: Math.round(p * ONE) })
      self.state.red.adapted = 0
    },
  },
  avg_queue_size: { read: (self: Me) => lengthText(self.state.red) },
  queues: { read: (self: Me) => self.resource.queues.map((name) => `${name}\n`).join('') },
  stats: {
    read(self: Me) {
      const { red } = self.state
      const length = heldIn(self.router, self.resource.queues)
      const average = lengthText(red)
      return `${length} current queue\n${average} avg queue\n${self.counters.drops} drops\n`
    },
  },
}

function lengthText(row: RedRow): string {
  return String(Number((row.average / 1024).toFixed(3)))
}

/** With as few digits as say which of the 65,536 it is. */
function probabilityText(p: number): string {
  for (let digits = 0; digits < 6; digits++) {
    const text = (p / ONE).toFixed(digits)
    if (Math.round(Number(text) * ONE) === p) return text
  }
  return String(p / ONE)
}
