// What every command has: where things are, and a connection to the coordinator.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { ClickUpError } from '../lib/errors.ts'
import type { RequestOptions } from '../lib/wire/transport.ts'
import { connectClient } from '../lib/wire/zeromq.ts'

/** How long a command waits for a connection before it says that nobody is there. */
const CONNECT_MS = 2_000

export interface Context {
  readonly json: boolean
  readonly dir: string
  readonly store: string
  readonly endpoint: string
}

export function contextOf(command: Command): Context {
  const options = command.optsWithGlobals<{ dir?: string; coordinator?: string; json?: boolean }>()
  const dir = options.dir === undefined ? defaultDir() : resolve(options.dir)
  return {
    json: options.json === true,
    dir,
    store: options.dir === undefined ? defaultStore() : join(dir, 'store'),
    endpoint: options.coordinator ?? `ipc://${join(dir, 'coordinator.sock')}`,
  }
}

/** One request on a connection of its own. Throws UNREACHABLE where no coordinator is there. */
export async function ask<T>(
  context: Context,
  kind: string,
  body: unknown,
  options: RequestOptions = {},
): Promise<T> {
  let left = (_error: ClickUpError) => {}
  const gone = new Promise<never>((_resolve, reject) => {
    left = reject
  })
  gone.catch(() => {}) // heard of below, if it matters
  const client = connectClient(context.endpoint, `cli:${process.pid}`, {
    onDisconnect: () => left(wentAway(context.endpoint)),
  })
  try {
    await client.ready(CONNECT_MS).catch(() => {
      throw new ClickUpError(
        'UNREACHABLE',
        `no coordinator answers at ${context.endpoint}`,
        'nothing was asked of it; start one with: click-up coordinator',
      )
    })
    return (await Promise.race([client.request(kind, body, options), gone])) as T
  } finally {
    await client.close()
  }
}

/** One that is started again does not know the request: no need to wait until silence says so. */
function wentAway(endpoint: string): ClickUpError {
  return new ClickUpError(
    'UNREACHABLE',
    `the coordinator at ${endpoint} went away before it answered`,
    'the outcome is unknown: start it again, look at `click-up status`, repeat if needed',
  )
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function defaultDir(): string {
  if (isRoot()) return '/run/click-up'
  const base = process.env.XDG_RUNTIME_DIR
  return base === undefined || base === ''
    ? `/tmp/click-up-${process.getuid?.() ?? 0}`
    : join(base, 'click-up')
}

/** Survives a reboot, unlike the run directory. */
function defaultStore(): string {
  if (isRoot()) return '/var/lib/click-up'
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'click-up')
}
