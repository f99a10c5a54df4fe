// Readers whose packets are built from text or records: one draft, of which packets are copies. A
// record that stands for several packets makes them one by one, where that is asked for.

import type { Packet, Pool } from '../../dataplane/packet.ts'
import {
  extraLength,
  extraPackets,
  firstTimeUs,
  setExtraLength,
  setExtraPackets,
} from './anno-words.ts'
import { Draft, UDP, writeShort } from './summary-draft.ts'
import type { TraceFile } from './trace-file.ts'
import type { TraceReader } from './trace-source.ts'

export type Say = (problem: string) => void

export abstract class DraftReader implements TraceReader {
  recordPosition = 0
  readonly encap = 'IP'
  protected readonly file: TraceFile
  protected readonly draft = new Draft()
  protected lines = 0
  #complained = false
  readonly #multipacket: boolean
  /** Packets that the record in hand still makes, itself included. */
  #copies = 0
  /** What each of them has: its length, and how much later it is than the one before. */
  #eachLength = 0
  #eachUs = 0
  /** Bytes that the copies to come share. */
  #restLength = 0

  constructor(file: TraceFile, multipacket: boolean) {
    this.file = file
    this.#multipacket = multipacket
  }

  /** True: the draft has a packet; false: what was read makes none; null: the end. */
  protected abstract fill(say: Say): boolean | null

  get timeUs(): number {
    return this.draft.p.timeUs
  }

  get position(): number {
    return this.file.position
  }

  get size(): number | null {
    return this.file.size
  }

  get filename(): string {
    return this.file.filename
  }

  seek(): boolean {
    return false
  }

  advance(report: Say): boolean {
    if (this.#copies > 1) {
      this.#nextCopy()
      return true
    }
    const say = (problem: string) => report(`${this.filename}:${this.lines}: ${problem}`)
    for (;;) {
      this.recordPosition = this.file.position
      const found = this.fill(say)
      if (found === null) return false
      if (!found) continue
      if (this.#multipacket) this.#multiply()
      return true
    }
  }

  make(pool: Pool): Packet | null {
    return pool.clone(this.draft.p)
  }

  close(): void {
    this.file.close()
  }

  /** Once for each file. */
  protected complain(say: Say, problem: string): void {
    if (!this.#complained) say(problem)
    this.#complained = true
  }

  protected complainAgain(): void {
    this.#complained = false
  }

  /** Makes the packet in hand the first of those that it stands for. */
  #multiply(): void {
    const { p } = this.draft
    this.#copies = 1 + extraPackets(p)
    if (this.#copies === 1) return
    const whole = p.length + extraLength(p)
    this.#eachLength = Math.max(p.length, Math.floor(whole / this.#copies))
    setExtraPackets(p, 0)
    const first = firstTimeUs(p)
    this.#eachUs = first === 0 ? 0 : (p.timeUs - first) / (this.#copies - 1)
    if (first !== 0) p.timeUs = first
    this.#setLength(this.#eachLength)
    this.#restLength = Math.max(whole, this.#eachLength * this.#copies) - this.#eachLength
  }

  #nextCopy(): void {
    const { p } = this.draft
    this.#copies--
    p.timeUs += this.#eachUs
    const length = this.#copies === 1 ? this.#restLength : this.#eachLength
    this.#restLength -= length
    if (this.#copies === 1) this.#setLength(length)
  }

  /** The packet is of so many bytes, most of which may not be there. */
  #setLength(length: number): void {
    const { p } = this.draft
    setExtraLength(p, length - p.length)
    if (p.net < 0) return
    const ipLength = Math.min(length - (p.net - p.off), 0xffff)
    writeShort(p.mem, p.net + 2, ipLength)
    if (this.draft.ipProto === UDP && p.transport + 6 <= p.end)
      writeShort(p.mem, p.transport + 4, ipLength - this.draft.ipHeaderLength)
  }
}
