// A small TCP (RFC 9293) in user space, enough for the udp driver's traffic: three-way handshake,
// cumulative acknowledgement, go-back-N after a fixed time-out, orderly close, reset of what it does
// not know. No options, no congestion control: the demo sends little, at a fixed pace.
//
//   client: SYN_SENT ─▶ OPEN ─▶ closing (FIN sent) ─▶ closed when both FINs are acknowledged

import { ByteStream } from './bytes.ts'
import { ACK, FIN, RST, SYN } from './frames.ts'

const RTO_MS = 200
/** Unacknowledged segments at most; sending pauses after that. */
const WINDOW_SEGMENTS = 16

/** Puts a segment on the wire. */
export type Emit = (seq: number, ack: number, flags: number, payload: Buffer) => void

interface Sent {
  readonly seq: number
  readonly flags: number
  readonly payload: Buffer
}

const EMPTY = Buffer.alloc(0)

export class WireConnection {
  readonly incoming: ByteStream
  readonly outgoing: ByteStream
  error: string | null = null
  open = false
  bytesAtMark = 0
  readonly #emit: Emit
  readonly #unacked: Sent[] = []
  #sendSeq = 1000
  #receiveSeq: number
  #peerClosed = false
  #closing = false
  #sentAt = 0

  /** @param receiveSeq next sequence number of the peer, where its SYN has come; null: send a SYN */
  constructor(number: number, client: boolean, receiveSeq: number | null, emit: Emit) {
    this.incoming = new ByteStream(2 * number + (client ? 1 : 0))
    this.outgoing = new ByteStream(2 * number + (client ? 0 : 1))
    this.#emit = emit
    this.#receiveSeq = receiveSeq ?? 0
    this.#transmit(receiveSeq === null ? SYN : SYN | ACK, EMPTY)
  }

  get survived(): boolean {
    return this.closedInOrder && this.incoming.count > this.bytesAtMark
  }

  get closedInOrder(): boolean {
    return this.error === null && this.#closing && this.#peerClosed && this.#unacked.length === 0
  }

  /** The next bytes of the stream go out, unless too much is under way. */
  sendChunk(length: number): void {
    if (!this.open || this.#closing || this.#unacked.length >= WINDOW_SEGMENTS) return
    this.#transmit(ACK, this.outgoing.make(length))
  }

  close(): void {
    if (this.#closing || this.error !== null) return
    this.#closing = true
    this.#transmit(FIN | ACK, EMPTY)
  }

  receive(seq: number, ack: number, flags: number, payload: Buffer): void {
    if (this.error !== null) return
    if ((flags & RST) !== 0) {
      this.error = 'reset'
      return
    }
    if ((flags & SYN) !== 0 && !this.open) this.#receiveSeq = (seq + 1) >>> 0
    if ((flags & ACK) !== 0) this.#acknowledged(ack)
    if (payload.length > 0 || (flags & (FIN | SYN)) !== 0) this.#accept(seq, flags, payload)
  }

  /** Sends again what was not acknowledged in time. */
  tick(nowMs: number): void {
    if (this.error !== null || this.#unacked.length === 0 || nowMs - this.#sentAt < RTO_MS) return
    this.#sentAt = nowMs
    for (const s of this.#unacked) this.#emit(s.seq, this.#receiveSeq, s.flags, s.payload)
  }

  #accept(seq: number, flags: number, payload: Buffer): void {
    if ((flags & SYN) === 0 && seq === this.#receiveSeq) {
      if (!this.incoming.check(payload)) {
        this.error = 'wrong bytes'
        return
      }
      this.#receiveSeq = (this.#receiveSeq + payload.length) >>> 0
      if ((flags & FIN) !== 0) {
        this.#receiveSeq = (this.#receiveSeq + 1) >>> 0
        this.#peerClosed = true
      }
    }
    this.#emit(this.#sendSeq, this.#receiveSeq, ACK, EMPTY)
    if (this.#peerClosed) this.close()
  }

  #acknowledged(ack: number): void {
    while (this.#unacked.length > 0) {
      const { seq, flags, payload } = this.#unacked[0]!
      const end = seq + payload.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)
      if (((ack - end) | 0) < 0) return
      if ((flags & SYN) !== 0) this.open = true
      this.#unacked.shift()
    }
  }

  #transmit(flags: number, payload: Buffer): void {
    if (this.#unacked.length === 0) this.#sentAt = performance.now()
    this.#unacked.push({ seq: this.#sendSeq, flags, payload })
    this.#emit(this.#sendSeq, this.#receiveSeq, flags, payload)
    this.#sendSeq = (this.#sendSeq + payload.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0
  }
}
