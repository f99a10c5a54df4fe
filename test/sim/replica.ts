// A replica: the main thread with both machines, and its packet loop. Both threads die together;
// what passes between them is ordered and never lost.

import { SOURCE_IDLE, type SourceState, sourceStep } from '../../lib/move/source.ts'
import { TARGET_IDLE, type TargetState, targetStep } from '../../lib/move/target.ts'
import type {
  FrameHead,
  FromSource,
  FromTarget,
  Refused,
  SourceAction,
  SourceEvent,
  TargetAction,
  TargetEvent,
  ToSource,
  ToTarget,
} from '../../lib/move/types.ts'
import { Loop, type LoopEvent, type Payload } from './loop.ts'
import type { Stream } from './net.ts'
import type { Scenario } from './scenario.ts'
import type { Traffic } from './traffic.ts'
import { Fifo, Process, plainData, type World } from './world.ts'

const NOTHING: Payload = { rows: [], packets: [] }

export interface Outside {
  /** To the conductor. */
  fromSource(msg: FromSource): void
  fromTarget(msg: FromTarget): void
  /** A gate may have changed. */
  gates(): void
}

export class Replica {
  readonly process: Process
  readonly loop: Loop
  source: SourceState = SOURCE_IDLE
  target: TargetState = TARGET_IDLE
  /** Set by the run: the stream that this replica sends into, and the one that it gets. */
  out: Stream | null = null
  from: Stream | null = null
  peer = ''
  readonly #payloads = new Map<number, Payload>()
  readonly #kept = new Map<number, { readonly head: FrameHead; readonly payload: Payload }>()
  #ref = 0
  readonly #timers = { source: 0, target: 0 }
  readonly #toLoop: Fifo
  readonly #toMain: Fifo
  readonly #world: World
  readonly #traffic: Traffic
  readonly #outside: Outside

  constructor(world: World, name: string, scenario: Scenario, traffic: Traffic, outside: Outside) {
    this.process = new Process(name)
    this.#world = world
    this.#traffic = traffic
    this.#outside = outside
    this.#toLoop = new Fifo(world)
    this.#toMain = new Fifo(world)
    this.loop = new Loop(world, this.process, scenario, traffic, (move, event) =>
      this.#main(() => this.#onLoop(move, event)),
    )
  }

  /** The packet loop saw a fence. */
  fence(move: number, epoch: number, port: number): void {
    this.#main(() => this.onSource({ on: 'fence', move, epoch, port }))
  }

  message(side: 'source' | 'target', msg: ToSource | ToTarget): void {
    if (side === 'source') this.onSource({ on: 'message', msg: msg as ToSource })
    else this.onTarget({ on: 'message', msg: msg as ToTarget })
  }

  frame(head: FrameHead, payload: Payload | null): void {
    this.#ref += 1
    this.#payloads.set(this.#ref, payload ?? NOTHING)
    this.onTarget({ on: 'frame', head, ref: this.#ref })
  }

  onSource(event: SourceEvent): void {
    const [next, actions] = sourceStep(this.source, event)
    if (next.phase !== this.source.phase)
      this.#world.log(`${this.process.name} source ${next.phase}`)
    this.source = plainData(next)
    for (const action of actions) {
      if (!this.#world.survives(this.process, `source ${action.do}`)) return
      this.#doSource(action)
    }
  }

  onTarget(event: TargetEvent): void {
    const [next, actions] = targetStep(this.target, event)
    if (next.phase !== this.target.phase)
      this.#world.log(`${this.process.name} target ${next.phase}`)
    this.target = plainData(next)
    for (const action of actions) {
      if (!this.#world.survives(this.process, `target ${action.do}`)) return
      this.#doTarget(action)
    }
  }

  #doSource(action: SourceAction): void {
    switch (action.do) {
      case 'reply':
        this.#outside.fromSource(action.msg)
        return
      case 'worker':
        this.#loopDo(() => this.loop.source(action.move, action.command))
        return
      case 'frame': {
        const payload = this.#payloads.get(action.ref) ?? NOTHING
        this.#payloads.delete(action.ref)
        this.#kept.set(action.head.seq, { head: action.head, payload })
        this.#send(action.head.seq)
        return
      }
      case 'resend':
        for (let seq = action.from; seq < action.to; seq++) this.#send(seq)
        return
      case 'acked':
        for (const seq of this.#kept.keys()) if (seq < action.next) this.#kept.delete(seq)
        return
      case 'drop':
        for (const p of this.#payloads.get(action.ref)?.packets ?? [])
          this.#traffic.dropped(p, 'no_credit')
        this.#payloads.delete(action.ref)
        return
      case 'disconnect':
        this.#giveUp()
        return
      case 'timer':
        this.#timer('source', action.ms)
        return
      case 'connect':
    }
  }

  /** Frames that no credit came for: whether the target took their packets is not known here. */
  #giveUp(): void {
    for (const { payload } of this.#kept.values())
      for (const p of payload.packets)
        if (this.#traffic.fates[p.id]!.holders.includes(this.process.name))
          this.#traffic.dropped(p, 'no_credit')
    this.#kept.clear()
  }

  #send(seq: number): void {
    const kept = this.#kept.get(seq)
    if (kept === undefined) throw new Error(`frame ${seq} was not kept`)
    for (const p of kept.payload.packets) {
      const { holders } = this.#traffic.fates[p.id]!
      // Not where it was already handed on and only the credit got lost.
      if (holders.includes(this.process.name)) this.#traffic.held(p, this.process.name, this.peer)
    }
    this.out?.frame(kept.head, kept.payload)
  }

  #doTarget(action: TargetAction): void {
    switch (action.do) {
      case 'reply':
        this.#outside.fromTarget(action.msg)
        return
      case 'credit':
        this.from?.credit(action.credit)
        return
      case 'timer':
        this.#timer('target', action.ms)
        return
      case 'worker': {
        const { command, move } = action
        if (command.type !== 'apply') {
          this.#loopDo(() => this.loop.target(move, command, null))
          return
        }
        const payload = this.#payloads.get(command.ref) ?? NOTHING
        this.#payloads.delete(command.ref)
        const { seq, kind } = command
        this.#loopDo(() =>
          kind === 'packets'
            ? this.loop.applyQueued(move, seq, payload.packets)
            : this.loop.target(move, command, payload),
        )
      }
    }
  }

  #timer(which: 'source' | 'target', ms: number): void {
    this.#timers[which] += 1
    if (ms < 0) return
    const number = this.#timers[which]
    this.#world.after(ms, this.process, () => {
      if (this.#timers[which] !== number) return
      if (which === 'source') this.onSource({ on: 'timer' })
      else this.onTarget({ on: 'timer' })
    })
  }

  #onLoop(move: number, event: LoopEvent): void {
    switch (event.on) {
      case 'chunk': {
        this.#ref += 1
        const { rows, packets } = event.payload
        const count = rows.length + packets.length
        this.#payloads.set(this.#ref, event.payload)
        const { kind } = event
        this.onSource({ on: 'chunk', move, kind, ref: this.#ref, bytes: count * 32, count })
        return
      }
      case 'round':
        this.onSource({ on: 'round', move, pending: event.pending })
        return
      case 'drained':
        this.onSource({ on: 'drained', move })
        return
      case 'ready':
        this.onTarget({ on: 'ready', move, endpoint: `ipc://${this.process.name}` })
        return
      case 'not_ready':
        this.onTarget({ on: 'not_ready', move, refused: refused('no path between schemas') })
        return
      case 'apply_failed':
        this.onTarget({ on: 'apply_failed', move, refused: refused('a row does not parse') })
        return
      case 'applied':
        this.onTarget({ on: 'applied', move, seq: event.seq })
        return
      case 'released': {
        const { held, overflow } = event
        this.onTarget({ on: 'released', move, hold: { held, overflow, holdUs: 0 } })
        return
      }
    }
  }

  #loopDo(run: () => void): void {
    this.#toLoop.send(this.#world.random.next() * 0.05, this.process, () => {
      if (!this.#world.survives(this.process, 'loop command')) return
      run()
      this.#outside.gates()
    })
  }

  #main(run: () => void): void {
    this.#toMain.send(this.#world.random.next() * 0.05, this.process, run)
  }
}

function refused(message: string): Refused {
  return { type: 'refused', code: 'INCOMPATIBLE', message, hint: '', findings: [] }
}
