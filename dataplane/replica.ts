// One replica of one version of a service. This thread talks: to the agent (control), to other
// replicas (state stream), to Prometheus. The packet loop runs in a worker.

import { machineMs, realClock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { BEAT_MS } from '../lib/limits.ts'
import { type Log, makeLog } from '../lib/log.ts'
import { serveMetrics } from '../lib/metrics.ts'
import { goFirst } from '../lib/priority.ts'
import type {
  ReplicaBeat,
  ReplicaEvent,
  ReplicaHandler,
  ReplicaHello,
  ReplicaId,
  ReplicaMove,
  ReplicaReady,
  ReplicaSpec,
  StartPhase,
} from '../lib/wire/messages.ts'
import { PROTOCOL_MAJOR } from '../lib/wire/messages.ts'
import type { ReplicaUpgrade } from '../lib/wire/messages-in-place.ts'
import type { Client, StreamServer } from '../lib/wire/transport.ts'
import { bindStream, connectClient, connectStream } from '../lib/wire/zeromq.ts'
import type { WorkerMarks } from './control.ts'
import type { DriverSpec } from './io/device.ts'
import type { MoveHostSetup } from './move-host.ts'
import { PacketLoop, type PacketWorker } from './packet-loop.ts'
import { replicaFamilies } from './replica-metrics.ts'
import { ReplicaUpgrades } from './replica-upgrade.ts'
import { SourceHost } from './source-host.ts'
import { TargetHost } from './target-host.ts'

/** How long the agent may take to answer a last word. */
const LAST_WORD_MS = 1_000

/** By machineMs: when the process's first line ran, and when it knew what it is. */
export interface Begun {
  readonly processAt: number
  readonly specAt: number
}

/**
 * Resolves when the replica is ready; it then goes on until it is told to stop.
 * @param worker one that builds the packet loop already
 */
export async function runReplica(
  spec: ReplicaSpec<DriverSpec>,
  worker: PacketWorker,
  { processAt, specAt }: Begun,
): Promise<void> {
  const { replica } = spec
  const log = makeLog('dataplane').with({ replica })
  const loop = new PacketLoop(worker, {
    onSource: (message) => source.onWorker(message),
    onSourceFailed: (move, failure) => source.onFailed(move, failure),
    onTarget: (message) => target.onWorker(message),
    onPrint: (line) => console.log(line),
    onPortFault: (port, error) => log.warn('port_fault', { port, error }),
    onExit: (error) => {
      if (error !== null) void fail(error)
    },
  })
  goFirst() // ZeroMQ's threads inherit it
  let ready: ReplicaReady | null = null
  let ending = false
  const client: Client = connectClient(spec.agent, replica, {
    log,
    onConnect: () => void greet(),
  })
  const greet = async () => {
    const hello: ReplicaHello = {
      replica,
      pid: process.pid,
      host: spec.host,
      protocol: PROTOCOL_MAJOR,
    }
    try {
      await client.request('replica.hello', hello)
      if (ready !== null) await client.notify('replica.ready', ready)
    } catch (error) {
      log.warn('hello_failed', { error })
      // Another protocol version will not get better by waiting; silence may.
      if (error instanceof ClickUpError && error.code === 'PROTOCOL') await end(1)
    }
  }

  const end = async (code: number) => {
    if (ending) return
    ending = true
    await loop.stop()
    source.close()
    await Promise.all([client.close(), stream?.close()])
    process.exit(code)
  }
  const fail = async (error: ClickUpError) => {
    if (ending) return
    log.warn('failed', { error })
    const { code, message, hint, findings } = error
    const word = { replica, code, message, hint, findings }
    // Asked for, not told: what is on its way when a process ends may be lost. Without an answer it
    // goes all the same: the exit says as much.
    await client
      .request('replica.failed', word, { timeoutMs: LAST_WORD_MS })
      .catch((e) => log.warn('word_lost', { error: e }))
    await end(1)
  }

  let stream: StreamServer | null = null
  const host: MoveHostSetup = {
    clock: realClock,
    log,
    endpoint: spec.stream,
    toWorker: (message, transfer) => loop.send(message, transfer),
    answer: (answer) => {
      const event: ReplicaEvent = { replica, ...answer }
      // Lost: the conductor asks again.
      client.notify('replica.event', event).catch((error) => log.warn('event_lost', { error }))
    },
    connect: (endpoint, name, onFrame) => connectStream(endpoint, `${replica}/${name}`, onFrame),
    sendBack: async (peer, frame) => await stream?.send(peer, frame),
  }
  const source = new SourceHost(host)
  const target = new TargetHost(host)

  client.handle('replica.move', (body) => {
    const move = body as ReplicaMove
    if (move.role === 'source') source.step({ on: 'message', msg: move.msg })
    else target.step({ on: 'message', msg: move.msg })
  })
  client.handle('replica.handler', async (body) => {
    const { path: handler, value } = body as ReplicaHandler
    if (value === null) return await loop.readHandler(handler)
    await loop.writeHandler(handler, value)
    return ''
  })
  const upgrades = new ReplicaUpgrades(loop)
  client.handle('replica.upgrade', async (body) => {
    const upgraded = await upgrades.run(body as ReplicaUpgrade)
    if (ready !== null) ready = { ...ready, schemas: upgraded.schemas }
    log.info('upgraded_in_place', { version: upgraded.version, ...upgraded.report })
    return upgraded
  })
  client.handle('replica.status', async () => await loop.status())
  client.handle('replica.activate', () => {
    loop.send({ type: 'activate' })
    return null
  })
  client.handle('replica.stop', () => {
    setImmediate(() => void end(0))
    return null
  })
  process.on('SIGTERM', () => void end(0))
  process.on('SIGINT', () => {}) // a terminal's ^C is the agent's to answer

  try {
    stream = await bindStream(spec.stream, (peer, frame) => target.onFrame(peer, frame))
    const { schemas, driver, marks } = await loop.ready
    const collect = async () => replicaFamilies(replica, await loop.status().catch(() => null))
    const metrics = await serveMetrics(collect, spec.metricsPort)
    const own = { process: processAt, spec: specAt, runtime: await worker.loadedAt }
    const start = phasesOf(spec.begunMs ?? processAt, { ...own, ...marks })
    const readyMs = start.reduce((sum, { ms }) => sum + ms, 0)
    const word: ReplicaReady = { replica, schemas, readyMs, metricsPort: metrics.port, start }
    ready = word
    if (spec.buckets === 'all') loop.send({ type: 'activate' })
    log.info('ready', { driver, ready_ms: Math.round(readyMs) })
    await client.notify('replica.ready', word)
  } catch (error) {
    if (!(error instanceof ClickUpError)) throw error
    await fail(error)
    return
  }
  void beatForever(replica, log, loop, client, () => ending)
}

/** The sign of life, with the packet loop's own figures: a loop that hangs does not beat. */
async function beatForever(
  replica: ReplicaId,
  log: Log,
  loop: PacketLoop,
  client: Client,
  ended: () => boolean,
): Promise<void> {
  for (let turns = 1; !ended(); turns++) {
    await realClock.sleep(BEAT_MS)
    try {
      const status = await loop.status()
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
      const beat: ReplicaBeat = {
        replica,
        turns,
        rxPackets: sum(status.ports.map((p) => p.rxPackets)),
        txPackets: sum(status.ports.map((p) => p.txPackets)),
        flows: sum(status.state.filter((s) => s.kind === 'table').map((s) => s.size)),
      }
      await client.notify('replica.beat', beat)
    } catch (error) {
      if (!ended()) log.warn('no_beat', { error })
    }
  }
}

/** Moments of a start by machineMs, in the order in which they come if nothing waits. */
interface StartMarks extends WorkerMarks {
  readonly process: number
  readonly runtime: number
  readonly spec: number
}

/**
 * How long each phase of a start took. What happens beside another phase takes no time of its own: a
 * mark counts from the latest one before it.
 */
export function phasesOf(begun: number, marks: StartMarks): StartPhase[] {
  const { process: spawned, runtime, spec, artifact, resolved, driver, router } = marks
  let last = begun
  const until = (mark: number) => {
    const ms = Math.max(0, mark - last)
    last = Math.max(last, mark)
    return Math.round(ms * 100) / 100
  }
  const phases = [
    { step: 'spawn', ms: until(spawned) },
    { step: 'runtime', ms: until(runtime) },
    { step: 'interfaces', ms: until(spec) },
    { step: 'artifact', ms: until(artifact) },
  ]
  const [read, open, build] = [until(resolved), until(driver), until(router)]
  phases.push({ step: 'graph', ms: Math.round((read + build) * 100) / 100 })
  phases.push({ step: 'driver', ms: open })
  phases.push({ step: 'ready', ms: until(machineMs()) })
  return phases
}
