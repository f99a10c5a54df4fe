// The target's role in a move (N), in the main thread: frames in, in order, to the packet loop;
// credit back. lib/move/target.ts decides.

import { machineMs, type Timer } from '../lib/clock.ts'
import { failpointAt } from '../lib/failpoint.ts'
import { CHUNK_BYTES, STREAM_CREDIT } from '../lib/limits.ts'
import { targetStep } from '../lib/move/target.ts'
import { TARGET_IDLE, type TargetState } from '../lib/move/target-state.ts'
import type { TargetAction, TargetEvent } from '../lib/move/types.ts'
import type { FromWorker } from './control.ts'
import { type MoveHostSetup, NO_BYTES, readFrame } from './move-host.ts'
import { encodeStream, type Room, type StreamMessage } from './stream-frame.ts'

export class TargetHost {
  readonly #setup: MoveHostSetup
  #state: TargetState = TARGET_IDLE
  /** Bytes of frames that the machine has not given to the packet loop yet. */
  readonly #frames = new Map<number, Extract<StreamMessage, { type: 'frame' }>>()
  #nextRef = 0
  /** Memory for chunks that come, used again and again: fresh memory costs page faults. */
  readonly #spares: ArrayBuffer[] = []
  /** When `done` came, for the report of where a hold's time went. */
  #doneAt = 0
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
    if (message.spare !== undefined) this.#keep(message.spare)
    if (message.event.on === 'ready') {
      this.#plan = message.plan
      this.step({ ...message.event, endpoint: this.#setup.endpoint })
    } else this.step(message.event)
    if (message.event.on !== 'released' || message.at === undefined) return
    // Times by the machine's clock: they go on from the source's report (source-host.ts).
    const { move } = this.#state
    const times = { done_ms: this.#doneAt, released_ms: message.at, told_ms: machineMs() }
    this.#setup.log.info('move_released', { move, ...times, hold: message.event.hold })
  }

  readonly #room: Room = (bytes, { move, seq, kind }) => {
    // The machine wants the next frame only: of one that came twice, or too early, just the head.
    if (move !== this.#state.move || seq !== this.#state.next) return NO_BYTES
    if (bytes > CHUNK_BYTES || (kind !== 'rows' && kind !== 'deltas')) return null
    return this.#spares.pop() ?? (Buffer.allocUnsafeSlow(CHUNK_BYTES).buffer as ArrayBuffer)
  }

  #keep(memory: ArrayBuffer): void {
    const fits = memory.byteLength === CHUNK_BYTES && this.#spares.length < STREAM_CREDIT
    if (fits) this.#spares.push(memory)
  }

  /** A frame of a stream that somebody opened to this replica. */
  onFrame(peer: string, frame: Uint8Array): void {
    const message = readFrame(frame, this.#setup.log, this.#room)
    if (message?.type === 'hello') {
      if (message.move !== this.#state.move || this.#plan === null) return
      this.#peer = peer
      const { move, epoch } = message
      this.#sendBack({ type: 'plan', move, epoch, plan: this.#plan })
    } else if (message?.type === 'frame' && message.head.move === this.#state.move) {
      this.#peer = peer
      const ref = this.#nextRef++
      this.#frames.set(ref, message)
      if (message.head.kind === 'done') this.#doneAt = machineMs()
      this.step({ on: 'frame', head: message.head, ref })
      // One that the machine did not want.
      if (this.#frames.delete(ref)) this.#keep(message.payload)
    }
  }

  step(event: TargetEvent): void {
    const before = this.#state
    const [state, actions] = targetStep(before, event)
    if (state.move !== before.move) this.#plan = null
    if (state.phase !== before.phase) failpointAt('move.target', 'before', state.phase)
    this.#state = state
    if (state.held && !before.held) this.#setup.toWorker({ type: 'first' })
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
        const frame = command.type === 'apply' ? this.#frames.get(command.ref) : undefined
        const bytes = frame?.payload ?? (command.type === 'apply' ? NO_BYTES : null)
        const length = frame?.length ?? bytes?.byteLength ?? 0
        const transfer = frame === undefined ? [] : [frame.payload]
        if (command.type === 'apply') this.#frames.delete(command.ref)
        this.#setup.toWorker({ type: 'target', move, command, bytes, length }, transfer)
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
