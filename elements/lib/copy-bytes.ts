// Copies of a few bytes between two memories. The engine's own copy needs a view of the source,
// which is an object for the collector each time: only long copies are worth that.

/** From here on a view costs less than the loop. */
const LOOP_BYTES = 192

/** Looked up once: by way of `to.set` the look-up costs as much as the copy. */
const copyInto = Uint8Array.prototype.set

export function copyBytes(
  from: Uint8Array,
  start: number,
  to: Uint8Array,
  at: number,
  bytes: number,
): void {
  if (bytes > LOOP_BYTES) {
    copyInto.call(to, from.subarray(start, start + bytes), at)
    return
  }
  for (let i = 0; i < bytes; i++) to[at + i] = from[start + i]!
}
