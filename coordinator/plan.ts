// What to do next for a service: a pure function of what is wanted and what is there. The same for
// a fresh deployment, a replica that died, an agent that came back empty, a coordinator that was
// started again, and taking a service down. Moves are not planned here: while a change is under way
// its target is let be, and the move's own conductor decides.

import type { ReplicaId, ServiceInfo } from '../lib/wire/messages.ts'
import type { ServiceRecord } from './store.ts'

/** What the agent says is there. */
export interface Now {
  /** Null: the service is not attached. */
  readonly attached: ServiceInfo | null
  readonly replicas: readonly {
    readonly replica: ReplicaId
    readonly version: string
    readonly state: string
  }[]
}

export type PlanAction =
  | { readonly do: 'attach' }
  /** A new replica, empty, owner of all buckets from its start. */
  | { readonly do: 'start'; readonly version: string; readonly why: 'first' | 'owner_gone' }
  /** Makes the owner table say what the record says, under a new epoch. */
  | { readonly do: 'own'; readonly replica: ReplicaId }
  | { readonly do: 'stop'; readonly replica: ReplicaId }
  | { readonly do: 'detach' }
  /** Nothing of it is left: the record goes. */
  | { readonly do: 'forget' }

/** The actions that can be taken now, in order; after them one plans again. Empty: all is as wanted. */
export function plan(record: ServiceRecord, now: Now): readonly PlanAction[] {
  if (record.wanted === null) return takeDown(now)
  if (record.change !== null) return []
  if (now.attached === null) return [{ do: 'attach' }]
  const { owner, wanted } = record
  const running = now.replicas.find((r) => r.replica === owner?.replica && r.state === 'ready')
  if (owner === null || running === undefined) {
    // One that is neither dead nor ready cannot serve, and would be in the way.
    const stops = now.replicas.map(stop)
    return [
      ...stops,
      { do: 'start', version: wanted, why: owner === null ? 'first' : 'owner_gone' },
    ]
  }
  if (!ownsAll(now.attached, owner.replica) || now.attached.epoch !== record.epoch)
    return [{ do: 'own', replica: owner.replica }]
  return now.replicas.filter((r) => r.replica !== owner.replica).map(stop)
}

function takeDown(now: Now): readonly PlanAction[] {
  const stops = now.replicas.map(stop)
  return [...stops, ...(now.attached === null ? [] : [DETACH]), { do: 'forget' }]
}

const DETACH: PlanAction = Object.freeze({ do: 'detach' })

function stop({ replica }: { readonly replica: ReplicaId }): PlanAction {
  return { do: 'stop', replica }
}

function ownsAll(service: ServiceInfo, replica: ReplicaId): boolean {
  return service.primary === replica && service.owners.every((r) => r.owner === replica)
}
