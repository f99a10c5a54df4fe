// Looks over msgpack bytes before they are unpacked: are all announced lengths really there, is
// the nesting bounded, are there only plain types? An unpacker trusts lengths: five bytes can
// announce an array of four billion values and make it reserve the room. What passes here can be
// unpacked in memory proportional to its own length. Extension types are refused: no message
// needs one, and some unpackers construct things for them.

/** Levels of nesting in a message. The deepest real one (a plan in an answer) has about eight. */
export const NESTING_MAX = 32

/** Null when the bytes are one well-formed value; otherwise what is wrong with them. */
export function scanMsgpack(bytes: Uint8Array): string | null {
  const end = bytes.length
  // For each open container: how many values are still to come.
  const open = new Int32Array(NESTING_MAX + 1)
  let depth = 0
  open[0] = 1
  let at = 0
  while (depth >= 0) {
    if (open[depth] === 0) {
      depth--
      continue
    }
    open[depth] = open[depth]! - 1
    if (at >= end) return `ends at byte ${end}, inside a value`
    const head = headOf(bytes, at)
    if (head === null) return `byte ${at}: type 0x${bytes[at]!.toString(16)} is not allowed`
    at += head.size + head.bytes
    if (at > end) return `ends at byte ${end}, inside a value`
    if (head.values === 0) continue
    if (head.values > end - at) return `byte ${at}: announces ${head.values} values, too many`
    if (depth === NESTING_MAX) return `byte ${at}: nested deeper than ${NESTING_MAX}`
    depth++
    open[depth] = head.values
  }
  return at === end ? null : `${end - at} bytes after the end of the value`
}

interface Head {
  /** Bytes of the head itself. */
  size: number
  /** Bytes of data after it. */
  bytes: number
  /** Values inside it. */
  values: number
}

/** One object for all calls: read at once, never kept. */
const found: Head = { size: 0, bytes: 0, values: 0 }

function is(size: number, bytes: number, values = 0): Head {
  found.size = size
  found.bytes = bytes
  found.values = values
  return found
}

/** Head of the value at `at` (msgpack specification, "Formats"); null for a type not allowed. */
function headOf(b: Uint8Array, at: number): Head | null {
  const type = b[at]!
  if (type <= 0x7f || type >= 0xe0) return is(1, 0)
  if (type <= 0x8f) return is(1, 0, (type & 15) * 2)
  if (type <= 0x9f) return is(1, 0, type & 15)
  if (type <= 0xbf) return is(1, type & 31)
  switch (type) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return is(1, 0)
    case 0xc4: // bin 8, str 8
    case 0xd9:
      return is(2, uint(b, at + 1, 1))
    case 0xc5: // bin 16, str 16
    case 0xda:
      return is(3, uint(b, at + 1, 2))
    case 0xc6: // bin 32, str 32
    case 0xdb:
      return is(5, uint(b, at + 1, 4))
    case 0xca: // float 32
      return is(5, 0)
    case 0xcb: // float 64, int 64
    case 0xcf:
    case 0xd3:
      return is(9, 0)
    case 0xcc: // int 8
    case 0xd0:
      return is(2, 0)
    case 0xcd: // int 16
    case 0xd1:
      return is(3, 0)
    case 0xce: // int 32
    case 0xd2:
      return is(5, 0)
    case 0xdc: // array 16, 32
      return is(3, 0, uint(b, at + 1, 2))
    case 0xdd:
      return is(5, 0, uint(b, at + 1, 4))
    case 0xde: // map 16, 32
      return is(3, 0, uint(b, at + 1, 2) * 2)
    case 0xdf:
      return is(5, 0, uint(b, at + 1, 4) * 2)
    default:
      return null
  }
}

/** Unsigned number of `width` bytes; bytes that are not there count as 0 (the caller notices). */
function uint(b: Uint8Array, at: number, width: number): number {
  let n = 0
  for (let i = 0; i < width; i++) n = n * 256 + (b[at + i] ?? 0)
  return n
}
