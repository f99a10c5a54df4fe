// The coordinator's process: takes the lock, opens the store, binds its socket. No logic of its own.

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { realClock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { takeLock } from '../lib/lock.ts'
import type { Log } from '../lib/log.ts'
import { makeLog } from '../lib/log.ts'
import { serveMetrics } from '../lib/metrics.ts'
import { Started } from '../lib/started.ts'
import { bindServer, checkEndpoint } from '../lib/wire/zeromq.ts'
import { Coordinator } from './coordinator.ts'
import { openStore } from './lmdb.ts'
import { coordinatorMetrics, serviceFamilies } from './metrics.ts'

export interface CoordinatorOptions {
  /** Directory of the store. */
  readonly dir: string
  readonly endpoint: string
  /** Port for /metrics on 127.0.0.1; null: none. */
  readonly metricsPort?: number | null
  readonly log?: Log
}

export interface RunningCoordinator {
  readonly endpoint: string
  close(): Promise<void>
}

/** Makes a directory, for nobody else to enter. Throws where it is there and another user's. */
function ownDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (statSync(dir).uid === process.getuid?.()) return
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ClickUpError('SYSCALL', `mkdir ${dir}: ${code}`, 'name another with --dir')
  }
  throw new ClickUpError('SYSCALL', `${dir} belongs to another user`, 'name another with --dir')
}

/** Throws RUNNING where a coordinator runs on this store already. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { dir, endpoint } = options
  checkEndpoint(endpoint)
  ownDir(dir)
  if (endpoint.startsWith('ipc://')) ownDir(dirname(endpoint.slice('ipc://'.length)))
  const started = new Started()
  try {
    // Before anything else: a second one must not even unlink the first one's socket.
    const lock = await takeLock(dir, 'coordinator')
    started.add(() => lock.release())
    const log = options.log ?? makeLog('coordinator')
    const store = openStore(dir)
    started.add(() => store.close())
    const server = await bindServer(endpoint, { log })
    started.add(() => server.close())
    const metrics = await coordinatorMetrics()
    const coordinator = new Coordinator(store, server, realClock, log, metrics)
    started.add(() => coordinator.close())
    const families = serviceFamilies(() => coordinator.status().services)
    const web = await serveMetrics(families, options.metricsPort ?? null, metrics.registry)
    started.add(() => web.close())
    coordinator.metricsPort = web.port
    log.info('coordinator_started', { endpoint, dir, services: store.services().length })
    started.add(async () => log.info('coordinator_stopped'))
    return { endpoint, close: () => started.close() }
  } catch (cause) {
    await started.close()
    throw cause
  }
}
