// Messages about the state that an upgrade moves: part of messages.ts.

import type { ReplicaId, Schemas } from './messages.ts'

/** What a move's target is told about the source's state: MoveSpec.transfer. */
export interface Transfer {
  readonly schemas: Schemas
  /** `--map old=new`: element names. */
  readonly map: Readonly<Record<string, string>>
  /** `--discard name`: state of these elements may be left behind. */
  readonly discard: readonly string[]
  /** Rows and packets that the source held before the move, by `element.state`. */
  readonly sizes?: Readonly<Record<string, number>>
}

/** `agent.replicaHeld`, request. Answer: StateHeld[], one for each state that the replica has. */
export interface AgentReplicaHeld {
  readonly replica: ReplicaId
}

/** Rows or packets in a state of an element now. */
export interface StateHeld {
  readonly element: string
  readonly state: string
  readonly size: number
}

/** `service.held`, request: what an upgrade would move. Answer: ServiceHeld. */
export interface ServiceHeldRequest {
  readonly service: string
  /** The beginning of a stored version's name, to be told in full; null: none is asked for. */
  readonly version: string | null
}

export interface ServiceHeld {
  readonly service: string
  /** What runs: its version, replica, schemas of its states, and what they hold. */
  readonly version: string
  readonly replica: ReplicaId
  readonly schemas: Schemas
  readonly held: readonly StateHeld[]
  /** The stored version that was asked for. */
  readonly asked: string | null
  /** The version before; null: there is none. */
  readonly previous: string | null
  /** What a rollback has to map, since the upgrade renamed it. */
  readonly mapped_back: Readonly<Record<string, string>>
}

/** `service.rollback`, request: an upgrade to the version before. Answer: Upgraded. */
export interface ServiceRollback {
  readonly service: string
  /** Beside what the upgrade renamed, which is named back. */
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
  /** In the running process, in place of a new replica's. */
  readonly inPlace?: boolean
}

/** An event of a service, for people. */
export interface ServiceEvent {
  /** ISO time. */
  readonly time: string
  readonly event: string
  readonly text: string
}
