// What a replica's two roles in moves work with: source-host.ts and target-host.ts feed the pure
// machines of lib/move with what happens and carry out what they want done. Sockets, timers and the
// packet loop are given from outside, so that a test can stand in for each.

import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { FromSource, FromTarget } from '../lib/move/types.ts'
import type { StreamClient } from '../lib/wire/transport.ts'
import type { ToWorker } from './control.ts'
import { decodeStream, type Room, type StreamMessage } from './stream-frame.ts'

/** A message of a move with the role that it is of, as it is relayed to the conductor. */
export type RoleAnswer =
  | { readonly role: 'source'; readonly msg: FromSource }
  | { readonly role: 'target'; readonly msg: FromTarget }

export interface MoveHostSetup {
  readonly clock: Clock
  readonly log: Log
  /** Where this replica's stream server listens. */
  readonly endpoint: string
  toWorker(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  /** To the conductor, by way of the agent. */
  answer(message: RoleAnswer): void
  /** Opens a stream to another replica. */
  connect(endpoint: string, name: string, onFrame: (frame: Uint8Array) => void): StreamClient
  /** Sends a frame back to a source that has connected. */
  sendBack(peer: string, frame: Uint8Array): Promise<void>
}

export const NO_BYTES = new ArrayBuffer(0)

/** Bytes that do not parse are logged and left: what was lost by it is sent again. */
export function readFrame(frame: Uint8Array, log: Log, room?: Room): StreamMessage | null {
  try {
    return decodeStream(frame, room)
  } catch (error) {
    if (!(error instanceof ClickUpError)) throw error
    log.warn('stream_frame_refused', { error, bytes: frame.byteLength })
    return null
  }
}
