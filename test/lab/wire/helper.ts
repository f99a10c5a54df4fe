// Starts a helper (generator.c, sink.c) and talks to it: a command is a line on its standard input,
// an answer a line of JSON. Its input's end stops it, so none outlives this process.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { xdpLacks } from '../../../dataplane/io/open.ts'
import { nativeFile } from '../../../dataplane/native/native.ts'
import { rootSkip } from '../netns.ts'

/** What this machine lacks for the generator and the sink; null: nothing. */
export function wireLacks(): string | null {
  const lacks = rootSkip() ?? xdpLacks()
  if (lacks !== null) return lacks
  return existsSync(nativeFile('wire/wire-generator.bpf.o')) ? null : 'libbpf-dev and clang'
}

export type HelperOptions = Readonly<Record<string, string | number | undefined>>

interface Waiting<T> {
  resolve(answer: T): void
  reject(error: Error): void
}

/** A running helper; T is what its answers say. */
export class Helper<T> {
  /** The last answer before it ended. Rejects where it failed. */
  readonly finished: Promise<T>
  readonly pid: number
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #waiting: Waiting<T>[] = []
  #last: T | null = null
  #rest = ''
  #errors = ''

  /** Resolves when the helper is at work. */
  static async start<T>(name: string, options: HelperOptions): Promise<Helper<T>> {
    const helper = new Helper<T>(name, options)
    await helper.#answer()
    return helper
  }

  private constructor(name: string, options: HelperOptions) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    const args = given.map(([key, value]) => `${key}=${value}`)
    this.#child = spawn(nativeFile(`wire/${name}`), args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.pid = this.#child.pid ?? -1
    this.#child.stdin.on('error', () => {}) // it has ended: `finished` says how
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    this.finished = this.#ended(name)
    this.finished.catch(() => {}) // also told to whoever waits for an answer
  }

  /** Sends a command and waits for the answer; the last one where the helper ends meanwhile. */
  ask(command: string): Promise<T> {
    if (this.#child.exitCode !== null) return this.finished
    this.#child.stdin.write(`${command}\n`)
    return this.#answer()
  }

  stop(): Promise<T> {
    this.#child.stdin.end()
    return this.finished
  }

  #answer(): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const answer = JSON.parse(line) as T
      this.#last = answer
      this.#waiting.shift()?.resolve(answer)
    }
  }

  async #ended(name: string): Promise<T> {
    const code = await new Promise<number | string>((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'))
    }).catch((error: Error) => error.message)
    const last = this.#last
    const waiting = this.#waiting.splice(0)
    if (code === 0 && last !== null) {
      for (const { resolve } of waiting) resolve(last)
      return last
    }
    const error = new Error(`${name} ended with ${code}: ${this.#errors.slice(-2000).trim()}`)
    for (const { reject } of waiting) reject(error)
    throw error
  }
}
