// The source's role in a move (O), in the main thread: its stream to the target, the frames that are
// kept until they are acknowledged, its timer. lib/move/source.ts decides.

import { machineMs, type Timer } from '../lib/clock.ts'
import { failpointAt } from '../lib/failpoint.ts'
import { STREAM_RETRY_MS } from '../lib/limits.ts'
import { sourceStep } from '../lib/move/source.ts'
import { SOURCE_IDLE, type SourceState } from '../lib/move/source-state.ts'
import type { SourceAction, SourceEvent } from '../lib/move/types.ts'
import type { StreamClient } from '../lib/wire/transport.ts'
import type { Failure, FromWorker, ToWorker } from './control.ts'
import { type MoveHostSetup, NO_BYTES, readFrame } from './move-host.ts'
import { encodeStream, FRAME_FRONT, frameInPlace } from './stream-frame.ts'

/** A chunk as the packet loop gave it: `length` bytes behind `front` others. */
interface Made {
  readonly memory: ArrayBuffer
  readonly front: number
  readonly length: number
  /** Packets that are nowhere else any more. */
  readonly stragglers: number
}

export class SourceHost {
  readonly #setup: MoveHostSetup
  #state: SourceState = SOURCE_IDLE
  #stream: StreamClient | null = null
  /** Bytes of chunks that the machine has not sent yet, by reference. */
  readonly #chunks = new Map<number, Made>()
  /** Encoded frames that were not acknowledged, by sequence number. */
  readonly #kept = new Map<number, Uint8Array>()
  /** Of these the ones with stragglers: how many. */
  readonly #stragglers = new Map<number, number>()
  /** Memory of frames that were acknowledged, and whether one was sent twice. */
  readonly #spares: ArrayBuffer[] = []
  #resent = false
  /** Frames that lie in memory of the packet loop's. */
  readonly #inPlace = new Set<number>()
  /** Commands that wait until the target has said how rows are to be converted. */
  #waiting: ToWorker[] | null = null
  #nextRef = 0
  /** When the last fence was seen, for the report of where a hold's time went. */
  #fenceAt = 0
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
      const { bytes: memory, front = 0 } = message
      const { bytes: length, count } = event
      const stragglers = event.kind === 'stragglers' ? count : 0
      this.#chunks.set(ref, { memory: memory ?? NO_BYTES, front, length, stragglers })
      event = { ...event, ref }
    }
    if (event.on === 'fence') this.#fenceAt = message.at ?? 0
    this.step(event)
    if (event.on === 'drained' && message.at !== undefined) this.#report(message.at)
  }

  /** Times by the machine's clock: the target's report (target-host.ts) goes on from here. */
  #report(drainedAt: number): void {
    const toldAt = machineMs()
    const { move } = this.#state
    this.#setup.log.info('move_drained', {
      move,
      fence_ms: this.#fenceAt,
      drained_ms: drainedAt,
      sent_ms: toldAt,
    })
  }

  /** The packet loop could not send on: the buckets stay here, or come back. */
  onFailed(move: number, failure: Failure): void {
    if (move !== this.#state.move) return
    this.#setup.log.warn('move_source_failed', { move, failure })
    this.step({ on: 'failed', move, refused: { type: 'refused', ...failure } })
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
        else if (command.type !== 'grant') this.#setup.toWorker(message)
        else {
          const spares = this.#spares.splice(0)
          this.#setup.toWorker({ ...message, spares }, spares)
        }
        break
      }
      case 'connect':
        this.#connect(action.endpoint)
        break
      case 'frame': {
        const made = this.#chunks.get(action.ref)
        this.#chunks.delete(action.ref)
        const bytes =
          made?.front === FRAME_FRONT
            ? frameInPlace(action.head, made.memory, made.length)
            : encodeStream({
                type: 'frame',
                head: action.head,
                payload: made?.memory ?? NO_BYTES,
              })
        this.#kept.set(action.head.seq, bytes)
        if (made?.front === FRAME_FRONT) this.#inPlace.add(action.head.seq)
        if (action.head.kind === 'stragglers')
          this.#stragglers.set(action.head.seq, made?.stragglers ?? 0)
        this.#send(bytes)
        break
      }
      case 'drop':
        this.#giveUp(this.#chunks.get(action.ref)?.stragglers ?? 0)
        this.#chunks.delete(action.ref)
        break
      case 'resend':
        this.#setup.log.info('stream_resent', { from: action.from, to: action.to })
        for (let seq = action.from; seq < action.to; seq++) {
          const bytes = this.#kept.get(seq)
          if (bytes === undefined) continue
          this.#resent = true
          this.#send(bytes)
        }
        break
      case 'acked':
        this.#forgetKept(action.next)
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

  /** The target has all frames before `next`: the packet loop writes its next chunks into their memory. */
  #forgetKept(next: number): void {
    for (const seq of this.#stragglers.keys()) if (seq < next) this.#stragglers.delete(seq)
    for (const [seq, { buffer }] of this.#kept) {
      if (seq >= next) break
      this.#kept.delete(seq)
      // Of a frame that was sent again a second copy may still be on its way.
      if (this.#inPlace.delete(seq) && !this.#resent) this.#spares.push(buffer as ArrayBuffer)
    }
  }

  #connect(endpoint: string): void {
    this.close()
    this.#resent = false
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

  /** Stragglers that were sent and not acknowledged, or could not be sent any more. */
  #giveUp(packets: number): void {
    if (packets > 0)
      this.#setup.log.warn('stragglers_given_up', { move: this.#state.move, packets })
  }

  close(): void {
    this.#giveUp([...this.#stragglers.values()].reduce((sum, n) => sum + n, 0))
    this.#stragglers.clear()
    this.#helloTimer?.cancel()
    this.#helloTimer = null
    const stream = this.#stream
    this.#stream = null
    this.#chunks.clear()
    this.#kept.clear()
    this.#spares.length = 0
    this.#inPlace.clear()
    this.#waiting = null
    void stream?.close()
  }
}
