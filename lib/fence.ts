// The fence frame: the marker that proves that a replica has processed everything steered to it
// before a flip. An Ethernet frame of the local experimental ethertype (IEEE 802, 0x88B5) that the
// agent sends down each port's path to the old owner, right after the swap of the owner table.
//
//   0        6        12     14       18      22      26     28
//   | dst    | src    | type | 'CUFN' | move  | epoch | port | zero to 60 bytes

/** Local experimental ethertype 1. */
export const FENCE_ETHERTYPE = 0x88b5
export const FENCE_LENGTH = 60
const MAGIC = 0x4355464e // 'CUFN'

export interface Fence {
  /** Number of the move, unique within a coordinator's store. */
  readonly move: number
  /** The service's ownership epoch that the swap installed. */
  readonly epoch: number
  /** Index of the port, in the order of the service file. */
  readonly port: number
}

export function encodeFence(fence: Fence): Uint8Array {
  const frame = new Uint8Array(FENCE_LENGTH)
  frame.fill(0xff, 0, 6)
  frame[6] = 0x02 // a locally administered source address
  const view = new DataView(frame.buffer)
  view.setUint16(12, FENCE_ETHERTYPE)
  view.setUint32(14, MAGIC)
  view.setUint32(18, fence.move)
  view.setUint32(22, fence.epoch)
  view.setUint16(26, fence.port)
  return frame
}

/** The fence in a frame at `mem[off..end)`, or null where the frame is not one. */
export function decodeFence(mem: Uint8Array, off: number, end: number): Fence | null {
  if (end - off < 28 || mem[off + 12] !== 0x88 || mem[off + 13] !== 0xb5) return null
  const view = new DataView(mem.buffer, mem.byteOffset + off, 28)
  if (view.getUint32(14) !== MAGIC) return null
  return { move: view.getUint32(18), epoch: view.getUint32(22), port: view.getUint16(26) }
}
