// What AggregateIPFlows and AggregateIPAddrPair share: flows have two ends, and a flow is named
// with its lower address first; numbers of flows; time that packets tell.

import { cell } from '../../dataplane/declare.ts'
import type { Packet } from '../../dataplane/packet.ts'
import type { Notifier } from './aggregate-notifier.ts'

/** The next number, and when to look for old flows: in seconds of packets' time. */
export const numbering = () =>
  cell({
    version: 1,
    scope: 'shared',
    merge: 'max',
    row: { last: 'u32', active_sec: 'f64', reap_sec: 'f64' },
  })

export interface Numbering {
  last: number
  active_sec: number
  reap_sec: number
}

/** A notifier that has said already that packets come without time. */
export interface Watching extends Notifier {
  warned: boolean
}

interface Me {
  readonly name: string
  readonly className: string
  readonly resource: Watching
  readonly router: { readonly nowUs: number; print(line: string): void }
}

/** Flows end by the time of packets, so each needs one. */
export function needTime(self: Me, p: Packet): void {
  if (p.timeUs !== 0) return
  if (!self.resource.warned)
    self.router.print(
      `${self.name} :: ${self.className}: warning: packet received without timestamp`,
    )
  self.resource.warned = true
  p.timeUs = self.router.nowUs
}

export function secondsOf(us: number): number {
  return Math.floor(us / 1e6)
}
