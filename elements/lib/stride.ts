// Stride scheduling (Waldspurger and Weihl, 1995) over ports: each port with tickets has a *pass*, the
// port that stands least far is next, and goes forward by its stride, which is the smaller the more
// tickets it has. Of ports that stand equally far, the one that moved last is next.

import type { ConfigureContext } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'
import { toInteger } from './settings.ts'

/** What a port with one ticket goes forward by. */
const STRIDE_ONE = 65_536

/** Tickets of a port at most, as in Click: two ports at the bound still have a stride of 2. */
const TICKETS_MAX = 32_768

export interface Share {
  readonly port: number
  tickets: number
  stride: number
  pass: number
  /** Goes forward just now. */
  moving: boolean
}

export interface Shares {
  readonly ofPort: readonly Share[]
  /** Those that have tickets, in the order in which they come next. */
  readonly queue: Share[]
}

/** One number of tickets for each port. */
export function parseTickets(context: ConfigureContext, ports: number, kind: string): number[] {
  const { args } = context
  if (args.length !== ports) {
    context.error(`need ${ports} arguments, one per ${kind} port`)
    return []
  }
  return args.map((text, i) => {
    const n = parseInteger(text)
    if (n === null) context.error(`argument ${i} should be number of tickets (integer)`)
    else if (n < 0) context.error(`argument ${i} (number of tickets) must be >= 0`)
    else if (n > TICKETS_MAX) context.warning(`input ${i}'s tickets reduced to ${TICKETS_MAX}`)
    return Math.min(n ?? 0, TICKETS_MAX)
  })
}

export function makeShares(tickets: readonly number[]): Shares {
  const ofPort = tickets.map((n, port) => {
    const stride = strideOf(n)
    return { port, tickets: n, stride, pass: stride, moving: false }
  })
  const queue: Share[] = []
  for (const share of [...ofPort].reverse()) if (share.tickets > 0) insert(queue, share)
  return { ofPort, queue }
}

function strideOf(tickets: number): number {
  return tickets > 0 ? Math.floor(STRIDE_ONE / tickets) : 0
}

/** In front of those that stand as far. */
function insert(queue: Share[], share: Share): void {
  let at = queue.length
  queue.push(share)
  for (; at > 0 && queue[at - 1]!.pass >= share.pass; at--) queue[at] = queue[at - 1]!
  queue[at] = share
}

/** The first `n` of the queue go forward, one after the other. */
export function goForward(queue: Share[], n: number): void {
  for (let k = 0; k < n; k++) {
    const share = queue[k]!
    share.pass += share.stride
    share.moving = true
  }
  for (let k = n - 1; k >= 0; k--) sink(queue, k)
  for (let k = 0; k < queue.length; k++) queue[k]!.moving = false
}

/** Moves entry k behind those that stand less far, and those of the same round that stand as far. */
function sink(queue: Share[], k: number): void {
  const share = queue[k]!
  let at = k
  for (; at + 1 < queue.length; at++) {
    const next = queue[at + 1]!
    if (next.pass > share.pass || (next.pass === share.pass && !next.moving)) break
    queue[at] = next
  }
  queue[at] = share
}

interface Sharing {
  readonly resource: Shares
}

function find(self: Sharing, name: string): Share | undefined {
  const port = /^tickets(\d+)$/.exec(name)?.[1]
  return port === undefined ? undefined : self.resource.ofPort[Number(port)]
}

/** The handlers `tickets0` and so on. */
export const ticketHandlers = {
  '*': {
    has: (self: Sharing, name: string) => find(self, name) !== undefined,
    read: (self: Sharing, _arg: string, name: string) => String(find(self, name)?.tickets),
    write(self: Sharing, value: string, name: string) {
      const share = find(self, name)!
      const n = toInteger(value, 0, 'tickets must be an integer >= 0')
      const { queue } = self.resource
      const at = queue.indexOf(share)
      if (at >= 0) queue.splice(at, 1)
      share.tickets = Math.min(n, TICKETS_MAX)
      share.stride = strideOf(share.tickets)
      // One that had none starts where the others stand, so that it does not catch up.
      if (at < 0 && queue.length > 0) share.pass = queue[0]!.pass
      if (n > 0) insert(queue, share)
    },
  },
}
