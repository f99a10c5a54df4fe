// The replicas of this host: from the wish to start one to its being ready, what it says meanwhile,
// and its end. Every start ends in one of two ways: ready, or failed with nothing left of it.

import { type Clock, machineMs } from '../lib/clock.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { ClickUpError, ERROR_CODES } from '../lib/errors.ts'
import { IN_PLACE_MS, REPLICA_START_MS, REPLICA_STOP_MS } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import type {
  AgentExit,
  HostId,
  ReplicaBeat,
  ReplicaEvent,
  ReplicaFailed,
  ReplicaId,
  ReplicaInfo,
  ReplicaReady,
  ReplicaSpec,
  ReplicaStart,
  ReplicaState,
  Schemas,
  StateHeld,
} from '../lib/wire/messages.ts'
import type { ReplicaUpgrade, ReplicaUpgraded } from '../lib/wire/messages-in-place.ts'
import type { Server } from '../lib/wire/transport.ts'
import type { BlankProcess, ReplicaProcess, RunFiles } from './processes.ts'

/** How long the last word of a process that is gone is waited for. */
const LAST_WORD_MS = 300

export interface ReplicaHooks {
  readonly onEvent: (event: ReplicaEvent) => void
  /** The process is gone; its ports are still there. */
  readonly onExit: (exit: AgentExit) => Promise<void>
}

/** What a replica is made of. */
export interface Origin {
  readonly process: BlankProcess
  /** It had been started before it was needed. */
  readonly spare: boolean
  /** How long the set-up of its interfaces took. */
  readonly interfacesMs: number
}

interface Replica {
  readonly spec: ReplicaSpec
  /** Another one after an upgrade in place. */
  version: string
  readonly process: ReplicaProcess
  readonly from: Origin
  start: ReplicaStart | null
  readonly ready: Promise<void>
  settle: (error: ClickUpError | null) => void
  state: ReplicaState
  readyMs: number
  schemas: Schemas
  metricsPort: number | null
  failure: string | null
  beat: ReplicaBeat | null
  stopping: boolean
  readonly gone: Promise<void>
}

export class Replicas {
  readonly #files: RunFiles
  readonly #server: Server
  readonly #hooks: ReplicaHooks
  readonly #clock: Clock
  readonly #log: Log
  readonly #all = new Map<ReplicaId, Replica>()

  constructor(files: RunFiles, server: Server, hooks: ReplicaHooks, clock: Clock, log: Log) {
    this.#files = files
    this.#server = server
    this.#hooks = hooks
    this.#clock = clock
    this.#log = log
    server.handle('replica.hello', (body) => {
      const { replica, host } = body as { replica: ReplicaId; host: HostId }
      this.#of(replica)
      return { host }
    })
    server.handle('replica.ready', (body) => this.#onReady(body as ReplicaReady))
    server.handle('replica.failed', (body) => this.#onFailed(body as ReplicaFailed))
    server.handle('replica.event', (body) => hooks.onEvent(body as ReplicaEvent))
    server.handle('replica.beat', (body) => {
      const beat = body as ReplicaBeat
      const replica = this.#all.get(beat.replica)
      if (replica !== undefined) replica.beat = beat
    })
  }

  /** Makes a process a replica and waits until it is ready. Fails with nothing of it left. */
  async start(version: string, spec: ReplicaSpec, from: Origin): Promise<ReplicaInfo> {
    const replica = this.#make(version, spec, from)
    try {
      await replica.ready
    } catch (cause) {
      replica.stopping = true
      replica.process.kill()
      await replica.gone
      throw cause
    }
    return this.#info(replica)
  }

  /** Another version in the same process. Fails where its process ends first. */
  async upgrade(id: ReplicaId, wanted: ReplicaUpgrade): Promise<ReplicaUpgraded> {
    const replica = this.#of(id)
    const died = replica.gone.then(() => {
      throw new ClickUpError(
        'MOVE_FAILED',
        `${id} ended before it had answered`,
        `its state is lost; see \`click-up logs ${replica.spec.service}\``,
      )
    })
    const asked = this.#server.request(id, 'replica.upgrade', wanted, { timeoutMs: IN_PLACE_MS })
    const upgraded = (await Promise.race([asked, died])) as ReplicaUpgraded
    replica.version = upgraded.version
    replica.schemas = upgraded.schemas
    this.#log.info('replica_upgraded', { replica: id, version: upgraded.version })
    return upgraded
  }

  /** Ends a replica's process; does nothing for one that is not there. */
  async stop(id: ReplicaId): Promise<void> {
    const replica = this.#all.get(id)
    if (replica === undefined) return
    replica.stopping = true
    replica.state = 'stopping'
    const { exited } = replica.process
    const timeoutMs = REPLICA_STOP_MS
    const asked = this.#server.request(id, 'replica.stop', null, { timeoutMs })
    const heard = asked.then(
      () => true,
      () => false,
    )
    // One that is dead already does not answer, and need not.
    if (await Promise.race([exited.then(() => true), heard])) {
      const late = this.#clock.after(REPLICA_STOP_MS, () => void replica.process.end())
      await exited
      late.cancel()
    } else await replica.process.end()
    await replica.gone
  }

  async stopService(service: string): Promise<void> {
    const ids = [...this.#all.values()].filter((r) => r.spec.service === service)
    await Promise.all(ids.map((r) => this.stop(r.spec.replica)))
  }

  /** What each state of a replica's elements holds now. */
  async held(id: ReplicaId): Promise<StateHeld[]> {
    const status = await this.#server.request(id, 'replica.status', null)
    const { state } = status as { readonly state: readonly StateHeld[] }
    return state.map(({ element, state: name, size }) => ({ element, state: name, size }))
  }

  alive(id: ReplicaId): boolean {
    return this.#all.get(id)?.process.alive() === true
  }

  info(id: ReplicaId): ReplicaInfo | null {
    const replica = this.#all.get(id)
    return replica === undefined ? null : this.#info(replica)
  }

  list(): ReplicaInfo[] {
    return [...this.#all.values()].map((r) => this.#info(r))
  }

  #make(version: string, spec: ReplicaSpec, from: Origin): Replica {
    const process_ = from.process.become(spec)
    let settle: (error: ClickUpError | null) => void = () => {}
    const ready = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === null ? resolve() : reject(error))
    })
    // Its failure is also seen by whoever awaits `start`; alone it must not count as unhandled.
    ready.catch(() => {})
    const gone = process_.exited.then((exit) => this.#onExit(spec.replica, exit))
    const replica: Replica = {
      spec,
      version,
      process: process_,
      from,
      start: null,
      ready,
      settle,
      state: 'starting',
      readyMs: 0,
      schemas: [],
      metricsPort: null,
      failure: null,
      beat: null,
      stopping: false,
      gone,
    }
    this.#all.set(spec.replica, replica)
    const late = this.#clock.after(REPLICA_START_MS, () =>
      settle(
        new ClickUpError(
          'INTERNAL',
          `${spec.replica} was not ready within ${REPLICA_START_MS} ms`,
          `see \`click-up logs ${spec.service}\``,
        ),
      ),
    )
    void ready.then(late.cancel, late.cancel)
    this.#log.info('replica_started', { replica: spec.replica, version, pid: process_.pid })
    return replica
  }

  #onReady(message: ReplicaReady): void {
    const replica = this.#of(message.replica)
    if (replica.state !== 'starting') return
    replica.state = 'ready'
    replica.schemas = message.schemas
    const { begunMs } = replica.spec
    replica.readyMs = begunMs === undefined ? message.readyMs : round(machineMs() - begunMs)
    replica.start = startOf(replica.from, message, replica.readyMs)
    replica.metricsPort = message.metricsPort ?? null
    replica.settle(null)
    const { spare, phases = [] } = replica.start
    const steps = Object.fromEntries(phases.map(({ step, ms }) => [step, ms]))
    const { readyMs } = replica
    this.#log.info('replica_ready', { replica: message.replica, readyMs, spare, ...steps })
  }

  #onFailed(message: ReplicaFailed): void {
    const replica = this.#of(message.replica)
    replica.state = 'failed'
    replica.failure = message.message
    const code = (message.code in ERROR_CODES ? message.code : 'INTERNAL') as ErrorCode
    replica.settle(new ClickUpError(code, message.message, message.hint, message.findings))
    this.#log.warn('replica_failed', { replica: message.replica, code, message: message.message })
    // It is about to go by itself; one that hangs on the way would be taken for a running one.
    this.#clock.after(REPLICA_STOP_MS, () => {
      if (this.#all.get(message.replica) === replica) void replica.process.end()
    })
  }

  async #onExit(
    id: ReplicaId,
    exit: { code: number | null; signal: string | null },
  ): Promise<void> {
    const replica = this.#of(id)
    // Its last word may be on its way still: the exit comes by another road, and overtakes it.
    if (replica.state === 'starting')
      await Promise.race([replica.ready.catch(() => {}), this.#clock.sleep(LAST_WORD_MS)])
    const how = exit.signal ?? `status ${exit.code}`
    replica.settle(
      new ClickUpError(
        'INTERNAL',
        `${id} ended (${how}) before it was ready`,
        `see \`click-up logs ${replica.spec.service}\``,
      ),
    )
    const { service } = replica.spec
    const { failure, stopping: expected } = replica
    // Its ports are still there for a while: whoever asks meanwhile must not take it for a live one.
    if (!expected) replica.state = 'failed'
    this.#log[expected ? 'info' : 'warn']('replica_exit', { replica: id, ...exit, expected })
    try {
      await this.#hooks.onExit({ replica: id, service, ...exit, expected, failure })
    } finally {
      this.#all.delete(id)
      this.#files.forget(id)
    }
  }

  #of(id: ReplicaId): Replica {
    const replica = this.#all.get(id)
    if (replica === undefined)
      throw new ClickUpError(
        'NOT_FOUND',
        `no replica '${id}' was started by this agent`,
        'it has ended, or an earlier agent started it: look at `click-up status`',
      )
    return replica
  }

  #info(r: Replica): ReplicaInfo {
    const { replica, service } = r.spec
    const { version, state, readyMs, schemas, metricsPort, beat } = r
    const { pid } = r.process
    const start = r.start === null ? {} : { start: r.start }
    return { replica, service, version, state, pid, readyMs, ...start, schemas, metricsPort, beat }
  }
}

/** The replica's own account, with the way of its word to the agent in the last phase. */
function startOf(from: Origin, { start }: ReplicaReady, readyMs: number): ReplicaStart {
  const own = start ?? []
  const rest = readyMs - own.reduce((sum, { ms }) => sum + ms, 0)
  const phases = own.map(({ step, ms }, i) =>
    i === own.length - 1 ? { step, ms: round(Math.max(0, ms + rest)) } : { step, ms },
  )
  return { spare: from.spare, interfaces_ms: round(from.interfacesMs), phases }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
