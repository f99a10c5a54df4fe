// The packet loop's thread: builds the router of a version, then runs it turn by turn. Commands of
// the main thread arrive between turns; a move's work is done in slices, one a turn.

import { parentPort } from 'node:worker_threads'
import { keepCodeCache, type LoadedArtifact, loadArtifact } from '../lib/artifact-load.ts'
import { machineMs } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { AWAY, INCOMING, OWNED } from '../lib/move/gate.ts'
import { goFirst, goOrdinary, sessionFirst, sessionOrdinary } from '../lib/priority.ts'
import { STEER_KEYS, type SteerKey, type SteerKeyName, steerBucket } from '../lib/steer.ts'
import { buildRouter } from './build.ts'
import { machineClock } from './clock.ts'
import type {
  Failure,
  FromWorker,
  ToWorker,
  WorkerMarks,
  WorkerSetup,
  WorkerStatus,
} from './control.ts'
import type { AnyElement } from './element.ts'
import { PacketGate } from './gate.ts'
import type { Graph } from './graph.ts'
import type { Driver } from './io/device.ts'
import { openDriver } from './io/open.ts'
import { prepareXdp } from './io/xdp.ts'
import { loadGraph } from './load-graph.ts'
import { Loop } from './loop.ts'
import type { MoverSetup } from './mover.ts'
import type { Router } from './router.ts'
import { SourceMover } from './source-mover.ts'
import { StateStore } from './state.ts'
import type { TransferPlan } from './state-plan.ts'
import { FRAME_FRONT } from './stream-frame.ts'
import { TargetMover } from './target-mover.ts'
import { tuneEngine } from './tune.ts'
import { InPlaceUpgrades, rehearse } from './worker-upgrade.ts'

// Its start must not take time from the replica that it is to relieve.
goOrdinary()
const main = parentPort!

function send(message: FromWorker, transfer?: ArrayBuffer): void {
  main.postMessage(message, transfer === undefined ? [] : [transfer])
}

function failureOf(error: unknown): Failure {
  const e = error instanceof ClickUpError ? error : null
  return {
    code: e?.code ?? 'INTERNAL',
    message: e?.message ?? String((error as Error)?.stack ?? error),
    hint: e?.hint ?? '',
    findings: e?.findings ?? [],
  }
}

interface Replica {
  readonly marks: WorkerMarks
  readonly artifact: LoadedArtifact<AnyElement>
  readonly driver: Driver
  readonly store: StateStore
  readonly router: Router
  readonly gate: PacketGate
  readonly loop: Loop
  readonly source: SourceMover
  readonly target: TargetMover
  readonly upgrades: InPlaceUpgrades
}

async function build(setup: WorkerSetup): Promise<Replica> {
  const artifact = await loadArtifact<AnyElement>(setup.artifact)
  const loadedAt = machineMs()
  // What an artifact's configuration uses is in it: built-in classes are not looked for.
  const { flat, graph, errors } = await loadGraph(artifact, artifact.classes, { builtIn: false })
  if (graph === null)
    throw new ClickUpError(
      'CONFIG',
      `${artifact.configName} has errors`,
      'correct what is listed and try again',
      errors,
    )
  const resolvedAt = machineMs()
  const driver = openDriver(setup.driverSpec)
  const openedAt = machineMs()
  try {
    const parts = assemble(setup, graph, driver)
    const print = (line: string) => send({ type: 'print', line })
    const upgrades = new InPlaceUpgrades(parts, artifact, print)
    // The first upgrade's packets are not to wait for code to be compiled.
    if (process.env.CLICK_UP_CODE_CACHE === 'write') rehearse(parts, flat, graph, artifact.classes)
    const marks = {
      artifact: loadedAt,
      resolved: resolvedAt,
      driver: openedAt,
      router: machineMs(),
    }
    return { ...parts, artifact, marks, upgrades }
  } catch (error) {
    driver.close()
    throw error
  }
}

function assemble(setup: WorkerSetup, graph: Graph, driver: Driver) {
  const { bucketsLog2 } = setup
  const steerKeys = setup.steerKeys.map((name): SteerKey => STEER_KEYS[name as SteerKeyName])
  const time = { nowMs: machineClock.nowMs() }
  const store = new StateStore({ bucketsLog2, clock: time, pool: driver.pool, seed: setup.seed })
  let source: SourceMover | null = null
  const gate = new PacketGate(bucketsLog2, setup.owner, driver.pool, ({ move, epoch, port }) => {
    send({
      type: 'source',
      event: { on: 'fence', move, epoch, port },
      bytes: null,
      at: machineMs(),
    })
    source?.onFence(move, epoch, port)
  })
  const router = buildRouter(graph, {
    pool: driver.pool,
    ports: new Map(driver.ports.map((port) => [port.name, port])),
    store,
    clock: {
      nowMs: () => {
        time.nowMs = machineClock.nowMs()
        return time.nowMs
      },
      epochUs: machineClock.epochUs,
    },
    seed: setup.seed,
    print: (line) => send({ type: 'print', line }),
    gate,
    steerKeys,
  })
  const moverSetup: MoverSetup = {
    router,
    store,
    gate,
    send,
    clockMs: machineMs,
    front: FRAME_FRONT,
    steer: (p) => steerBucket(p.mem, p.off, p.end, steerKeys[p.port] ?? 0, bucketsLog2),
    flush: () => {
      for (const port of driver.ports) port.flush()
    },
  }
  const mover = new SourceMover(moverSetup)
  source = mover
  const target = new TargetMover(moverSetup)
  router.background = (worked) => {
    const more = mover.slice(worked)
    return target.slice() || more
  }
  const loop = new Loop(router, driver, machineClock)
  return { driver, store, router, time, gate, loop, source: mover, target }
}

/** Not before: while rows come, packets are the old owner's, and must not wait for this. */
function first(): void {
  goFirst()
  sessionFirst()
}

function afterwards(): void {
  goOrdinary()
  sessionOrdinary()
}

function onMessage(replica: Replica, message: ToWorker): void {
  const { router, source, target } = replica
  switch (message.type) {
    case 'first':
      first()
      break
    case 'activate':
      first()
      replica.gate.buckets.own([[0, replica.store.buckets]], true)
      router.activate()
      break
    case 'stop':
      router.stopNow()
      break
    case 'plan':
      source.plan(message.plan as TransferPlan)
      break
    case 'source':
      if (message.spares !== undefined) source.reuse(message.spares)
      source.command(message.move, message.command)
      // The new owner's packets go before what is left to do where no others are owned.
      if (message.command.type === 'forget' && replica.gate.buckets.count(OWNED) === 0) afterwards()
      if (message.command.type === 'own') first()
      break
    case 'target':
      target.command(message.move, message.command, message.bytes, message.length)
      // Who takes over from a dead source was not told to hold.
      if (message.command.type === 'release') first()
      break
    case 'handler':
      answer(message.id, () => {
        if (message.value === null) return router.readHandler(message.path)
        router.writeHandler(message.path, message.value)
        return ''
      })
      break
    case 'upgrade':
      replica.upgrades.run(message.upgrade).then(
        (value) => send({ type: 'answer', id: message.id, value }),
        (error) => send({ type: 'refused', id: message.id, failure: failureOf(error) }),
      )
      break
    case 'status':
      answer(message.id, () => statusOf(replica))
  }
  replica.loop.wake()
}

function answer(id: number, make: () => unknown): void {
  try {
    send({ type: 'answer', id, value: make() })
  } catch (error) {
    const known = error instanceof ClickUpError
    const failure = failureOf(error)
    // A handler that refuses a value says so with a plain Error: its message is for the person.
    send({
      type: 'refused',
      id,
      failure: known ? failure : { ...failure, message: (error as Error).message },
    })
  }
}

function statusOf(replica: Replica): WorkerStatus {
  const { driver, router, store, gate, upgrades } = replica
  return {
    active: router.active,
    driver: driver.name,
    ports: driver.ports.map((p) => ({ ...p.counters, name: p.name, where: p.where })),
    elements: router.instances.map((i) => ({
      name: i.name,
      className: i.spec.name,
      counters: { ...i.self.counters },
    })),
    state: store.sizes(),
    gate: { ...gate.counters },
    buckets: {
      owned: gate.buckets.count(OWNED),
      incoming: gate.buckets.count(INCOMING),
      away: gate.buckets.count(AWAY),
    },
    inPlace: { count: upgrades.count, pauseUs: upgrades.pauseUs },
    pool: {
      frames: driver.pool.frames,
      available: driver.pool.available,
      exhausted: driver.pool.exhausted,
    },
  }
}

/** Reports a port whose interface is gone, once. */
function watchFaults(driver: Driver): void {
  const reported = new Set<string>()
  const timer = setInterval(() => {
    for (const port of driver.ports) {
      if (port.fault === null || reported.has(port.name)) continue
      reported.add(port.name)
      send({ type: 'port_fault', port: port.name, failure: failureOf(port.fault) })
    }
  }, 200)
  timer.unref()
}

/** Where it cannot be done, who needs it says why. */
function prepareDriver(): void {
  try {
    prepareXdp()
  } catch {}
}

/** The setup; messages that come before the replica is there are kept for it. */
function awaitSetup(early: ToWorker[], take: (message: ToWorker) => boolean): Promise<WorkerSetup> {
  return new Promise((resolve) => {
    main.on('message', (message: ToWorker) => {
      if (message.type === 'build') resolve(message.setup)
      else if (message.type === 'prepare') prepareDriver()
      else if (!take(message)) early.push(message)
    })
    send({ type: 'loaded', at: machineMs() })
  })
}

async function run(): Promise<void> {
  const early: ToWorker[] = []
  let replica: Replica | null = null
  const setup = await awaitSetup(early, (message) => {
    if (replica !== null) onMessage(replica, message)
    return replica !== null
  })
  tuneEngine()
  replica = await build(setup)
  const { driver, store, router, loop, marks, artifact } = replica
  send({
    type: 'ready',
    schemas: store.schemas(),
    driver: driver.name,
    wakeFd: driver.wakeFd,
    marks,
  })
  for (const message of early) onMessage(replica, message)
  watchFaults(driver)
  if (!artifact.cached) keepCodeCache(setup.artifact, artifact.codeCache())
  await loop.run()
  router.close()
  driver.close()
}

run()
  .catch((error) => send({ type: 'failed', failure: failureOf(error) }))
  .finally(() => main.close())
