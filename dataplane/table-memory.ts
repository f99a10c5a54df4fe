// Memory that grows in place, for the rows of a table and for its index: the addresses of its largest
// size are reserved at once, pages of it are only used when they are asked for. So a table is one
// array at every size, no growth copies anything, and V8's collector is not made to run by it.
// Typed arrays over it have a fixed length; after growth there are new ones, and old ones stay good
// for what they show.

import { TABLE_GROWTH_BYTES, TABLE_GROWTH_MIN } from '../lib/limits.ts'

/** Typed arrays over one memory: a table's rows, or a chunk whose records look like rows. */
export interface RecordArrays {
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly u16: Uint16Array
  readonly u8: Uint8Array
}

/** @param bytes how many of the memory's are shown; a multiple of 8 */
export function arraysOver(
  memory: ArrayBuffer | SharedArrayBuffer,
  bytes: number = memory.byteLength,
): RecordArrays {
  return {
    i32: new Int32Array(memory, 0, bytes >>> 2),
    u32: new Uint32Array(memory, 0, bytes >>> 2),
    f64: new Float64Array(memory, 0, bytes >>> 3),
    u16: new Uint16Array(memory, 0, bytes >>> 1),
    u8: new Uint8Array(memory, 0, bytes),
  }
}

// ECMAScript 2024, which Node 20 has.
type Growable = SharedArrayBuffer & { grow(bytes: number): void }
const Growable = SharedArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => Growable

export class GrowingMemory {
  readonly #memory: Growable
  readonly #max: number

  /** @param bytes at first. @param max at most; both multiples of 8 */
  constructor(bytes: number, max: number) {
    this.#max = max
    this.#memory = new Growable(Math.min(bytes, max), { maxByteLength: max })
  }

  get bytes(): number {
    return this.#memory.byteLength
  }

  /** Doubles while small, then by TABLE_GROWTH_BYTES; false: it has its largest size. */
  grow(): boolean {
    const { bytes } = this
    const more = Math.min(Math.max(bytes, TABLE_GROWTH_MIN), TABLE_GROWTH_BYTES)
    if (bytes === this.#max) return false
    this.#memory.grow(Math.min(bytes + more, this.#max))
    return true
  }

  arrays(): RecordArrays {
    return arraysOver(this.#memory, this.bytes)
  }

  words(): Int32Array {
    return new Int32Array(this.#memory, 0, this.bytes >>> 2)
  }
}
