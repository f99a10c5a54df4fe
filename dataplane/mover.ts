// What the packet loop's two roles in a move work with: source-mover.ts and target-mover.ts carry out
// the commands of lib/move's machines between two turns, in slices, so that no turn is long. They
// decide nothing.

import type { FromWorker } from './control.ts'
import type { PacketGate } from './gate.ts'
import type { Packet } from './packet.ts'
import type { Router } from './router.ts'
import type { StateStore } from './state.ts'

export interface MoverSetup {
  readonly router: Router
  readonly store: StateStore
  readonly gate: PacketGate
  /** Bucket of a packet by its port's steering key, or a code below 0. */
  readonly steer: (p: Packet) => number
  /** Makes the ports send what is queued: a ring is shorter than a hold. */
  readonly flush: () => void
  /** machineMs, for bounding slices by time and for reports; not given: bytes alone bound a slice. */
  readonly clockMs?: () => number
  /** Bytes that are left free in front of a chunk. */
  readonly front?: number
  /** Bytes of a chunk; not given: CHUNK_BYTES. */
  readonly chunkBytes?: number
  /** Rows that a turn removes once they have moved away; not given: FORGET_ROWS. */
  readonly forgetRows?: number
  send(message: FromWorker, transfer?: ArrayBuffer): void
}
