// Puts IP fragments together (RFC 791, section 3.2; RFC 815).
//
// The fragments themselves are held, in the order in which they came, and are the only state. An
// index of them by datagram is kept beside; it is made anew when the fragments are others, as after
// a move.

import type { PacketFifo } from '../../dataplane/declare.ts'
import type { PushFn, RouterServices } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import { setIpChecksum } from './checksum.ts'
import { headerLength, IP_HEADER, setU16, u16At } from './ip-header.ts'
import { ipText } from './text.ts'

/** Fragments of a datagram of which none came for so long are given up. */
const TIMEOUT_S = 30
/** How often it is looked for such. */
const REAP_S = 10
/** Bookkeeping of a datagram, as it counts for HIMEM. */
const DATAGRAM_BYTES = 40
const MORE = 0x20

/** What is needed of the element. */
export interface Reassembling {
  readonly noutputs: number
  readonly config: { readonly HIMEM: number }
  readonly plan: { readonly mtuAnno: number }
  readonly counters: Record<'fragments' | 'reassembled' | 'failed' | 'bad', number>
  readonly state: { readonly held: PacketFifo }
  readonly out: readonly PushFn[]
  readonly router: RouterServices
  kill(p: Packet): void
}

/** The fragments of one datagram. */
interface Datagram {
  readonly key: string
  readonly fragments: Packet[]
  /** What is there: starts and ends, in turn, in order. */
  spans: number[]
  /** Bytes of payload of all of it; -1: the last fragment has not come. */
  total: number
  /** Where the last byte that is there ends. */
  end: number
  /** Seconds, of the fragment that came last. */
  seen: number
}

export class Reassembly {
  #datagrams = new Map<string, Datagram>()
  #bytes = 0
  #reapAt = 0
  /** What the index is of. */
  #held: PacketFifo | null = null
  #count = 0

  /** Takes a fragment, which is then held or freed; the datagram where that completes it. */
  take(self: Reassembling, p: Packet): Packet | null {
    self.counters.fragments++
    this.#refresh(self.state.held)
    if (p.timeUs === 0) p.timeUs = self.router.nowUs
    const now = Math.floor(p.timeUs / 1e6)
    if (now >= this.#reapAt) this.#reap(self, now)
    if (!fits(p)) {
      self.counters.bad++
      self.kill(p)
      return null
    }
    if (this.#bytes > self.config.HIMEM) this.#shrink(self)
    const known = this.#datagrams.get(keyOf(p))
    const beyond = known !== undefined && known.total >= 0 && lastOf(p) > known.total
    if (beyond || !self.state.held.push(p)) {
      self.counters.bad++
      self.kill(p)
      return null
    }
    this.#count++
    const datagram = this.#note(p)
    const whole = datagram.total >= 0 && datagram.spans[0] === 0
    if (!whole || datagram.spans[1] !== datagram.total || datagram.spans.length > 2) return null
    const made = this.#assemble(self, datagram, true)
    if (made !== null) self.counters.reassembled++
    this.#forget(self, datagram)
    return made
  }

  dump(self: Reassembling): string {
    this.#refresh(self.state.held)
    const { fragments, reassembled, failed, bad } = self.counters
    let text = `frags seen total:    ${fragments}\ngood reassemblies:   ${reassembled}\n`
    text += `failed reassemblies: ${failed}\nbad fragments seen:  ${bad}\ncached chunk data:\n`
    for (const { fragments, spans } of this.#datagrams.values()) {
      const { mem: m, net: n } = fragments[0]!
      text += ` ${ipText(readIp(m, n + 12))} > ${ipText(readIp(m, n + 16))} ${u16At(m, n + 4)}`
      for (let i = 0; i < spans.length; i += 2) text += ` (${spans[i]},${spans[i + 1]})`
      text += '\n'
    }
    return text
  }

  /** Makes the index anew where the fragments are not those that it is of. */
  #refresh(held: PacketFifo): void {
    if (this.#held === held && this.#count === held.length) return
    this.#held = held
    this.#count = held.length
    this.#datagrams.clear()
    this.#bytes = 0
    held.extract((p) => {
      this.#note(p)
      return false
    })
  }

  /** Enters a fragment that is held. */
  #note(p: Packet): Datagram {
    const key = keyOf(p)
    let datagram = this.#datagrams.get(key)
    if (datagram === undefined) {
      datagram = { key, fragments: [], spans: [], total: -1, end: 0, seen: 0 }
      this.#bytes += DATAGRAM_BYTES
    }
    // The one that was heard of last stands at the end.
    this.#datagrams.delete(key)
    this.#datagrams.set(key, datagram)
    datagram.fragments.push(p)
    datagram.seen = Math.floor(p.timeUs / 1e6)
    const last = lastOf(p)
    if ((p.mem[p.net + 6]! & MORE) === 0) datagram.total = last
    datagram.spans = joined(datagram.spans, offsetOf(p), last)
    if (last > datagram.end) {
      this.#bytes += last - datagram.end
      datagram.end = last
    }
    return datagram
  }

  /** One packet of all fragments; null: no frame was free. */
  #assemble(self: Reassembling, { fragments, end }: Datagram, whole: boolean): Packet | null {
    const first = fragments.find((f) => offsetOf(f) === 0)
    const model = first ?? fragments[0]!
    const hl = first === undefined ? IP_HEADER : headerLength(model.mem, model.net)
    const front = first === undefined ? 0 : Math.max(model.net - model.off, 0)
    const q = self.router.pool.allocLength(front + hl + end)
    if (q === null) return null
    const n = q.off + front
    q.mem.set(model.mem.subarray(model.net - front, model.net + hl), q.off)
    for (const f of fragments) {
      const from = f.net + headerLength(f.mem, f.net)
      const length = lastOf(f) - offsetOf(f)
      q.mem.set(f.mem.subarray(from, from + length), n + hl + offsetOf(f))
    }
    q.mem[n] = 0x40 | (hl >> 2)
    setU16(q.mem, n + 2, hl + end)
    // What is incomplete stays a fragment.
    const more = whole ? 0 : MORE << 8
    setU16(q.mem, n + 6, (u16At(q.mem, n + 6) & 0xc000) | more)
    setIpChecksum(q.mem, n)
    copyAnnotations(q, model)
    q.mac = model.mac < 0 || front === 0 ? -1 : q.off + (model.mac - model.off)
    q.net = n
    q.transport = n + hl
    q.timeUs = fragments.at(-1)!.timeUs
    const { mtuAnno } = self.plan
    if (mtuAnno >= 0) {
      q.anno ??= new Uint8Array(ANNO_SIZE)
      setU16(q.anno, mtuAnno, Math.max(...fragments.map((f) => u16At(f.mem, f.net + 2))))
    }
    return q
  }

  /** Frees the fragments of a datagram. */
  #forget(self: Reassembling, datagram: Datagram): void {
    const gone = new Set(datagram.fragments)
    self.state.held.extract((p) => {
      if (!gone.has(p)) return false
      self.kill(p)
      return true
    })
    this.#count -= gone.size
    this.#bytes -= DATAGRAM_BYTES + datagram.end
    this.#datagrams.delete(datagram.key)
  }

  #giveUp(self: Reassembling, datagram: Datagram): void {
    self.counters.failed++
    const all = self.noutputs > 1 ? this.#assemble(self, datagram, false) : null
    this.#forget(self, datagram)
    if (all !== null) self.out[1]!(all)
  }

  #reap(self: Reassembling, now: number): void {
    this.#reapAt = now + REAP_S
    for (const datagram of [...this.#datagrams.values()])
      if (datagram.seen < now - TIMEOUT_S) this.#giveUp(self, datagram)
  }

  /** Gives up what was heard of longest ago, to three quarters of HIMEM. */
  #shrink(self: Reassembling): void {
    const enough = Math.floor(self.config.HIMEM / 4) * 3
    for (const datagram of [...this.#datagrams.values()]) {
      if (this.#bytes <= enough) return
      this.#giveUp(self, datagram)
    }
  }
}

function keyOf({ mem: m, net: n }: Packet): string {
  return `${readIp(m, n + 12)} ${readIp(m, n + 16)} ${u16At(m, n + 4)} ${m[n + 9]}`
}

function offsetOf({ mem: m, net: n }: Packet): number {
  return (u16At(m, n + 6) & 0x1fff) * 8
}

/** Where the payload of a fragment ends in the datagram's. */
function lastOf(p: Packet): number {
  return offsetOf(p) + u16At(p.mem, p.net + 2) - headerLength(p.mem, p.net)
}

/** Is a fragment all there, in whole units of eight bytes where more follow? */
function fits(p: Packet): boolean {
  const { mem: m, net: n } = p
  const length = u16At(m, n + 2)
  const hl = headerLength(m, n)
  const last = lastOf(p)
  if (hl < IP_HEADER || length <= hl || n + length > p.end || last > 0xffff) return false
  return (m[n + 6]! & MORE) === 0 || last % 8 === 0
}

/** Spans with one more, those that touch made one. */
function joined(spans: readonly number[], from: number, to: number): number[] {
  const result: number[] = []
  let [start, end] = [from, to]
  for (let i = 0; i < spans.length; i += 2) {
    const [a, b] = [spans[i]!, spans[i + 1]!]
    if (b < start || a > end) {
      result.push(a, b)
      continue
    }
    start = Math.min(start, a)
    end = Math.max(end, b)
  }
  const at = result.findIndex((v, i) => i % 2 === 0 && v > start)
  result.splice(at < 0 ? result.length : at, 0, start, end)
  return result
}

function copyAnnotations(q: Packet, p: Packet): void {
  q.dst = p.dst
  q.paint = p.paint
  q.bucket = p.bucket
  q.port = p.port
  q.type = p.type
  if (p.anno !== null) {
    q.anno ??= new Uint8Array(ANNO_SIZE)
    q.anno.set(p.anno)
  }
}
