// Owner tables by name: what a flip of some buckets makes of the table in force, and the table as
// ranges for people and for the coordinator. Pure.

import type { Flip } from '../lib/move/events.ts'
import type { ReplicaId, ServiceInfo } from '../lib/wire/messages.ts'
import { NOBODY } from './steering/steering.ts'

/** The number in `<service>.<number>`. */
export function replicaNumber(replica: ReplicaId): number {
  const number = Number(replica.slice(replica.lastIndexOf('.') + 1))
  if (!Number.isInteger(number) || number < 0 || number >= NOBODY)
    throw new Error(`'${replica}' is not a replica id`)
  return number
}

/** The table after the flip; the last entry is the primary. */
export function applyFlip(now: Uint32Array, flip: Flip): Uint32Array {
  const next = now.slice()
  const owner = replicaNumber(flip.owner)
  for (const [from, to] of flip.buckets) {
    if (from < 0 || to > next.length - 1 || from > to) throw new Error(`buckets ${from}..${to}`)
    next.fill(owner, from, to)
  }
  if (flip.primary) next[next.length - 1] = owner
  return next
}

export type Refusal = { readonly code: string; readonly message: string }

/** Why a flip must not be carried out with this epoch in force; null: it may (again). */
export function refuseFlip(flip: Flip, installed: number): Refusal | null {
  if (flip.epoch < installed)
    return { code: 'STALE_EPOCH', message: `epoch ${flip.epoch} is older than ${installed}` }
  if (flip.epoch > installed && flip.expect !== null && flip.expect !== installed)
    return { code: 'CONFLICT', message: `epoch ${installed} is in force, not ${flip.expect}` }
  return null
}

/** The table as ranges; unowned buckets have owner ''. */
export function ownerRanges(service: string, owners: Uint32Array): ServiceInfo['owners'] {
  const ranges: { from: number; to: number; owner: string }[] = []
  const buckets = owners.length - 1
  for (let b = 0; b < buckets; b++) {
    const last = ranges.at(-1)
    const owner = nameOf(service, owners[b]!)
    if (last?.owner === owner) last.to = b + 1
    else ranges.push({ from: b, to: b + 1, owner })
  }
  return ranges
}

export function primaryOf(service: string, owners: Uint32Array): ReplicaId {
  return nameOf(service, owners[owners.length - 1]!)
}

function nameOf(service: string, number: number): ReplicaId {
  return number === NOBODY ? '' : `${service}.${number}`
}
