// Who numbers aggregates tells those who keep something of each: that one is new, that one is over.
//
// A notifier (AggregateIPFlows, AggregateIPAddrPair) has the names of its listeners in its resource;
// a listener (AggregateFirst, AggregateLast, ToIPFlowDumps) says in its own resource what it does,
// and puts its name there when it is initialised. Neither holds the other's instance: another one
// may have taken its place.

import type { ErrorContext, RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'

/** What a listener does; `self` is its instance of now. */
// biome-ignore lint/suspicious/noExplicitAny: another element's self
export interface AggregateEvents<Me = any> {
  /** `p` is the aggregate's first packet. */
  created?(self: Me, aggregate: number, p: Packet): void
  deleted?(self: Me, aggregate: number): void
}

/** What a listener's resource has. */
export interface Listening {
  readonly aggregateEvents: AggregateEvents
}

/** What a notifier's resource has. */
export interface Notifier {
  readonly aggregateListeners: string[]
}

interface Me {
  readonly resource: Notifier
  readonly router: RouterServices
}

/** For `initialize`: `self` hears of the aggregates of the element `name`. */
export function listenTo(
  self: { readonly name: string; readonly router: RouterServices },
  name: string,
  errors: ErrorContext,
): void {
  const resource = self.router.element(name)?.resource as Partial<Notifier> | null | undefined
  if (resource?.aggregateListeners === undefined)
    errors.error(`${name} is not an AggregateNotifier`)
  else resource.aggregateListeners.push(self.name)
}

export function tellCreated(self: Me, aggregate: number, p: Packet): void {
  const listeners = self.resource.aggregateListeners
  for (let i = 0; i < listeners.length; i++) {
    const listener = self.router.element(listeners[i]!)
    const { aggregateEvents } = listener.resource as Listening
    aggregateEvents.created?.(listener, aggregate, p)
  }
}

export function tellDeleted(self: Me, aggregate: number): void {
  const listeners = self.resource.aggregateListeners
  for (let i = 0; i < listeners.length; i++) {
    const listener = self.router.element(listeners[i]!)
    const { aggregateEvents } = listener.resource as Listening
    aggregateEvents.deleted?.(listener, aggregate)
  }
}
