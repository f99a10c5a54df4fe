// What the coordinator must not forget, and how it is kept: an interface, so that another store
// (etcd, for several hosts) takes the place of the embedded one. Everything that a change needs is
// one commit: all or none, durable when it resolves. The coordinator acts only after that.

import type { JournalRecord } from '../lib/move/types.ts'
import type { HostId, ReplicaId, ServiceSettings } from '../lib/wire/messages.ts'

/** An upgrade under way: kept from before its first action to after its last. */
export interface Change {
  readonly version: string
  readonly target: ReplicaId
  /** Number of its move; the move itself may not have begun. */
  readonly move: number
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
  /** In the running replica, which `target` is then: there is no move. Not in older stores. */
  readonly inPlace?: boolean
}

export interface Owner {
  readonly replica: ReplicaId
  readonly version: string
}

export interface ServiceRecord {
  readonly settings: ServiceSettings
  readonly host: HostId
  /** Version that is to run; null: the service is to go. */
  readonly wanted: string | null
  /** Version before the last upgrade: what `rollback` goes to. */
  readonly previous: string | null
  /** Versions that are kept, oldest first. */
  readonly versions: readonly string[]
  readonly owner: Owner | null
  /** Ownership epoch as far as it was decided. */
  readonly epoch: number
  /** Number of the next replica: never used before. */
  readonly nextReplica: number
  readonly change: Change | null
  /** Elements that the last upgrade renamed: a rollback names them back. Not in older stores. */
  readonly mapped?: Readonly<Record<string, string>>
}

export type Write =
  | { readonly put: 'service'; readonly record: ServiceRecord }
  | { readonly remove: 'service'; readonly name: string }
  | { readonly put: 'version'; readonly version: string; readonly bytes: Uint8Array }
  | { readonly remove: 'version'; readonly version: string }
  | { readonly put: 'move'; readonly record: JournalRecord }
  | { readonly put: 'nextMove'; readonly number: number }

export interface Store {
  services(): ServiceRecord[]
  service(name: string): ServiceRecord | null
  version(version: string): Uint8Array | null
  /** Last record of a move. */
  move(number: number): JournalRecord | null
  nextMove(): number
  /** All or none; durable when it resolves. */
  commit(writes: readonly Write[]): Promise<void>
  close(): Promise<void>
}
