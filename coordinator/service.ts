// One service: brings what is there to what is wanted (plan.ts), a step at a time, and carries out
// changes. One thing at a time: requests that find it at work on another are refused with CONFLICT;
// what happens by itself (an exit, a hello) waits its turn.

import assert from 'node:assert/strict'
import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { EVENTS_KEPT, REPLICA_START_MS, RESTART_PAUSE_MS_MAX } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import type {
  AgentExit,
  AgentReplicaStart,
  FlipAnswer,
  ReplicaEvent,
  ReplicaId,
  ReplicaInfo,
  ServiceEvent,
  ServiceInfo,
  ServiceStatus,
  StateHeld,
} from '../lib/wire/messages.ts'
import type { Agents } from './agents.ts'
import type { CoordinatorMetrics } from './metrics.ts'
import type { Move } from './move.ts'
import type { PlanAction } from './plan.ts'
import { plan } from './plan.ts'
import type { ServiceRecord, Store, Write } from './store.ts'
import { resume } from './upgrade.ts'

/** Rounds of planning without end are a defect; a service needs about six. */
const ROUNDS_MAX = 50
/** Pause after the first death or failure. */
const RESTART_PAUSE_MS = 50

export interface ServiceParts {
  readonly store: Store
  readonly agents: Agents
  readonly clock: Clock
  readonly log: Log
  readonly metrics: CoordinatorMetrics
  /** Nothing of the service is left, its record neither. */
  readonly onGone: (service: string) => void
}

export class Service {
  readonly name: string
  readonly parts: ServiceParts
  record: ServiceRecord
  /** The move under way, to which events of its replicas go. */
  move: Move | null = null
  /** What it is being changed to: shown, and the reason of a CONFLICT. */
  changing: string | null = null
  /** Its record is gone. */
  gone = false
  readonly #events: ServiceEvent[] = []
  #tail: Promise<unknown> = Promise.resolve()
  /** Deaths of owners that lived for less than RESTART_PAUSE_MS_MAX, and failed plans, in a row. */
  #deaths = 0
  #failures = 0
  #startedAt = Number.NEGATIVE_INFINITY
  #again: { cancel(): void } | null = null
  #closed = false

  constructor(record: ServiceRecord, parts: ServiceParts) {
    this.name = record.settings.service
    this.record = record
    this.parts = parts
  }

  /** Runs a person's change; CONFLICT where one is under way. */
  async change<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (this.changing !== null)
      throw new ClickUpError(
        'CONFLICT',
        `service '${this.name}' is busy: ${this.changing}`,
        'wait until it is done: click-up status --watch',
      )
    this.changing = what
    try {
      return await this.inTurn(run)
    } finally {
      this.changing = null
      // It failed half-way, with the store say: it is brought to its end like a predecessor's.
      if (this.record.change !== null) this.wake()
    }
  }

  /** Runs after everything that was begun before. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(run)
    this.#tail = result.catch(() => {})
    return result
  }

  /** Something has happened: plan, when there is time. Failures are tried again later. */
  wake(): void {
    void this.inTurn(async () => {
      if (this.#closed || this.gone) return
      if (!this.parts.agents.connected(this.record.host)) {
        this.#retry()
        return
      }
      try {
        if (this.record.change !== null) await this.#resume()
        await this.reconcile()
        this.#failures = 0
      } catch (error) {
        this.parts.log.warn('reconcile_failed', { service: this.name, error })
        this.note('failed', (error as Error).message)
        this.#retry()
      }
    })
  }

  /** Goes on with a change that has lost its runner: a predecessor's, or one that failed. */
  async #resume(): Promise<void> {
    const mine = this.changing === null
    if (mine) this.changing = 'being brought to an end'
    try {
      await resume(this)
    } finally {
      if (mine) this.changing = null
    }
  }

  /** Brings what is there to what is wanted. */
  async reconcile(): Promise<void> {
    const { agents } = this.parts
    const { host } = this.record
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await agents.refresh(host)
      const now = {
        attached: agents.service(host, this.name),
        replicas: agents.replicas(host, this.name),
      }
      const actions = plan(this.record, now)
      if (actions.length === 0) return
      for (const action of actions) {
        this.parts.log.info('plan', { service: this.name, ...action })
        await this.#act(action)
      }
      if (this.gone) return
    }
    assert.fail(`${this.name}: planning does not come to an end`)
  }

  async #act(action: PlanAction): Promise<void> {
    const { agents } = this.parts
    const { host, settings, epoch } = this.record
    const service = this.name
    switch (action.do) {
      case 'attach':
        await agents.request(host, 'agent.serviceAttach', { settings, epoch })
        break
      case 'start':
        await this.#startOwner(action.version, action.why)
        break
      case 'own':
        await this.#own(action.replica)
        break
      case 'stop':
        await this.stop(action.replica)
        break
      case 'detach':
        await agents.request(host, 'agent.serviceDetach', { service })
        break
      case 'forget': {
        const { versions } = this.record
        await this.commit([
          { remove: 'service', name: service },
          ...versions.map((version): Write => ({ remove: 'version', version })),
        ])
        this.gone = true
        this.close()
        this.parts.onGone(service)
      }
    }
  }

  /** Starts a replica that owns everything, empty, and makes it the owner. */
  async #startOwner(version: string, why: 'first' | 'owner_gone'): Promise<void> {
    const before = this.record.owner
    if (this.#deaths > 0) await this.parts.clock.sleep(pauseMs(this.#deaths))
    const replica = await this.takeNumber()
    this.#startedAt = this.parts.clock.now()
    const info = await this.start(replica, version, 'all')
    await this.save({ ...this.record, owner: { replica, version } })
    await this.#own(replica)
    if (why === 'owner_gone')
      this.note('restarted_empty', `${replica} took over from ${before?.replica}, with no state`)
    else this.note('started', `${replica} runs version ${version}, ready in ${info.readyMs} ms`)
  }

  /** A new epoch whose owner table says that the replica owns everything. */
  async #own(replica: ReplicaId): Promise<void> {
    const { settings, host } = this.record
    // Above what is in force: a store that was begun anew knows nothing of the epochs before.
    const inForce = Math.max(this.record.epoch, this.attached?.epoch ?? 0)
    await this.save({ ...this.record, epoch: inForce + 1 })
    const { epoch } = this.record
    const buckets = [[0, 2 ** settings.bucketsLog2]]
    const flip = {
      move: 0,
      epoch,
      expect: null,
      buckets,
      primary: true,
      owner: replica,
      fenceTo: null,
    }
    const body = { service: this.name, flip }
    const answer = (await this.parts.agents.request(host, 'agent.flip', body)) as FlipAnswer
    if (answer.result === 'failed')
      throw new ClickUpError(
        'MOVE_FAILED',
        `flip to ${replica}: ${answer.code} ${answer.message}`,
        'the coordinator tries again by itself: look at `click-up status`',
      )
  }

  /** A replica id that was never used; written down before it is. */
  async takeNumber(): Promise<ReplicaId> {
    const { nextReplica } = this.record
    await this.save({ ...this.record, nextReplica: nextReplica + 1 })
    return `${this.name}.${nextReplica}`
  }

  async start(
    replica: ReplicaId,
    version: string,
    buckets: AgentReplicaStart['buckets'],
  ): Promise<ReplicaInfo> {
    const body: AgentReplicaStart = { replica, service: this.name, version, buckets }
    const timeoutMs = REPLICA_START_MS
    const { agents } = this.parts
    const { host } = this.record
    return (await agents.request(host, 'agent.replicaStart', body, { timeoutMs })) as ReplicaInfo
  }

  /** What the states of a replica hold now. */
  async held(replica: ReplicaId): Promise<readonly StateHeld[]> {
    const { host } = this.record
    return (await this.parts.agents.request(host, 'agent.replicaHeld', { replica })) as StateHeld[]
  }

  async stop(replica: ReplicaId): Promise<void> {
    await this.parts.agents.request(this.record.host, 'agent.replicaStop', { replica })
  }

  async save(record: ServiceRecord, also: readonly Write[] = []): Promise<void> {
    await this.commit([{ put: 'service', record }, ...also])
    this.record = record
  }

  async commit(writes: readonly Write[]): Promise<void> {
    await this.parts.store.commit(writes)
  }

  onEvent(event: ReplicaEvent): void {
    const { move } = this
    if (move === null) return
    if (event.role === 'source' && event.replica === move.spec.source)
      move.feed({ on: 'source', msg: event.msg })
    else if (event.role === 'target' && event.replica === move.spec.target)
      move.feed({ on: 'target', msg: event.msg })
  }

  onExit(exit: AgentExit): void {
    if (!exit.expected) {
      const how = exit.failure ?? exit.signal ?? `status ${exit.code}`
      this.note('replica_died', `${exit.replica} died: ${how}`)
      this.parts.metrics.replicaDied({ service: this.name })
      const lived = this.parts.clock.now() - this.#startedAt
      this.#deaths = lived > RESTART_PAUSE_MS_MAX ? 1 : this.#deaths + 1
    }
    if (exit.replica === this.move?.spec.source) this.move.feed({ on: 'died', side: 'source' })
    if (exit.replica === this.move?.spec.target) this.move.feed({ on: 'died', side: 'target' })
    if (!exit.expected) this.wake()
  }

  /** The agent said what runs: whoever it does not name is dead. */
  onInventory(): void {
    if (this.move === null) return
    const { source, target } = this.move.spec
    const alive = this.parts.agents.replicas(this.record.host, this.name).map((r) => r.replica)
    if (!alive.includes(source)) this.move.feed({ on: 'died', side: 'source' })
    if (!alive.includes(target)) this.move.feed({ on: 'died', side: 'target' })
  }

  note(event: string, text: string): void {
    const time = new Date(this.parts.clock.wall()).toISOString()
    this.#events.push({ time, event, text })
    if (this.#events.length > EVENTS_KEPT) this.#events.shift()
    this.parts.log.info('service_event', { service: this.name, what: event, text })
  }

  /** What the agent last said of the service. */
  get attached(): ServiceInfo | null {
    return this.parts.agents.service(this.record.host, this.name)
  }

  status(): ServiceStatus {
    const { settings, host, owner, epoch, wanted, previous, versions, change } = this.record
    const { attached } = this
    const replicas = this.parts.agents.replicas(host, this.name)
    return {
      service: this.name,
      state: this.#stateWord(replicas),
      host,
      version: owner?.version ?? wanted,
      previous,
      versions,
      owner: owner?.replica ?? null,
      epoch,
      driver: attached?.driver ?? null,
      reason: attached?.reason ?? null,
      fault: attached?.fault ?? null,
      buckets: 2 ** settings.bucketsLog2,
      ports: settings.ports,
      replicas: replicas.map((r) => ({ ...r, schemas: [] })),
      change:
        change === null
          ? null
          : { version: change.version, step: this.move?.phases.at(-1)?.step ?? 'starting' },
      events: [...this.#events],
    }
  }

  close(): void {
    this.#closed = true
    this.#again?.cancel()
    this.move?.close()
  }

  #stateWord(replicas: readonly ReplicaInfo[]): ServiceStatus['state'] {
    const { record } = this
    if (!this.parts.agents.connected(record.host)) return 'away'
    if (record.wanted === null) return 'going'
    if (this.changing !== null || record.change !== null) return 'changing'
    const serving = replicas.some((r) => r.replica === record.owner?.replica && r.state === 'ready')
    return serving && this.attached?.fault === null ? 'running' : 'degraded'
  }

  #retry(): void {
    this.#failures++
    this.#again?.cancel()
    this.#again = this.parts.clock.after(pauseMs(this.#failures), () => this.wake())
  }
}

/** Doubled with every failure in a row. */
function pauseMs(failures: number): number {
  return Math.min(RESTART_PAUSE_MS * 2 ** Math.min(failures - 1, 20), RESTART_PAUSE_MS_MAX)
}
