// A traffic program seen from outside: it prints lines and takes commands on standard input.

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export const READY_MS = 15_000
export const FINISH_MS = 10_000

interface Waiting {
  readonly match: (line: string) => boolean
  readonly resolve: (line: string) => void
  readonly reject: (why: string) => void
}

/** A program that prints lines and takes commands on standard input. */
export class Peer {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #lines: string[] = []
  readonly #waiting: Waiting[] = []
  #ended: string | null = null

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const index = this.#waiting.findIndex((w) => w.match(line))
      if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(line)
      else this.#lines.push(line)
    })
    child.stdin?.on('error', () => {})
    child.once('error', (cause) => this.#end(cause.message))
    // `close`: after its last line was read.
    child.once('close', (code, signal) => this.#end(`ended with ${signal ?? code}`))
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async hear(match: (line: string) => boolean, timeoutMs: number, what: string): Promise<string> {
    const index = this.#lines.findIndex(match)
    if (index >= 0) return this.#lines.splice(index, 1)[0]!
    const missed = (why: string) => new Error(`traffic: ${this.#name}: no '${what}': ${why}`)
    if (this.#ended !== null) throw missed(this.#ended)
    return await new Promise((resolve, reject) => {
      const late = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(missed(`nothing came in ${timeoutMs} ms`))
      }
      const timer = setTimeout(late, timeoutMs)
      const waiting: Waiting = {
        match,
        resolve: (line) => {
          clearTimeout(timer)
          resolve(line)
        },
        reject: (why) => {
          clearTimeout(timer)
          reject(missed(why))
        },
      }
      this.#waiting.push(waiting)
    })
  }

  #end(why: string): void {
    this.#ended ??= why
    for (const { reject } of this.#waiting.splice(0)) reject(why)
  }

  async word(word: string, timeoutMs: number): Promise<void> {
    await this.hear((line) => line === word, timeoutMs, word)
  }

  async report<T>(): Promise<T> {
    this.say('finish')
    return JSON.parse(await this.hear((line) => line.startsWith('{'), FINISH_MS, 'its report')) as T
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
