// Messages of upgrades in place: coordinator → agent → replica. Types only.

import type { ReplicaId, Schemas } from './messages.ts'

/** `replica.upgrade`, request: another version in the same process. Answer: ReplicaUpgraded. */
export interface ReplicaUpgrade {
  readonly version: string
  /** Path for lib/artifact.ts loadArtifact. */
  readonly artifact: string
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
}

/** A repetition is answered as the first time. */
export interface ReplicaUpgraded {
  readonly version: string
  readonly schemas: Schemas
  readonly report: InPlaceReport
}

/** What an upgrade in place did, as the packet loop measured it. */
export interface InPlaceReport {
  /** From the last turn of the old graph to the first of the new one. */
  readonly pause_us: number
  /** The longest that the loop was held before that, while the new graph was made ready. */
  readonly slice_us: number
  readonly slices: number
  /** Time that making it ready took in the packet loop. */
  readonly compile_ms: number
  readonly elements: { readonly stayed: number; readonly carried: number; readonly anew: number }
  /** Compiled functions that went on as they were, and those that were made. */
  readonly functions: { readonly kept: number; readonly made: number }
  readonly rows_by_reference: number
  readonly rows_converted: number
  readonly deltas: number
  /** Packets in queues that were handed over. */
  readonly packets: number
}

/** `agent.replicaUpgrade`, request: passed on as `replica.upgrade`. Answer: ReplicaUpgraded. */
export interface AgentReplicaUpgrade {
  readonly replica: ReplicaId
  readonly version: string
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
}
