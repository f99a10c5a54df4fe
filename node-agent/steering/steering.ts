// Steering: brings each frame of a service's interfaces to the replica that owns its bucket, and
// the replicas' frames back out. Two implementations: xdp.ts (in the kernel) and userspace.ts
// (loopback datagrams, any machine). Both promise:
//
//   - a flip is atomic for all buckets, and every frame steered by the old table has been queued to
//     its replica when it returns;
//   - a fence follows, on every port, behind the last of these frames in the same queue;
//   - attaching is all or nothing, detaching leaves nothing, both may be repeated.

import type { DriverSpec } from '../../dataplane/io/device.ts'
import type { ClickUpError } from '../../lib/errors.ts'
import type { SteerKeyName } from '../../lib/steer.ts'

export interface ServicePort {
  readonly name: string
  /** xdp: a network interface. udp: `udp:LISTEN:PEER`, two loopback ports. */
  readonly interface: string
  readonly key: SteerKeyName
}

export interface ServiceSpec {
  readonly service: string
  readonly bucketsLog2: number
  readonly ports: readonly ServicePort[]
}

/** In an owner table: nobody owns the bucket; its frames are dropped and counted. */
export const NOBODY = 0xffffffff

export interface FlipRequest {
  readonly service: string
  /** Refused with STALE_EPOCH when older than the one in force. */
  readonly epoch: number
  readonly move: number
  /** Replica number of each bucket; the last of B + 1 entries is the primary's. */
  readonly owners: Uint32Array
  /** Replica that gets fence frames on every port, or null. */
  readonly fenceTo: number | null
}

export interface FlipResult {
  /** How long the swap took, grace period included; 0 where the table was in force already. */
  readonly swapUs: number
  readonly fences: number
}

/**
 * Why frames went where they went, in the order of `enum reason` in dataplane/xdp/maps.h. The first
 * six: exactly one for each frame. The last three: what kind of frame a redirected one was.
 */
export const REASONS = [
  'redirected',
  'non_ip_primary',
  'arp_reply_all',
  'truncated',
  'no_owner',
  'fence',
  'fragment',
  'icmp_error',
  'other',
] as const
export type Reason = (typeof REASONS)[number]
export type ReasonCounts = Readonly<Record<Reason, number>>

export interface SteeringPortCounters {
  readonly reasons: ReasonCounts
  /** Frames of the replicas that went out of the interface. */
  readonly sent: number
  /** Frames of the replicas that were dropped because the interface is gone. */
  readonly unsent: number
}

export interface SteeringCounters {
  /** Sum over the ports. */
  readonly reasons: ReasonCounts
  /** Frames by bucket, owned or not. */
  readonly buckets: Float64Array
  readonly ports: Readonly<Record<string, SteeringPortCounters>>
}

export interface Steering {
  readonly driver: 'xdp' | 'packet' | 'udp'
  /** All or nothing. What a crashed agent left of this service goes first. */
  attachService(spec: ServiceSpec): Promise<void>
  detachService(service: string): Promise<void>
  /** Gives the replica ports; nothing is steered to it before a flip says so. */
  attachReplica(service: string, replica: number): Promise<DriverSpec>
  /** Also after the replica died. Buckets that it still owns are dropped and counted. */
  detachReplica(service: string, replica: number): Promise<void>
  flip(request: FlipRequest): Promise<FlipResult>
  counters(service: string): Promise<SteeringCounters>
  owners(service: string): { readonly epoch: number; readonly owners: Uint32Array }
  /** What keeps the service's ports from working (an interface that has gone), or null. */
  check(service: string): ClickUpError | null
  /** Detaches all. */
  close(): Promise<void>
}

/** Counts by name out of counts in the order of REASONS. */
export function reasonCounts(counts: ArrayLike<number>): ReasonCounts {
  return Object.fromEntries(REASONS.map((r, i) => [r, counts[i] ?? 0])) as ReasonCounts
}

/** Sum of several. */
export function sumReasons(all: readonly ReasonCounts[]): ReasonCounts {
  return reasonCounts(REASONS.map((r) => all.reduce((sum, one) => sum + one[r], 0)))
}
