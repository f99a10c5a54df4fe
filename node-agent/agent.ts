// The agent of a host: does what the coordinator asks (attach, start, flip, stop), passes messages
// of moves on between the coordinator and the replicas, and says what runs here. It decides nothing
// about ownership. While the coordinator is away everything goes on as it is; on each connection it
// says hello with what runs, so that a coordinator that was started again knows.

import { existsSync } from 'node:fs'
import { artifactPath, storeArtifact } from '../lib/artifact.ts'
import { type Clock, machineMs } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { failpoint } from '../lib/failpoint.ts'
import { BEAT_MS, FRAME_SIZE, LOG_LINES_MAX, POOL_FRAMES } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import { asClickUpError } from '../lib/wire/desk.ts'
import type {
  AgentExit,
  AgentFlip,
  AgentHandler,
  AgentHello,
  AgentLogs,
  AgentReplicaHeld,
  AgentReplicaMove,
  AgentReplicaStart,
  AgentReplicaStop,
  AgentServiceAttach,
  AgentServiceDetach,
  DriverChoice,
  FlipAnswer,
  HostId,
  ReplicaId,
  ReplicaInfo,
  ServiceInfo,
  ServiceSettings,
} from '../lib/wire/messages.ts'
import { PREPARE } from '../lib/wire/messages.ts'
import type { AgentReplicaUpgrade } from '../lib/wire/messages-in-place.ts'
import type { Client, Server } from '../lib/wire/transport.ts'
import { Expedited } from './expedited.ts'
import { applyFlip, ownerRanges, primaryOf, refuseFlip, replicaNumber } from './flip.ts'
import { once } from './once.ts'
import { interfaceOf } from './ports.ts'
import type { RunFiles } from './processes.ts'
import { type BlankProcess, boundLog, lastLines, startBlank } from './processes.ts'
import { Replicas } from './replicas.ts'
import { Spares } from './spares.ts'
import { notAttached } from './steering/ownership.ts'
import type { Steering } from './steering/steering.ts'

export interface OpenSteering {
  readonly steering: Steering
  /** Why this driver, for people. */
  readonly reason: string
}

export interface AgentParts {
  readonly host: HostId
  readonly files: RunFiles
  /** Where replicas connect to. */
  readonly server: Server
  readonly coordinator: Client
  /** The dataplane's entry. */
  readonly replicaMain: string
  /** Steering for a choice of driver; throws DRIVER. Each is opened once. */
  readonly openSteering: (choice: DriverChoice) => Promise<OpenSteering>
  /** Processes that are kept ready for new replicas. Default: none. */
  readonly spares?: number
  /** Replicas serve metrics, each on a free port. */
  readonly replicaMetrics: boolean
  /** The coordinator will not have this agent: another one of this host, another protocol. */
  readonly onRefused: (error: ClickUpError) => void
  readonly clock: Clock
  readonly log: Log
}

interface Service {
  readonly settings: ServiceSettings
  readonly steering: Steering
  readonly reason: string
}

export class Agent {
  /** For `status`: where its metrics are, once they are served. */
  metricsPort: number | null = null
  readonly #parts: AgentParts
  readonly #replicas: Replicas
  readonly #spares: Spares
  readonly #expedited: Expedited
  readonly #services = new Map<string, Service>()
  /** Under way, by replica and by service: a repetition of a request waits for the first. */
  readonly #starting = new Map<ReplicaId, Promise<ReplicaInfo>>()
  readonly #attaching = new Map<string, Promise<ServiceInfo>>()
  readonly #steerings = new Map<DriverChoice, Promise<OpenSteering>>()
  #beat: { cancel(): void } | null = null
  #closed = false

  constructor(parts: AgentParts) {
    this.#parts = parts
    const { files, server, coordinator, clock, log } = parts
    const onEvent = (event: unknown) => this.#tell('agent.event', event)
    const onExit = (exit: AgentExit) => this.#onExit(exit)
    this.#replicas = new Replicas(files, server, { onEvent, onExit }, clock, log)
    const start = (number: number) => this.#startBlank(files.spareLog(number), null)
    this.#expedited = new Expedited(files.expedited)
    this.#spares = new Spares({ count: parts.spares ?? 0, start, clock, log })
    const on = <T>(kind: string, handler: (body: T) => unknown) =>
      coordinator.handle(kind, (body) => handler(body as T))
    on<AgentServiceAttach>('agent.serviceAttach', (m) =>
      once(this.#attaching, m.settings.service, () => this.#attach(m)),
    )
    on<AgentServiceDetach>('agent.serviceDetach', (m) => this.#detach(m.service))
    on<null>('agent.ping', () => process.pid)
    on<null>('agent.inventory', () => this.#inventory())
    on<AgentReplicaStart>('agent.replicaStart', (m) =>
      once(this.#starting, m.replica, () => this.#quickly(m.replica, () => this.#start(m))),
    )
    on<AgentReplicaUpgrade>('agent.replicaUpgrade', async ({ replica, ...wanted }) =>
      this.#replicas.upgrade(replica, {
        ...wanted,
        artifact: await this.#artifact(wanted.version),
      }),
    )
    on<AgentReplicaStop>('agent.replicaStop', (m) =>
      this.#quickly(m.replica, () => this.#replicas.stop(m.replica)),
    )
    on<AgentReplicaMove>('agent.replicaMove', (m) => this.#passOn(m))
    on<AgentFlip>('agent.flip', (m) => this.#flip(m))
    on<AgentHandler>('agent.handler', ({ replica, path, value }) =>
      server.request(replica, 'replica.handler', { path, value }),
    )
    on<AgentReplicaHeld>('agent.replicaHeld', (m) => this.#replicas.held(m.replica))
    on<AgentLogs>('agent.logs', (m) =>
      lastLines(files, m.replica, Math.min(m.lines, LOG_LINES_MAX)),
    )
    this.#keepBeating()
  }

  /** Says what runs here: on every connection. */
  async hello(): Promise<void> {
    try {
      await this.#parts.coordinator.request('agent.hello', this.#inventory())
    } catch (cause) {
      if (this.#closed) return
      const error = asClickUpError(cause)
      this.#parts.log.warn('hello_failed', { error })
      // Not answered: the coordinator went away again, and the next connection says hello again.
      if (error.code === 'RUNNING' || error.code === 'PROTOCOL') this.#parts.onRefused(error)
    }
  }

  /** Stops every replica, then takes steering, namespaces and veths down. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#beat?.cancel()
    const stopAll = () =>
      Promise.all(this.#replicas.list().map((r) => this.#replicas.stop(r.replica)))
    await stopAll()
    // One that was about to be started meanwhile is refused, or is there now.
    await Promise.allSettled(this.#starting.values())
    await Promise.all([stopAll(), this.#spares.close()])
    this.#parts.files.forgetSpares()
    for (const opened of this.#steerings.values()) {
      const result = await opened.catch(() => null)
      await result?.steering.close()
    }
    for (const service of this.#services.keys()) this.#parts.files.forgetService(service)
    this.#services.clear()
  }

  /**
   * Takes down what an agent that was killed left of its services: attaching removes it, whether the
   * coordinator still wants the service or not.
   */
  async cleanUp(): Promise<void> {
    for (const settings of this.#parts.files.notedServices()) {
      const { service } = settings
      try {
        await this.#attach({ settings, epoch: 0 })
        await this.#detach(service)
        this.#parts.log.warn('left_over_service', { service })
      } catch (error) {
        // An interface that has gone took its part along.
        this.#parts.log.warn('left_over_not_removed', { service, error })
        this.#parts.files.forgetService(service)
      }
    }
  }

  get services(): ServiceInfo[] {
    return [...this.#services.keys()].map((name) => this.#serviceInfo(name))
  }
  get replicas(): ReplicaInfo[] {
    return this.#replicas.list()
  }
  /** For metrics. */
  steeringOf(service: string): Steering | null {
    return this.#services.get(service)?.steering ?? null
  }

  async #attach({ settings }: AgentServiceAttach): Promise<ServiceInfo> {
    const { service } = settings
    const there = this.#services.get(service)
    // Left by a coordinator whose store is gone: a live service's settings do not change.
    if (there !== undefined && JSON.stringify(there.settings) !== JSON.stringify(settings))
      await this.#detach(service)
    if (!this.#services.has(service)) {
      const { steering, reason } = await this.#steering(settings.driver)
      const ports = settings.ports.map((port) => ({
        name: port.name,
        key: port.key,
        interface: interfaceOf(port, steering.driver, service),
      }))
      this.#refuseAtEnd()
      this.#parts.files.noteService(settings)
      try {
        await steering.attachService({ service, bucketsLog2: settings.bucketsLog2, ports })
      } catch (cause) {
        this.#parts.files.forgetService(service)
        throw cause
      }
      this.#services.set(service, { settings, steering, reason })
      this.#parts.log.info('service_attached', { service, driver: steering.driver, reason })
    }
    return this.#serviceInfo(service)
  }

  async #detach(service: string): Promise<void> {
    const found = this.#services.get(service)
    await this.#replicas.stopService(service)
    if (found === undefined) return
    await found.steering.detachService(service)
    this.#services.delete(service)
    this.#parts.files.forgetService(service)
    this.#parts.log.info('service_detached', { service })
  }

  async #start(message: AgentReplicaStart): Promise<ReplicaInfo> {
    const { replica, version, buckets } = message
    const { settings } = this.#service(message.service)
    const { files, host } = this.#parts
    const there = this.#replicas.info(replica)
    if (there !== null) return there
    let begunMs = machineMs()
    // A spare is taken when all that it needs is there; a process loads its code meanwhile.
    const early = this.#spares.ready ? null : this.#startBlank(files.log(replica), message.service)
    try {
      const { artifact, driverSpec, interfacesMs } = await this.#whatItNeeds(message)
      this.#refuseAtEnd()
      const spare = early === null ? this.#spares.take() : null
      if (spare !== null) begunMs = machineMs()
      const process_ = early ?? spare ?? this.#startBlank(files.log(replica), message.service)
      const from = { process: process_, spare: spare !== null, interfacesMs }
      return await this.#replicas.start(
        version,
        {
          replica,
          service: settings.service,
          host,
          agent: files.endpoint,
          artifact,
          driverSpec,
          ports: settings.ports.map(({ name, key }) => ({ name, key })),
          bucketsLog2: settings.bucketsLog2,
          buckets,
          stream: `ipc://${files.stream(replica)}`,
          metricsPort: this.#parts.replicaMetrics ? 0 : null,
          begunMs,
        },
        from,
      )
    } catch (cause) {
      early?.kill()
      throw cause
    } finally {
      this.#spares.refillLater()
    }
  }

  /** With expedited grace periods, where its driver's interfaces wait for some. */
  #quickly<T>(replica: ReplicaId, work: () => Promise<T>): Promise<T> {
    const steering = this.#services.get(replica.slice(0, replica.lastIndexOf('.')))?.steering
    const waits = steering !== undefined && steering.driver !== 'udp'
    return waits ? this.#expedited.during(work) : work()
  }

  /** Its artifact and its interfaces, at a time: both, or neither. */
  async #whatItNeeds({ replica, version, service }: AgentReplicaStart) {
    const { steering } = this.#service(service)
    const number = replicaNumber(replica)
    const attach = async () => {
      const begunMs = machineMs()
      const driverSpec = await steering.attachReplica(service, number)
      return { driverSpec, interfacesMs: machineMs() - begunMs }
    }
    const [artifact, links] = await Promise.allSettled([this.#artifact(version), attach()])
    if (links.status === 'rejected') throw links.reason
    if (artifact.status === 'fulfilled') return { artifact: artifact.value, ...links.value }
    await steering.detachReplica(service, number)
    throw artifact.reason
  }

  /** @param service whose replica it will be; null: not known yet */
  #startBlank(log: string, service: string | null): BlankProcess {
    const { replicaMain, files, clock } = this.#parts
    return startBlank(replicaMain, log, files, clock, this.#preparation(service))
  }

  /** What the process can have ready for its driver: xdp's memory and programs. */
  #preparation(service: string | null): Record<string, string> {
    const all = [...this.#services.values()]
    const meant = service === null ? all : all.filter((s) => s.settings.service === service)
    const xdp = meant.filter(({ steering }) => steering.driver === 'xdp')
    if (xdp.length === 0) return {}
    const programs = Math.max(...xdp.map(({ settings }) => settings.ports.length))
    return { [PREPARE]: `${POOL_FRAMES * FRAME_SIZE} ${programs}` }
  }

  async #flip({ service, flip }: AgentFlip): Promise<FlipAnswer> {
    const { steering } = this.#service(service)
    const { epoch: installed, owners } = steering.owners(service)
    const refusal = refuseFlip(flip, installed)
    const { epoch } = flip
    if (refusal !== null) return { result: 'failed', epoch, installed, ...refusal }
    // Dead, and its exit not heard of yet: packets would be steered to nobody until the way back.
    if (flip.fenceTo !== null && epoch > installed && !this.#replicas.alive(flip.owner)) {
      const message = `${flip.owner} has died`
      return { result: 'failed', epoch, installed, code: 'NOT_FOUND', message }
    }
    failpoint('agent.before_swap')
    try {
      const { swapUs } = await steering.flip({
        service,
        epoch,
        move: flip.move,
        owners: applyFlip(owners, flip),
        fenceTo: flip.fenceTo === null ? null : replicaNumber(flip.fenceTo),
      })
      failpoint('agent.after_fences')
      this.#parts.log.info('flipped', {
        service,
        move: flip.move,
        epoch,
        owner: flip.owner,
        swapUs,
      })
      return { result: 'flipped', epoch, swapUs }
    } catch (cause) {
      // In force after all: only a repetition can say more, so this is no certain failure.
      if (steering.owners(service).epoch === epoch || !(cause instanceof ClickUpError)) throw cause
      const { code, message } = cause
      this.#parts.log.warn('flip_failed', { service, move: flip.move, epoch, error: cause })
      return { result: 'failed', epoch, installed, code, message }
    }
  }

  #passOn({ replica, ...move }: AgentReplicaMove): Promise<void> {
    return this.#parts.server.notify(replica, 'replica.move', move)
  }

  async #onExit(exit: AgentExit): Promise<void> {
    // First of all: a move may wait for this.
    this.#tell('agent.exit', exit)
    const steering = this.#services.get(exit.service)?.steering
    try {
      await steering?.detachReplica(exit.service, replicaNumber(exit.replica))
    } catch (error) {
      this.#parts.log.warn('detach_failed', { replica: exit.replica, error })
    }
  }

  /** Path of a version's artifact; fetched from the coordinator the first time. */
  async #artifact(version: string): Promise<string> {
    const { files, coordinator } = this.#parts
    const path = artifactPath(files.artifacts, version)
    if (existsSync(path)) return path
    const bytes = await coordinator.request('artifact.get', { version })
    if (!(bytes instanceof Uint8Array))
      throw new ClickUpError(
        'PROTOCOL',
        `version ${version}: the coordinator sent no artifact`,
        'run the same release of click-up on both sides',
      )
    return storeArtifact(files.artifacts, { version, bytes })
  }

  async #steering(choice: DriverChoice): Promise<OpenSteering> {
    let opened = this.#steerings.get(choice)
    if (opened === undefined) {
      opened = this.#parts.openSteering(choice)
      this.#steerings.set(choice, opened)
      // What failed is tried anew the next time.
      opened.catch(() => this.#steerings.delete(choice))
    }
    return await opened
  }

  #service(name: string): Service {
    const service = this.#services.get(name)
    if (service === undefined) throw notAttached(name)
    return service
  }

  /** Nothing is begun any more that `close` would not see. */
  #refuseAtEnd(): void {
    if (this.#closed)
      throw new ClickUpError(
        'UNREACHABLE',
        'the agent is ending',
        'start it again: the coordinator then goes on by itself',
      )
  }

  #serviceInfo(service: string): ServiceInfo {
    const { steering, reason } = this.#service(service)
    const { epoch, owners } = steering.owners(service)
    return {
      service,
      driver: steering.driver,
      reason,
      epoch,
      owners: ownerRanges(service, owners),
      primary: primaryOf(service, owners),
      fault: steering.check(service)?.message ?? null,
    }
  }

  #inventory(): AgentHello {
    const { host } = this.#parts
    const { metricsPort, services, replicas } = this
    return { host, pid: process.pid, metricsPort, services, replicas }
  }

  #keepBeating(): void {
    this.#beat = this.#parts.clock.after(BEAT_MS, () => {
      for (const { replica } of this.replicas) boundLog(this.#parts.files.log(replica))
      if (this.#parts.coordinator.connected) this.#tell('agent.beat', this.#inventory())
      this.#keepBeating()
    })
  }

  /** A notice to the coordinator. One that cannot be queued is as good as lost: all may be repeated. */
  #tell(kind: string, body: unknown): void {
    this.#parts.coordinator.notify(kind, body).catch((error: unknown) => {
      if (!this.#closed) this.#parts.log.warn('notice_lost', { kind, error })
    })
  }
}
