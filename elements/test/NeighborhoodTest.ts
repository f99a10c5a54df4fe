/*
=c

NeighborhoodTest

=s test

shows which elements lie near

=d

Discards packets and gives none. Its handlers list the elements up or down the stream, nearest first; the
parameter says how many steps away at most, 1 by default.

=h upstream read-only

Returns the elements upstream of all its inputs.

=h downstream read-only

Returns the elements downstream of all its outputs.

=h upstream0...upstreamI<n> read-only

Returns the elements upstream of one input.

=h downstream0...downstreamI<n> read-only

Returns the elements downstream of one output.

=e

  a :: Null -> n :: NeighborhoodTest -> b :: Null

=a NotifierDebug
*/

import { element, type RouterServices } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'

export default element({
  name: 'NeighborhoodTest',
  ports: '-/-',
  processing: 'a/a',
  flow: 'x/y',
  config: {},

  push(self, _port, p) {
    self.kill(p)
  },

  pull() {
    return null
  },

  handlers: {
    upstream: { read: (self, arg) => neighborhood(self, 'up', -1, arg) },
    downstream: { read: (self, arg) => neighborhood(self, 'down', -1, arg) },
    '*': {
      has: (self, name) => placeOf(self, name) !== null,
      read(self, arg, name) {
        const { direction, port } = placeOf(self, name)!
        return neighborhood(self, direction, port, arg)
      },
    },
  },
})

interface Me {
  readonly name: string
  readonly ninputs: number
  readonly noutputs: number
  readonly router: RouterServices
}

interface Place {
  readonly direction: 'up' | 'down'
  readonly port: number
}

function placeOf(self: Me, name: string): Place | null {
  const m = /^(up|down)stream(\d+)$/.exec(name)
  if (m === null) return null
  const direction = m[1] as 'up' | 'down'
  const port = Number(m[2])
  return port < (direction === 'up' ? self.ninputs : self.noutputs) ? { direction, port } : null
}

function neighborhood(self: Me, direction: 'up' | 'down', port: number, arg: string): string {
  const steps = arg.trim() === '' ? 1 : parseInteger(arg.trim())
  if (steps === null || steps < 0) throw new Error('the parameter is a number of steps')
  const found = new Set<string>()
  self.router.neighbors(self.name, direction, port, (name, distance) => {
    if (distance > steps) return false
    found.add(name)
    return distance < steps
  })
  return [...found].map((name) => `${name}\n`).join('')
}
