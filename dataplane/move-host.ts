// Runs a replica's two roles in moves: feeds the pure machines of lib/move with what happens and
// carries out what they want done. One source and one target machine a replica; sockets, timers and
// the packet loop are given from outside, so that a test can stand in for each.

import type { Clock, Timer } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { failpointAt } from '../lib/failpoint.ts'
import { STREAM_RETRY_MS } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import { sourceStep } from '../lib/move/source.ts'
import { SOURCE_IDLE, type SourceState } from '../lib/move/source-state.ts'
import { TARGET_IDLE, type TargetState, targetStep } from '../lib/move/target.ts'
import type {
  FromSource,
  FromTarget,
  SourceAction,
  SourceEvent,
  TargetAction,
  TargetEvent,
  ToSource,
  ToTarget,
} from '../lib/move/types.ts'
import type { StreamClient } from '../lib/wire/transport.ts'
import type { FromWorker, ToWorker } from './control.ts'
import { decodeStream, encodeStream, type StreamMessage } from './stream-frame.ts'

/** A message of a move with the role that it is for, as it is relayed between conductor and replica. */
export type RoleMessage =
  | { readonly role: 'source'; readonly msg: ToSource }
  | { readonly role: 'target'; readonly msg: ToTarget }
export type RoleAnswer =
  | { readonly role: 'source'; readonly msg: FromSource }
  | { readonly role: 'target'; readonly msg: FromTarget }

export interface MoveHostSetup {
  readonly clock: Clock
  readonly log: Log
  /** Where this replica's stream server listens. */
  readonly endpoint: string
  toWorker(message: ToWorker, transfer?: ArrayBuffer): void
  /** To the conductor, by way of the agent. */
  answer(message: RoleAnswer): void
  /** Opens a stream to another replica. */
  connect(endpoint: string, name: string, onFrame: (frame: Uint8Array) => void): StreamClient
  /** Sends a frame back to a source that has connected. */
  sendBack(peer: string, frame: Uint8Array): Promise<void>
}

const NO_BYTES = new ArrayBuffer(0)

/** The source's role: its stream, what is kept of it, its timer. */
export class SourceHost {
  readonly #setup: MoveHostSetup
  #state: SourceState = SOURCE_IDLE
  #stream: StreamClient | null = null
  /** Bytes of chunks that the machine has not sent yet, by reference. */
  readonly #chunks = new Map<number, ArrayBuffer>()
  /** Encoded frames that were not acknowledged, by sequence number. */
  readonly #kept = new Map<number, Uint8Array>()
  /** Commands that wait until the target has said how rows are to be converted. */
  #waiting: ToWorker[] | null = null
  #nextRef = 0
  #timer: Timer | null = null
  #helloTimer: Timer | null = null

  constructor(setup: MoveHostSetup) {
    this.#setup = setup
  }

  get state(): SourceState {
    return this.#state
  }

  onWorker(message: Extract<FromWorker, { type: 'source' }>): void {
    let event = message.event
    if (event.on === 'chunk') {
      const ref = this.#nextRef++
      this.#chunks.set(ref, message.bytes ?? NO_BYTES)
      event = { ...event, ref }
    }
    this.step(event)
  }

  step(event: SourceEvent): void {
    const before = this.#state
    const [state, actions] = sourceStep(before, event)
    if (state.phase !== before.phase) failpointAt('move.source', 'before', state.phase)
    this.#state = state
    for (const action of actions) this.#act(action)
    if (state.phase !== before.phase) {
      const { move, phase } = state
      this.#setup.log.info('move_source', { move, phase })
      failpointAt('move.source', 'after', phase)
    }
    if (state.fences.length < before.fences.length && state.move === before.move)
      failpointAt('move.source', 'after', 'first_fence')
    if (before.next === 0 && state.next === 1) failpointAt('move.source', 'after', 'first_frame')
  }

  #act(action: SourceAction): void {
    switch (action.do) {
      case 'reply':
        this.#setup.answer({ role: 'source', msg: action.msg })
        break
      case 'worker': {
        const { move, command } = action
        const message: ToWorker = { type: 'source', move, command }
        if (this.#waiting !== null && (command.type === 'subscribe' || command.type === 'grant'))
          this.#waiting.push(message)
        else this.#setup.toWorker(message)
        break
      }
      case 'connect':
        this.#connect(action.endpoint)
        break
      case 'frame': {
        const payload = this.#chunks.get(action.ref) ?? NO_BYTES
        this.#chunks.delete(action.ref)
        const bytes = encodeStream({ type: 'frame', head: action.head, payload })
        this.#kept.set(action.head.seq, bytes)
        this.#send(bytes)
        break
      }
      case 'resend':
        for (let seq = action.from; seq < action.to; seq++) {
          const bytes = this.#kept.get(seq)
          if (bytes !== undefined) this.#send(bytes)
        }
        break
      case 'acked':
        for (const seq of this.#kept.keys()) if (seq < action.next) this.#kept.delete(seq)
        break
      case 'disconnect':
        this.close()
        break
      case 'timer':
        this.#timer?.cancel()
        this.#timer = null
        if (action.ms >= 0) {
          this.#timer = this.#setup.clock.after(action.ms, () => this.step({ on: 'timer' }))
        }
    }
  }

  #connect(endpoint: string): void {
    this.close()
    const { move, flipEpoch: epoch } = this.#state
    this.#waiting = []
    const name = `source.${move}`
    const stream = this.#setup.connect(endpoint, name, (frame) => {
      if (this.#stream === stream) this.#onFrame(frame)
    })
    this.#stream = stream
    const hello = () => {
      this.#send(encodeStream({ type: 'hello', move, epoch }))
      this.#helloTimer = this.#setup.clock.after(STREAM_RETRY_MS, hello)
    }
    hello()
  }

  #onFrame(frame: Uint8Array): void {
    const message = readFrame(frame, this.#setup.log)
    if (message?.type === 'credit') this.step({ on: 'credit', credit: message.credit })
    if (message?.type !== 'plan' || message.move !== this.#state.move) return
    this.#helloTimer?.cancel()
    this.#helloTimer = null
    const waiting = this.#waiting
    if (waiting === null) return
    this.#waiting = null
    this.#setup.toWorker({ type: 'plan', move: message.move, plan: message.plan })
    for (const command of waiting) this.#setup.toWorker(command)
  }

  #send(bytes: Uint8Array): void {
    this.#stream?.send(bytes).catch((error) => {
      // The window keeps the frame: it goes again after a gap or a time without progress.
      this.#setup.log.info('stream_send_failed', { error })
    })
  }

  close(): void {
    this.#helloTimer?.cancel()
    this.#helloTimer = null
    const stream = this.#stream
    this.#stream = null
    this.#chunks.clear()
    this.#kept.clear()
    this.#waiting = null
    void stream?.close()
  }
}

/** The target's role: frames in, in order, to the packet loop; credit back. */
export class TargetHost {
  readonly #setup: MoveHostSetup
  #state: TargetState = TARGET_IDLE
  /** Bytes of frames that the machine has not given to the packet loop yet. */
  readonly #frames = new Map<number, ArrayBuffer>()
  #nextRef = 0
  #peer = ''
  #plan: unknown = null
  #timer: Timer | null = null

  constructor(setup: MoveHostSetup) {
    this.#setup = setup
  }

  get state(): TargetState {
    return this.#state
  }

  onWorker(message: Extract<FromWorker, { type: 'target' }>): void {
    if (message.event.on === 'ready') {
      this.#plan = message.plan
      this.step({ ...message.event, endpoint: this.#setup.endpoint })
    } else this.step(message.event)
  }

  /** A frame of a stream that somebody opened to this replica. */
  onFrame(peer: string, frame: Uint8Array): void {
    const message = readFrame(frame, this.#setup.log)
    if (message?.type === 'hello') {
      if (message.move !== this.#state.move || this.#plan === null) return
      this.#peer = peer
      const { move, epoch } = message
      this.#sendBack({ type: 'plan', move, epoch, plan: this.#plan })
    } else if (message?.type === 'frame' && message.head.move === this.#state.move) {
      this.#peer = peer
      const ref = this.#nextRef++
      this.#frames.set(ref, message.payload)
      this.step({ on: 'frame', head: message.head, ref })
      this.#frames.delete(ref)
    }
  }

  step(event: TargetEvent): void {
    const before = this.#state
    const [state, actions] = targetStep(before, event)
    if (state.move !== before.move) this.#plan = null
    if (state.phase !== before.phase) failpointAt('move.target', 'before', state.phase)
    this.#state = state
    for (const action of actions) this.#act(action)
    if (state.phase !== before.phase) {
      const { move, phase } = state
      this.#setup.log.info('move_target', { move, phase })
      failpointAt('move.target', 'after', phase)
    }
    if (state.held && !before.held) failpointAt('move.target', 'after', 'held')
    if (before.next === 0 && state.next === 1) failpointAt('move.target', 'after', 'first_frame')
  }

  #act(action: TargetAction): void {
    switch (action.do) {
      case 'reply':
        this.#setup.answer({ role: 'target', msg: action.msg })
        break
      case 'worker': {
        const { move, command } = action
        const bytes = command.type === 'apply' ? (this.#frames.get(command.ref) ?? NO_BYTES) : null
        this.#setup.toWorker({ type: 'target', move, command, bytes }, bytes ?? undefined)
        break
      }
      case 'credit':
        this.#sendBack({ type: 'credit', credit: action.credit })
        break
      case 'timer':
        this.#timer?.cancel()
        this.#timer = null
        if (action.ms >= 0)
          this.#timer = this.#setup.clock.after(action.ms, () => this.step({ on: 'timer' }))
    }
  }

  #sendBack(message: StreamMessage): void {
    this.#setup.sendBack(this.#peer, encodeStream(message)).catch((error) => {
      // The source asks again: hello until the plan comes, frames until they are acknowledged.
      this.#setup.log.info('stream_answer_failed', { error })
    })
  }
}

/** Bytes that do not parse are logged and left: what was lost by it is sent again. */
function readFrame(frame: Uint8Array, log: Log): StreamMessage | null {
  try {
    return decodeStream(frame)
  } catch (error) {
    if (!(error instanceof ClickUpError)) throw error
    log.warn('stream_frame_refused', { error, bytes: frame.byteLength })
    return null
  }
}
