// Who numbers aggregates tells those who keep something of each: that one is new, that one is over.
//
// A notifier (AggregateIPFlows, AggregateIPAddrPair) has a list of listeners in its resource; a
// listener (AggregateFirst, AggregateLast, ToIPFlowDumps) puts itself there when it is initialised.

import type { ErrorContext, RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'

export interface AggregateListener {
  /** `p` is the aggregate's first packet. */
  created?(aggregate: number, p: Packet): void
  deleted?(aggregate: number): void
}

/** What a notifier's resource has. */
export interface Notifier {
  readonly aggregateListeners: AggregateListener[]
}

/** For `initialize`: hears of the aggregates of the element `name`. */
export function listenTo(
  router: RouterServices,
  name: string,
  listener: AggregateListener,
  errors: ErrorContext,
): void {
  const resource = router.element(name)?.resource as Partial<Notifier> | null | undefined
  if (resource?.aggregateListeners === undefined)
    errors.error(`${name} is not an AggregateNotifier`)
  else resource.aggregateListeners.push(listener)
}

export function tellCreated(notifier: Notifier, aggregate: number, p: Packet): void {
  const listeners = notifier.aggregateListeners
  for (let i = 0; i < listeners.length; i++) listeners[i]!.created?.(aggregate, p)
}

export function tellDeleted(notifier: Notifier, aggregate: number): void {
  const listeners = notifier.aggregateListeners
  for (let i = 0; i < listeners.length; i++) listeners[i]!.deleted?.(aggregate)
}
