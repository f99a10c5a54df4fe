// A traffic program seen from outside: it prints lines and takes commands on standard input.

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export const READY_MS = 15_000
export const FINISH_MS = 10_000

/** A program that prints lines and takes commands on standard input. */
export class Peer {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #lines: string[] = []
  readonly #waiting: { match: (line: string) => boolean; resolve: (line: string) => void }[] = []

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const index = this.#waiting.findIndex((w) => w.match(line))
      if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(line)
      else this.#lines.push(line)
    })
    child.stdin?.on('error', () => {})
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async hear(match: (line: string) => boolean, timeoutMs: number, what: string): Promise<string> {
    const index = this.#lines.findIndex(match)
    if (index >= 0) return this.#lines.splice(index, 1)[0]!
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`traffic: ${this.#name} did not say '${what}' in ${timeoutMs} ms`)),
        timeoutMs,
      )
      this.#waiting.push({
        match,
        resolve: (line) => {
          clearTimeout(timer)
          resolve(line)
        },
      })
    })
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
