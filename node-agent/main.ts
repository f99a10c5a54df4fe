// The agent's process: makes the real clock, sockets and steering, starts the agent, and takes
// everything down again on SIGTERM or SIGINT. No logic of its own.

import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { realClock } from '../lib/clock.ts'
import type { ClickUpError } from '../lib/errors.ts'
import { SPARES_DEFAULT } from '../lib/limits.ts'
import { takeLock } from '../lib/lock.ts'
import type { Log } from '../lib/log.ts'
import { makeLog } from '../lib/log.ts'
import { serveMetrics } from '../lib/metrics.ts'
import { Started } from '../lib/started.ts'
import type { DriverChoice } from '../lib/wire/messages.ts'
import { bindServer, connectClient } from '../lib/wire/zeromq.ts'
import type { OpenSteering } from './agent.ts'
import { Agent } from './agent.ts'
import { agentMetrics } from './metrics.ts'
import { killLeftOvers, RunFiles } from './processes.ts'

export interface AgentOptions {
  /** Run directory of this agent. */
  readonly dir: string
  /** Coordinator's endpoint. */
  readonly coordinator: string
  readonly host?: string
  /** Port for /metrics on 127.0.0.1; null: none. */
  readonly metricsPort?: number | null
  /** Processes that are kept ready for new replicas. */
  readonly spares?: number
  /** The dataplane's entry; tests give one of their own. */
  readonly replicaMain?: string
  readonly openSteering?: (choice: DriverChoice) => Promise<OpenSteering>
  /** The coordinator will not have this agent; the caller closes it. */
  readonly onRefused?: (error: ClickUpError) => void
  readonly log?: Log
}

export interface RunningAgent {
  readonly host: string
  close(): Promise<void>
}

/** Throws RUNNING where an agent runs in this directory already. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const started = new Started()
  try {
    return await start(options, started)
  } catch (cause) {
    await started.close()
    throw cause
  }
}

async function start(options: AgentOptions, started: Started): Promise<RunningAgent> {
  const { dir, onRefused } = options
  const host = options.host ?? hostname()
  const log = options.log ?? makeLog('agent')
  const lock = await takeLock(dir, 'agent')
  started.add(() => lock.release())
  const files = new RunFiles(dir)
  files.forgetSpares()
  const killed = await killLeftOvers(files, realClock)
  if (killed.length > 0) log.warn('left_overs_killed', { replicas: killed })
  const server = await bindServer(files.endpoint, { log })
  started.add(() => server.close())
  let clean = false
  const coordinator = connectClient(options.coordinator, `agent:${host}:${process.pid}`, {
    log,
    onConnect: () => {
      if (clean) void agent.hello()
    },
    onDisconnect: () => log.warn('coordinator_away', { coordinator: options.coordinator }),
  })
  started.add(() => coordinator.close())
  const agent: Agent = new Agent({
    host,
    files,
    server,
    coordinator,
    replicaMain: options.replicaMain ?? dataplane(),
    spares: options.spares ?? SPARES_DEFAULT,
    openSteering: options.openSteering ?? openRealSteering,
    replicaMetrics: (options.metricsPort ?? null) !== null,
    onRefused: (error) => onRefused?.(error),
    clock: realClock,
    log,
  })
  started.add(() => agent.close())
  const metrics = await serveMetrics(agentMetrics(agent), options.metricsPort ?? null)
  started.add(() => metrics.close())
  agent.metricsPort = metrics.port
  await agent.cleanUp()
  log.info('agent_started', { host, dir, coordinator: options.coordinator })
  // Not before: the coordinator is to see what runs now, not what is being taken down.
  clean = true
  if (coordinator.connected) void agent.hello()
  return { host, close: () => started.close() }
}

/** In one file, where that was built (deploy/bundle.ts). */
function dataplane(): string {
  const bundled = fileURLToPath(new URL('../deploy/replica.cjs', import.meta.url))
  const there = existsSync(new URL('../deploy/runtime.json', import.meta.url))
  return there ? bundled : fileURLToPath(new URL('../dataplane/main.js', import.meta.url))
}

/** Loaded when first needed: it brings the native addon along. */
async function openRealSteering(choice: DriverChoice): Promise<OpenSteering> {
  const { openSteering } = await import('./steering/open.ts')
  return await openSteering(choice)
}
