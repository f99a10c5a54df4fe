// A driver in memory for benches: its port `in` has always packets, of FLOWS flows in turn, numbered
// by flow; its port `out` checks that each flow's come out in order, each once.

import type { Driver, Port } from '../../dataplane/io/device.ts'
import { type Packet, Pool } from '../../dataplane/packet.ts'
import { FRAME_HEADROOM } from '../../lib/limits.ts'

export const FLOWS = 50_000
const FRAMES = 32_768
/** Frames that may be under way: what a queue holds. */
const IN_FLIGHT = 16_384
const LENGTH = 60
/** Flow and number lie in the payload. */
const FLOW_AT = 42
const NUMBER_AT = 46
const SLOTS = 65_536

const NO_COUNTERS = {
  rxPackets: 0,
  rxBytes: 0,
  txPackets: 0,
  txBytes: 0,
  rxDropped: 0,
  txDropped: 0,
}

export class NumberedDriver implements Driver {
  readonly name = 'udp'
  readonly pool = new Pool(FRAMES)
  readonly ports: readonly Port[]
  readonly blocking = false
  readonly wakeFd = -1
  onReadable: (() => void) | null = null
  made = 0
  sent = 0
  /** Between two looks for packets: one a turn. */
  longestGapMs = 0
  readonly #template = frame()
  readonly #next = new Uint32Array(FLOWS)
  readonly #expected = new Uint32Array(FLOWS)
  #flow = 0
  #reordered = 0
  #duplicated = 0
  #stopped = false
  #lookedAt = performance.now()
  /** Packets sent until a moment, a ring. */
  readonly #moments = new Float64Array(SLOTS)
  readonly #counts = new Float64Array(SLOTS)
  #slot = 0

  constructor() {
    const common = { where: 'memory', counters: NO_COUNTERS, fault: null, flush: () => {} }
    this.ports = [
      {
        ...common,
        name: 'in',
        receive: (out, max) => this.#receive(out, max),
        send: (p) => this.#free(p),
      },
      { ...common, name: 'out', receive: () => 0, send: (p) => this.#take(p) },
    ]
  }

  wait(): void {}
  close(): void {}

  /** No packets any more. */
  stop(): void {
    this.#stopped = true
  }

  /** What came out between two moments of the last seconds. */
  sentBetween(from: number, to: number): number {
    return this.#sentUntil(to) - this.#sentUntil(from)
  }

  check(): { lost: number; reordered: number; duplicated: number } {
    let lost = 0
    for (let flow = 0; flow < FLOWS; flow++) lost += this.#next[flow]! - this.#expected[flow]!
    return { lost, reordered: this.#reordered, duplicated: this.#duplicated }
  }

  #sentUntil(moment: number): number {
    for (let back = 1; back < Math.min(SLOTS, this.#slot); back++) {
      const at = (this.#slot - back) & (SLOTS - 1)
      if (this.#moments[at]! <= moment) return this.#counts[at]!
    }
    return 0
  }

  #receive(out: Packet[], max: number): number {
    const now = performance.now()
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lookedAt)
    this.#lookedAt = now
    this.#moments[this.#slot & (SLOTS - 1)] = now
    this.#counts[this.#slot++ & (SLOTS - 1)] = this.sent
    if (this.#stopped) return 0
    let n = 0
    while (n < max && this.made - this.sent < IN_FLIGHT) {
      const p = this.pool.allocLength(LENGTH, FRAME_HEADROOM)
      if (p === null) break
      this.#fill(p)
      out[n++] = p
    }
    return n
  }

  #fill(p: Packet): void {
    const flow = this.#flow
    this.#flow = flow + 1 === FLOWS ? 0 : flow + 1
    this.made++
    p.mem.set(this.#template, p.off)
    // Another source address for each flow; the header's sum is made of it.
    const b = p.off
    const high = flow >>> 8
    const low = flow & 0xff
    p.mem[b + 28] = high
    p.mem[b + 29] = low
    let sum = SUM_WITHOUT + ((high << 8) | low)
    sum = (sum & 0xffff) + (sum >>> 16)
    sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff
    p.mem[b + 24] = sum >>> 8
    p.mem[b + 25] = sum & 0xff
    write32(p.mem, b + FLOW_AT, flow)
    write32(p.mem, b + NUMBER_AT, this.#next[flow]!++)
  }

  #take(p: Packet): boolean {
    const flow = read32(p.mem, p.off + FLOW_AT)
    const number = read32(p.mem, p.off + NUMBER_AT)
    const expected = this.#expected[flow]!
    if (number === expected) this.#expected[flow]!++
    else if (number < expected) this.#duplicated++
    else {
      this.#reordered++
      this.#expected[flow] = number + 1
    }
    this.sent++
    return this.#free(p)
  }

  #free(p: Packet): boolean {
    this.pool.free(p)
    return true
  }
}

function write32(mem: Uint8Array, at: number, value: number): void {
  mem[at] = value >>> 24
  mem[at + 1] = value >>> 16
  mem[at + 2] = value >>> 8
  mem[at + 3] = value
}

function read32(mem: Uint8Array, at: number): number {
  return (mem[at]! << 24) | (mem[at + 1]! << 16) | (mem[at + 2]! << 8) | mem[at + 3]!
}

/** Ethernet, IPv4, UDP from 10.1.x.x:1234 to 192.0.2.200:80; without IP checksum. */
function frame(): Uint8Array {
  const hex =
    '020000000002' +
    '020000000001' +
    '0800' + // Ethernet
    '4500002e' +
    '00000000' +
    '40110000' +
    '0a010000' +
    'c00002c8' + // IPv4
    '04d20050' +
    '001a0000' // UDP
  const bytes = new Uint8Array(LENGTH)
  bytes.set(Buffer.from(hex, 'hex'))
  return bytes
}

const SUM_WITHOUT = 0x4500 + 0x002e + 0x4011 + 0x0a01 + 0xc000 + 0x02c8
