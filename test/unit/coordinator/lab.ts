// A small world of real processes for tests: a coordinator, an agent (with fakes for packets), and
// a client that asks as the CLI does. Everything is ended with the test, however it ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import { realClock } from '../../../lib/clock.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { REQUEST_TIMEOUT_MS } from '../../../lib/limits.ts'
import type {
  ReplicaInfo,
  ServiceSettings,
  ServiceStatus,
  Status,
  Upgraded,
} from '../../../lib/wire/messages.ts'
import type { Client } from '../../../lib/wire/transport.ts'
import { connectClient } from '../../../lib/wire/zeromq.ts'

const built = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export interface Proc {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exited: Promise<{ code: number | null; signal: string | null }>
}

export class Lab {
  readonly dir = mkdtempSync(join(tmpdir(), 'cu-'))
  readonly endpoint = `ipc://${this.dir}/c.sock`
  readonly #procs: Proc[] = []
  readonly #clients: Client[] = []
  #names = 0

  constructor(t: ExecutionContext) {
    t.teardown(() => this.#end())
  }

  run(script: string, args: readonly string[], env: Record<string, string> = {}): Proc {
    const child = spawn(process.execPath, [built(script), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (data: Buffer) => {
      output += data
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal })),
    )
    const proc = { child, output: () => output, exited }
    this.#procs.push(proc)
    return proc
  }

  async coordinator(env: Record<string, string> = {}, store = 'store'): Promise<Proc> {
    const options = ['--dir', this.dir, '--coordinator', this.endpoint]
    const args = ['coordinator', '--store', join(this.dir, store), ...options]
    const proc = this.run('cli/main.js', args, env)
    await until(() => proc.output().includes('ready at') || proc.child.exitCode !== null)
    return proc
  }

  async agent(host = 'h', dir = 'agent', env: Record<string, string> = {}): Promise<Proc> {
    const args = [join(this.dir, dir), this.endpoint, host]
    const proc = this.run('test/unit/agent/fake-agent.js', args, env)
    await until(() => proc.output().includes('"ready"') || proc.child.exitCode !== null)
    return proc
  }

  client(name = `cli:test${this.#names++}`): Client {
    const client = connectClient(this.endpoint, name)
    this.#clients.push(client)
    return client
  }

  async deploy(client: Client, config = 'v1', service = 'nat') {
    const { version, bytes } = await artifactOf(config)
    const body = { settings: settings(service), version, artifact: bytes }
    return (await client.request('service.deploy', body)) as { replica: string; version: string }
  }

  async upgrade(
    client: Client,
    config: string,
    events: unknown[] = [],
    timeoutMs = REQUEST_TIMEOUT_MS,
    inPlace = false,
  ): Promise<Upgraded> {
    const { version, bytes } = await artifactOf(config)
    const body = {
      service: 'nat',
      version,
      artifact: bytes,
      settings: settings('nat'),
      map: { old: 'new' },
      discard: ['gone'],
      inPlace,
    }
    const onProgress = (event: unknown) => events.push(event)
    return (await client.request('service.upgrade', body, { onProgress, timeoutMs })) as Upgraded
  }

  async service(client: Client, name = 'nat'): Promise<ServiceStatus> {
    const status = (await client.request('status', null)) as Status
    return status.services.find((s) => s.service === name)!
  }

  /** Waits until the agent is known to the coordinator. */
  async agentKnown(client: Client): Promise<void> {
    await until(async () => ((await client.request('status', null)) as Status).agents.length > 0)
  }

  /** Waits until exactly one replica is there, ready, and the owner; returns it. */
  async settled(client: Client): Promise<ReplicaInfo> {
    let found: ReplicaInfo | null = null
    let s: ServiceStatus | null = null
    await until(
      async () => {
        s = await this.service(client)
        const [only, ...others] = s.replicas
        found = only ?? null
        return (
          others.length === 0 &&
          only?.state === 'ready' &&
          only.replica === s.owner &&
          s.state === 'running' &&
          alive(only.pid)
        )
      },
      () => `it is ${JSON.stringify(s)}`,
    )
    return found!
  }

  async #end(): Promise<void> {
    await Promise.all(this.#clients.map((c) => c.close()))
    // Agents first and politely: they end their replicas.
    for (const { child } of this.#procs) if (child.exitCode === null) child.kill('SIGTERM')
    for (const proc of this.#procs) {
      const late = realClock.after(5_000, () => proc.child.kill('SIGKILL'))
      await proc.exited
      late.cancel()
    }
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export function settings(service: string, over: Partial<ServiceSettings> = {}): ServiceSettings {
  const port = { key: 'flow' as const, listen: 1, peer: 2 }
  const ports = [
    { name: 'inside', interface: 'in0', ...port },
    { name: 'outside', interface: 'out0', ...port },
  ]
  return { service, bucketsLog2: 6, driver: 'auto', ports, ...over }
}

export function artifactOf(config: string) {
  return buildArtifact({ config, configName: 'x.click', elements: null })
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string = () => '',
): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (await condition()) return
    await realClock.sleep(10)
  }
  throw new Error(`waited for 10 s in vain ${what()}`)
}

export async function errorOf(promise: Promise<unknown>): Promise<ClickUpError> {
  try {
    await promise
  } catch (cause) {
    if (cause instanceof ClickUpError) return cause
    throw cause
  }
  throw new Error('was expected to fail')
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
