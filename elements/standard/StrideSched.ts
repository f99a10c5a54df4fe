/*
=c

StrideSched(TICKETS0, ..., TICKETS<i>N</i>)

=s scheduling

pulls from stride-scheduled inputs

=d

Inputs that have packets get shares in proportion to their TICKETS, one number for each
input, by stride scheduling (Waldspurger and Weihl, 1995).

=h tickets0...tickets<i>N</i> read/write

Returns or sets an input's tickets.

=a PrioSched, RoundRobinSched
*/

import { element } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'
import { toInteger } from '../lib/settings.ts'

/** Tickets of an input at most, as in Click. */
const TICKETS_MAX = 65_536

interface Share {
  readonly input: number
  tickets: number
  /** Where it stands: the input that stands least far is next. */
  pass: number
}

export default element({
  name: 'StrideSched',
  ports: '1-/1',
  processing: 'l/l',
  config: 'raw',
  local: "shares of this replica's own packets",

  configure(_config, context): { tickets: readonly number[] } {
    const tickets = context.args.map((text) => parseInteger(text) ?? 0)
    if (tickets.length !== context.ninputs)
      context.error(`${context.ninputs} inputs need as many numbers of tickets`)
    if (tickets.some((n) => n < 1 || n > TICKETS_MAX))
      context.error(`tickets must be integers from 1 to ${TICKETS_MAX}`)
    return { tickets }
  },

  open(self): Share[] {
    return self.plan.tickets.map((tickets, input) => ({ input, tickets, pass: 1 / tickets }))
  },

  pull(self) {
    const shares = self.resource
    for (let k = 0; k < shares.length; k++) {
      const share = shares[k]!
      const p = self.in[share.input]!()
      if (p === null) continue
      share.pass += 1 / share.tickets
      moveBack(shares, k)
      return p
    }
    return null
  },

  handlers: {
    '*': {
      has: (self, name) => find(self, name) !== undefined,
      read: (self, _arg, name) => String(find(self, name)?.tickets),
      write(self, value, name) {
        find(self, name)!.tickets = toInteger(value, 1, 'tickets must be an integer from 1')
      },
    },
  },
})

function find(self: { readonly resource: readonly Share[] }, name: string): Share | undefined {
  const input = /^tickets(\d+)$/.exec(name)?.[1]
  return input === undefined ? undefined : self.resource.find((s) => s.input === Number(input))
}

/** Keeps the order: share k has come forward, and goes in front of those that stand as far. */
function moveBack(shares: Share[], k: number): void {
  const share = shares[k]!
  let at = k
  for (; at + 1 < shares.length && shares[at + 1]!.pass < share.pass - 1e-9; at++)
    shares[at] = shares[at + 1]!
  shares[at] = share
}
