// Packets and the pool that they live in.
//
// All frames of a pool lie in one memory (with the xdp driver: the AF_XDP UMEM). A Packet is made
// once for each frame and reused for ever: integer offsets and annotations, never a copy, never
// garbage. IPv4 addresses are int32 (a uint32 above 2^31 turns into a heap number and costs ten
// times as much).
//
//   base            off                         end            limit
//   |--- headroom ---|------- packet data -------|-- tailroom --|

import { FRAME_HEADROOM, FRAME_SIZE } from '../lib/limits.ts'

/** Bytes of Click's general annotation area (packet_anno.hh), for elements that name an offset. */
export const ANNO_SIZE = 48
/**
 * Bytes between two frames of a pool that makes its own memory: a cache line. Headers that lie 2048
 * bytes apart share a few sets of the processor's caches, which then hold some hundred packets.
 */
const STAGGER = 64

const NO_BYTES = new Uint8Array(0)
const NO_WORDS = new Uint16Array(0)
const NO_LONGS = new Int32Array(0)

// Every field has an initial value of its kind. One that is declared without starts as `undefined`,
// and the JavaScript engine then no longer knows it as an integer, or as a Uint8Array: each access
// is checked. The fraction makes `timeUs` a double from the start, for the same reason.
export class Packet {
  /** The memory that the offsets below point into: the pool's, or its own for a jumbo packet. */
  mem: Uint8Array = NO_BYTES
  /**
   * The same memory as 16-bit words in the machine's byte order: word k is bytes 2k and 2k+1. Half as
   * many loads for what does not mind the order, as Internet checksums (RFC 1071, 2 (B)).
   */
  words: Uint16Array = NO_WORDS
  /** And as 32-bit words: word k is bytes 4k to 4k + 3. */
  longs: Int32Array = NO_LONGS
  /** First byte that headroom may grow down to. */
  base = 0
  /** First byte of the packet. */
  off = 0
  /** One past the last byte of the packet. */
  end = 0
  /** One past the last byte of the frame. */
  limit = 0
  /** Offset of the link header; -1: not set. */
  mac = -1
  /** Offset of the network header; -1: not set. */
  net = -1
  /** Offset of the transport header; -1: not set. */
  transport = -1
  /** Destination address annotation: IPv4 as int32; 0: none. */
  dst = 0
  /** Paint annotation, 0..255. */
  paint = 0
  /** Bucket of the steering key; -1: not steered (made here, or not IP). */
  bucket = -1
  /** Index of the service port that it came in by; -1: none. */
  port = -1
  /** Time annotation, µs since the epoch; 0: none. */
  timeUs = 0.5
  /** Packet type annotation, Linux's pkttype: 0 host, 1 broadcast, 2 multicast, 3 other, 4 out. */
  type = 0
  /** Next packet of an intrusive list (a pool's free list, a queue); null: none. */
  next: Packet | null = null
  /** Annotations that have no field of their own, by Click's offsets; made when first needed. */
  anno: Uint8Array | null = null
  /** Number of the frame in its pool; -1: a jumbo packet with memory of its own. */
  readonly frame: number = -1

  /** @param words,longs of the whole of `mem`; made where not given */
  constructor(
    mem: Uint8Array,
    base: number,
    limit: number,
    frame: number,
    words: Uint16Array = wordsOf(mem),
    longs: Int32Array = longsOf(mem),
  ) {
    this.mem = mem
    this.words = words
    this.longs = longs
    this.base = base
    this.off = base
    this.end = base
    this.limit = limit
    this.frame = frame
    this.timeUs = 0
  }

  get length(): number {
    return this.end - this.off
  }

  /** Makes room for n bytes in front; false: no head room left, the packet is as before. */
  push(n: number): boolean {
    if (this.off - n < this.base) return false
    this.off -= n
    return true
  }

  /** Takes n bytes off the front; false: the packet is shorter than that, and is as before. */
  pull(n: number): boolean {
    if (this.end - this.off < n) return false
    this.off += n
    return true
  }

  /** Forgets annotations and headers: the state of a fresh packet. */
  reset(): void {
    this.mac = -1
    this.net = -1
    this.transport = -1
    this.dst = 0
    this.paint = 0
    this.bucket = -1
    this.port = -1
    this.timeUs = 0
    this.type = 0
    this.next = null
    if (this.anno !== null) this.anno.fill(0)
  }
}

/** Views of memory. It must begin at a multiple of 4, as memory that is allocated does. */
function wordsOf(mem: Uint8Array): Uint16Array {
  return new Uint16Array(mem.buffer, mem.byteOffset, mem.length >> 1)
}

function longsOf(mem: Uint8Array): Int32Array {
  return new Int32Array(mem.buffer, mem.byteOffset, mem.length >> 2)
}

/**
 * A fixed number of frames. `alloc` never allocates memory; at the limit it returns null and counts.
 */
export class Pool {
  readonly mem: Uint8Array = NO_BYTES
  readonly frames: number = 0
  readonly frameSize: number = 0
  /** Times that `alloc` found no frame. */
  exhausted = 0
  readonly #packets: Packet[] = []
  /** Numbers of the free frames, a stack: integers, so that no store needs a write barrier. */
  readonly #free: Int32Array
  #available = 0

  /** @param mem memory of frames * frameSize bytes at least, frame by frame; made where not given */
  constructor(frames: number, mem?: Uint8Array, frameSize: number = FRAME_SIZE) {
    this.frames = frames
    this.frameSize = frameSize
    const stride = mem === undefined ? frameSize + STAGGER : frameSize
    this.mem = mem ?? new Uint8Array(new ArrayBuffer(frames * stride))
    const words = wordsOf(this.mem)
    const longs = longsOf(this.mem)
    for (let i = 0; i < frames; i++) {
      const base = i * stride
      this.#packets.push(new Packet(this.mem, base, base + frameSize, i, words, longs))
    }
    this.#free = new Int32Array(frames)
    for (let i = frames - 1; i >= 0; i--) this.#free[this.#available++] = i
  }

  get available(): number {
    return this.#available
  }

  /** An empty packet with the standard headroom, or null where every frame is in use. */
  alloc(headroom: number = FRAME_HEADROOM): Packet | null {
    const left = this.#available - 1
    if (left < 0) {
      this.exhausted++
      return null
    }
    this.#available = left
    const p = this.#packets[this.#free[left]!]!
    p.off = p.base + headroom
    p.end = p.off
    return p
  }

  /** A packet with `length` bytes of data, of its own memory where a frame is too short for it. */
  allocLength(length: number, headroom: number = FRAME_HEADROOM): Packet | null {
    if (headroom + length > this.frameSize) {
      const size = headroom + length + FRAME_HEADROOM
      const p = new Packet(new Uint8Array(size), 0, size, -1)
      p.off = headroom
      p.end = headroom + length
      return p
    }
    const p = this.alloc(headroom)
    if (p !== null) p.end = p.off + length
    return p
  }

  /** Gives the packet's frame back. The caller must not touch the packet again. */
  free(p: Packet): void {
    if (p.frame < 0) return // a jumbo packet: the collector takes it
    p.reset()
    this.#free[this.#available++] = p.frame
  }

  /** The packet of a frame number: what a driver gets back from a ring. */
  packet(frame: number): Packet {
    return this.#packets[frame]!
  }

  /** A copy with the same data, headroom and annotations; null where every frame is in use. */
  clone(p: Packet): Packet | null {
    const q = this.allocLength(p.end - p.off, p.off - p.base)
    if (q === null) return null
    q.mem.set(p.mem.subarray(p.off, p.end), q.off)
    copyAnnotations(p, q, q.off - p.off)
    return q
  }
}

/** All annotations of p to q, in which the same bytes lie `shift` further on. */
export function copyAnnotations(p: Packet, q: Packet, shift: number): void {
  q.mac = p.mac < 0 ? -1 : p.mac + shift
  q.net = p.net < 0 ? -1 : p.net + shift
  q.transport = p.transport < 0 ? -1 : p.transport + shift
  q.dst = p.dst
  q.paint = p.paint
  q.bucket = p.bucket
  q.port = p.port
  q.timeUs = p.timeUs
  q.type = p.type
  if (p.anno !== null) {
    q.anno ??= new Uint8Array(ANNO_SIZE)
    q.anno.set(p.anno)
  }
}
