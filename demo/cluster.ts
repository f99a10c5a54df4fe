// One host's worth of CLICK-UP as real processes: a coordinator, a node-agent, and the command line
// that an operator would use. Used by the demo and by the end-to-end tests.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const START_MS = 15_000
const STOP_MS = 10_000

/** Starts a program where the host's interfaces are. */
export type StartOnHost = (
  command: string,
  args: string[],
  options: Parameters<typeof spawn>[2],
) => ChildProcess

export interface CommandResult {
  readonly code: number
  /** Every line of standard output that is a JSON document. */
  readonly events: Record<string, unknown>[]
  readonly stderr: string
}

export class Cluster {
  readonly dir: string
  readonly #startOnHost: StartOnHost
  readonly #processes = new Map<'coordinator' | 'agent', ChildProcess>()

  /** @param startOnHost how to start a program in the host's network namespace */
  constructor(startOnHost: StartOnHost, options: { dir?: string } = {}) {
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), 'click-up-'))
    mkdirSync(this.dir, { recursive: true })
    this.#startOnHost = startOnHost
  }

  /** Starts a process of the cluster and waits until it says that it is ready. */
  async start(
    role: 'coordinator' | 'agent',
    env: Record<string, string> = {},
    more: readonly string[] = [],
  ): Promise<void> {
    const log = openSync(join(this.dir, `${role}.log`), 'a')
    const host = role === 'agent' ? ['--host', 'h1'] : []
    const child = this.#startOnHost(
      process.execPath,
      [CLI, role, '--dir', this.dir, '--json', ...host, ...more],
      { stdio: ['ignore', 'pipe', log], env: { ...process.env, ...env } },
    )
    closeSync(log) // the child has its own
    this.#processes.set(role, child)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${role} is not ready after ${START_MS} ms`)),
        START_MS,
      )
      child.once('error', (cause) => {
        clearTimeout(timer)
        reject(cause)
      })
      child.once('exit', (code, signal) => {
        clearTimeout(timer)
        reject(new Error(`${role} ended with ${signal ?? code}:\n${this.log(role)}`))
      })
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (!line.includes('"ready"')) return
        clearTimeout(timer)
        resolve()
      })
    })
  }

  process(role: 'coordinator' | 'agent'): ChildProcess {
    const child = this.#processes.get(role)
    if (child === undefined) throw new Error(`${role} was not started`)
    return child
  }

  log(role: 'coordinator' | 'agent'): string {
    return readFileSync(join(this.dir, `${role}.log`), 'utf8').slice(-4000)
  }

  /** Runs `click-up COMMAND --json …`; `onEvent` sees each line of its output as it comes. */
  async run(
    args: string[],
    onEvent: (event: Record<string, unknown>) => void = () => {},
  ): Promise<CommandResult> {
    const [command, ...rest] = args
    const child = spawn(process.execPath, [CLI, command!, '--dir', this.dir, '--json', ...rest], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const events: Record<string, unknown>[] = []
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        const event = JSON.parse(line) as Record<string, unknown>
        events.push(event)
        onEvent(event)
      } catch {
        stderr += `${line}\n`
      }
    })
    const code = await new Promise<number>((resolve) => {
      child.once('close', (c) => resolve(c ?? -1))
    })
    return { code, events, stderr }
  }

  async stop(): Promise<void> {
    for (const role of ['agent', 'coordinator'] as const) {
      const child = this.#processes.get(role)
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
        child.once('exit', () => {
          clearTimeout(timer)
          resolve()
        })
        child.kill('SIGTERM')
      })
    }
    rmSync(this.dir, { recursive: true, force: true })
  }
}
