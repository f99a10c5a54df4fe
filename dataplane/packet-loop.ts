// The main thread's handle on its packet loop: starts the worker, passes messages, asks and waits.

import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { ClickUpError, DEFECT_HINT, type ErrorCode } from '../lib/errors.ts'
import { IN_PLACE_MS, WORKER_ANSWER_MS } from '../lib/limits.ts'
import { HOME } from '../lib/paths.ts'
import type {
  Failure,
  FromWorker,
  InPlaceDone,
  InPlaceUpgrade,
  ToWorker,
  WorkerSetup,
  WorkerStatus,
} from './control.ts'

type Ready = Extract<FromWorker, { type: 'ready' }>

export interface PacketLoopEvents {
  onSource(message: Extract<FromWorker, { type: 'source' }>): void
  onSourceFailed(move: number, failure: Failure): void
  onTarget(message: Extract<FromWorker, { type: 'target' }>): void
  onPrint(line: string): void
  onPortFault(port: string, error: ClickUpError): void
  /** The loop has ended: null when it was asked to. */
  onExit(error: ClickUpError | null): void
}

/** Hint where a loop hangs or is gone. */
const SEE_LOG = 'see `click-up logs SERVICE`; a replica that ends is started anew'

const WAKE = new BigUint64Array([1n])

/** Starts the packet loop's thread; it loads its code and waits for its setup. */
export function startWorker(): Worker {
  return new Worker(new URL('dataplane/worker.js', HOME))
}

/** A packet loop's thread, before somebody listens to it: what it says meanwhile is kept. */
export class PacketWorker {
  readonly thread: Worker
  /** When its code was there, by machineMs. */
  readonly loadedAt: Promise<number>
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>
  /** What it threw, if it did. */
  error: Error | null = null
  readonly #early: FromWorker[] = []
  #take: ((message: FromWorker) => void) | null = null

  constructor(thread: Worker) {
    this.thread = thread
    this.exited = new Promise((resolve) => thread.once('exit', () => resolve()))
    thread.on('error', (error) => {
      this.error ??= error
    })
    this.loadedAt = new Promise((resolve) => {
      thread.on('message', (message: FromWorker) => {
        if (message.type === 'loaded') resolve(message.at)
        else if (this.#take === null) this.#early.push(message)
        else this.#take(message)
      })
    })
  }

  /** Lets it make what an xdp driver will need. */
  prepare(): void {
    this.thread.postMessage({ type: 'prepare' } satisfies ToWorker)
  }

  /** Tells it what to run. Once. */
  build(setup: WorkerSetup): void {
    this.thread.postMessage({ type: 'build', setup } satisfies ToWorker)
  }

  listen(take: (message: FromWorker) => void): void {
    this.#take = take
    for (const message of this.#early.splice(0)) take(message)
  }
}

export class PacketLoop {
  readonly #worker: Worker
  readonly #events: PacketLoopEvents
  readonly #open = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void; timer: NodeJS.Timeout }
  >()
  #nextId = 0
  #wakeFd = -1
  #onReady: ((ready: Ready) => void) | null = null
  #failure: ClickUpError | null = null
  #stopping = false
  readonly #ended: Promise<void>
  readonly ready: Promise<Ready>

  /** @param worker one that has been told what to run */
  constructor(worker: PacketWorker, events: PacketLoopEvents) {
    this.#events = events
    this.#worker = worker.thread
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve
      void worker.exited.then(() =>
        reject(this.#failure ?? new ClickUpError('INTERNAL', 'the packet loop ended', DEFECT_HINT)),
      )
    })
    this.ready.catch(() => {})
    this.#ended = worker.exited
    void worker.exited.then(() => this.#onExit(worker.error))
    worker.listen((message) => this.#onMessage(message))
  }

  #onExit(error: Error | null): void {
    this.#wakeFd = -1
    for (const { reject, timer } of this.#open.values()) {
      clearTimeout(timer)
      reject(new ClickUpError('UNREACHABLE', 'the packet loop has ended', SEE_LOG))
    }
    this.#open.clear()
    const what = error === null ? 'the packet loop ended by itself' : `packet loop: ${error.stack}`
    this.#failure ??= new ClickUpError('INTERNAL', what, DEFECT_HINT)
    this.#events.onExit(this.#stopping ? null : this.#failure)
  }

  send(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
    if (this.#wakeFd < 0) return
    try {
      // A blocked loop is woken; one that is not reads the message between two turns anyway.
      writeSync(this.#wakeFd, WAKE)
    } catch {
      // The loop has ended, and closed it, a moment before its end is known here.
      this.#wakeFd = -1
    }
  }

  async readHandler(path: string): Promise<string> {
    return (await this.#ask((id) => ({ type: 'handler', id, path, value: null }))) as string
  }

  async writeHandler(path: string, value: string): Promise<void> {
    await this.#ask((id) => ({ type: 'handler', id, path, value }))
  }

  /** Another version in place of the running one. Throws ClickUpError, and then nothing has changed. */
  async upgrade(upgrade: InPlaceUpgrade): Promise<InPlaceDone> {
    const ask = (id: number): ToWorker => ({ type: 'upgrade', id, upgrade })
    return (await this.#ask(ask, IN_PLACE_MS)) as InPlaceDone
  }

  async status(): Promise<WorkerStatus> {
    return (await this.#ask((id) => ({ type: 'status', id }))) as WorkerStatus
  }

  /** Resolves when the loop has ended, also by itself. */
  async stop(): Promise<void> {
    if (!this.#stopping) this.send({ type: 'stop' })
    this.#stopping = true
    // From here on its descriptor may be closed, and the number be another file's.
    this.#wakeFd = -1
    const timer = setTimeout(() => void this.#worker.terminate(), WORKER_ANSWER_MS)
    await this.#ended
    clearTimeout(timer)
  }

  /** Throws UNREACHABLE where the loop does not answer in time: it hangs. */
  #ask(make: (id: number) => ToWorker, answerMs = WORKER_ANSWER_MS): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(id)
        reject(
          new ClickUpError(
            'UNREACHABLE',
            `the packet loop gave no answer in ${answerMs} ms`,
            SEE_LOG,
          ),
        )
      }, answerMs)
      this.#open.set(id, { resolve, reject, timer })
      this.send(make(id))
    })
  }

  #settle(
    id: number,
    settle: (open: { resolve: (v: unknown) => void; reject: (e: Error) => void }) => void,
  ) {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    clearTimeout(open.timer)
    settle(open)
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'loaded':
        break // PacketWorker's
      case 'ready':
        this.#wakeFd = message.wakeFd
        this.#onReady?.(message)
        break
      case 'failed':
        this.#failure = errorOf(message.failure)
        break
      case 'source':
        this.#events.onSource(message)
        break
      case 'source_failed':
        this.#events.onSourceFailed(message.move, message.failure)
        break
      case 'target':
        this.#events.onTarget(message)
        break
      case 'answer':
        this.#settle(message.id, (open) => open.resolve(message.value))
        break
      case 'refused':
        this.#settle(message.id, (open) => open.reject(errorOf(message.failure)))
        break
      case 'print':
        this.#events.onPrint(message.line)
        break
      case 'port_fault':
        this.#events.onPortFault(message.port, errorOf(message.failure))
    }
  }
}

export function errorOf(failure: Failure): ClickUpError {
  const { code, message, hint, findings } = failure
  return new ClickUpError(code as ErrorCode, message, hint, findings)
}
