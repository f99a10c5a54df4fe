// Two real dataplane processes for `make bench-stream`, and the little of an agent that they need:
// starts them, passes on the messages of a move, asks their handlers.

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { storeArtifact } from '../../../lib/artifact.ts'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { freePorts } from '../../../lib/free-ports.ts'
import { HOME } from '../../../lib/paths.ts'
import type {
  ReplicaEvent,
  ReplicaReady,
  ReplicaSpec,
  Schemas,
} from '../../../lib/wire/messages.ts'
import type { Server } from '../../../lib/wire/transport.ts'
import { bindServer } from '../../../lib/wire/zeromq.ts'

/** log2 of the number of buckets. */
export const BUCKETS_LOG2 = 10
const MAIN = fileURLToPath(new URL('dataplane/main.js', HOME))

export interface Started {
  readonly name: string
  readonly schemas: Schemas
  /** UDP port of its service port `inside`. */
  readonly port: number
  readonly child: ChildProcess
}

type Heard = (event: ReplicaEvent) => void

export class Replicas {
  readonly #server: Server
  readonly #dir: string
  readonly #started: Started[] = []
  readonly #ready = new Map<string, (r: ReplicaReady) => void>()
  readonly #heard = new Set<Heard>()

  static async create(dir: string): Promise<Replicas> {
    return new Replicas(dir, await bindServer(`ipc://${join(dir, 'agent')}`))
  }

  private constructor(dir: string, server: Server) {
    this.#dir = dir
    this.#server = server
    server.handle('replica.hello', () => null)
    server.handle('replica.beat', () => null)
    server.handle('replica.failed', (body) => {
      console.error(JSON.stringify(body))
      return null
    })
    server.handle('replica.ready', (body) => {
      const ready = body as ReplicaReady
      this.#ready.get(ready.replica)?.(ready)
      return null
    })
    server.handle('replica.event', (body) => {
      for (const heard of this.#heard) heard(body as ReplicaEvent)
      return null
    })
  }

  /** @param elements folder with the service's elements */
  async start(
    name: string,
    config: string,
    elements: URL,
    stream: string,
    owner: boolean,
  ): Promise<Started> {
    const artifact = await buildArtifact({
      config,
      configName: `${name}.click`,
      elements: fileURLToPath(elements),
    })
    const [listen, peer] = await freePorts(2)
    const spec: ReplicaSpec = {
      replica: name,
      service: 'bench',
      host: 'bench',
      agent: `ipc://${join(this.#dir, 'agent')}`,
      artifact: storeArtifact(this.#dir, artifact),
      driverSpec: {
        driver: 'udp',
        netns: null,
        frames: 16_384,
        ports: [{ name: 'inside', listen, peer }],
      },
      ports: [{ name: 'inside', key: 'flow' }],
      bucketsLog2: BUCKETS_LOG2,
      buckets: owner ? 'all' : 'none',
      stream,
      metricsPort: null,
    }
    const file = join(this.#dir, `${name}.json`)
    writeFileSync(file, JSON.stringify(spec))
    const ready = new Promise<ReplicaReady>((resolve) => this.#ready.set(name, resolve))
    const flags = process.env.REPLICA_FLAGS?.split(' ') ?? []
    const child = spawn(process.execPath, [...flags, MAIN, file], {
      stdio: ['ignore', 'ignore', process.env.VERBOSE === undefined ? 'ignore' : 'inherit'],
      // A session of its own, as from the agent: the kernel shares out time by session.
      detached: true,
    })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    const ended = new Promise<never>((_, reject) =>
      child.once('exit', (code) => reject(new Error(`${name} ended: ${code}`))),
    )
    ended.catch(() => {})
    const { schemas } = await Promise.race([ready, ended])
    const started = { name, schemas, port: listen!, child }
    this.#started.push(started)
    return started
  }

  /** Sends a move's message; errors of a connection that is not there yet are tried again by callers. */
  async move(to: Started, role: 'source' | 'target', msg: object): Promise<void> {
    await this.#server.notify(to.name, 'replica.move', { role, msg })
  }

  /** The first event that `take` makes something of. */
  hear<T>(take: (event: ReplicaEvent) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const heard: Heard = (event) => {
        if (event.msg.type === 'refused') reject(new Error(JSON.stringify(event.msg)))
        const taken = take(event)
        if (taken === undefined) return
        this.#heard.delete(heard)
        resolve(taken)
      }
      this.#heard.add(heard)
    })
  }

  async read(of: Started, path: string): Promise<string> {
    return (await this.#server.request(of.name, 'replica.handler', { path, value: null })) as string
  }

  async write(of: Started, path: string, value: string): Promise<void> {
    await this.#server.request(of.name, 'replica.handler', { path, value })
  }

  async stop(replicas: readonly Started[]): Promise<void> {
    for (const { child } of replicas) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 3_000)
      await gone
      clearTimeout(late)
    }
  }

  async close(): Promise<void> {
    await this.stop(this.#started)
    await this.#server.close()
  }
}

/** CPU time of each thread of a process in ms, by name and number. */
export function threadTimes(pid: number): Map<string, number> {
  const times = new Map<string, number>()
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8')
      const comm = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim()
      times.set(`${comm} ${tid}`, Number(stat.split(' ')[0]) / 1e6)
    } catch (error) {
      if (!(error instanceof Error)) throw new ClickUpError('INTERNAL', String(error), '')
    }
  }
  return times
}
