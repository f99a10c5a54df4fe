// Frames of the state stream between two dataplanes, as bytes. Forward (O → N): hello, then frames
// with the state's chunks; backward: the plan of the transfer, then credit. Fixed little-endian head,
// then the payload:
//
//   0      4     8      12    16     17       18      20
//   | 'CUSF' | move | epoch | seq | type | kind | version | payload …
//
// A frame that is cut, of another version or of no known type is refused whole (PROTOCOL).

import { ClickUpError } from '../lib/errors.ts'
import type { Credit, FrameHead, FrameKind } from '../lib/move/types.ts'

const MAGIC = 0x43555346 // 'CUSF'
export const STREAM_VERSION = 1
const HEAD_BYTES = 20
/** Bytes in front of a chunk for its frame's head, so that the chunk need not be copied: a multiple of 8. */
export const FRAME_FRONT = 24
const KINDS: readonly FrameKind[] = ['shared', 'rows', 'deltas', 'packets', 'done', 'stragglers']
const TYPES = ['hello', 'plan', 'frame', 'credit'] as const

export type StreamMessage =
  /** Says which move this stream is for; repeated until the plan comes. */
  | { readonly type: 'hello'; readonly move: number; readonly epoch: number }
  /** What the target takes and how: the source may have to convert rows (a rollback). */
  | { readonly type: 'plan'; readonly move: number; readonly epoch: number; readonly plan: unknown }
  /** `length`: bytes of the payload's memory that are the payload; not given: all. */
  | {
      readonly type: 'frame'
      readonly head: FrameHead
      readonly payload: ArrayBuffer
      readonly length?: number
    }
  | { readonly type: 'credit'; readonly credit: Credit }

/** Gives memory for a payload of so many bytes; shorter: the payload is of no use; null: new memory. */
export type Room = (bytes: number, head: FrameHead) => ArrayBuffer | null

export function encodeStream(message: StreamMessage): Uint8Array {
  if (message.type === 'frame') {
    const { head, payload } = message
    return pack('frame', head.move, head.epoch, head.seq, KINDS.indexOf(head.kind), payload)
  }
  if (message.type === 'credit') {
    const { move, epoch, next, window, gap } = message.credit
    const payload = new ArrayBuffer(4)
    new DataView(payload).setUint32(0, window, true)
    return pack('credit', move, epoch, next, gap ? 1 : 0, payload)
  }
  const text = message.type === 'plan' ? JSON.stringify(message.plan) : ''
  const payload = new TextEncoder().encode(text).buffer as ArrayBuffer
  return pack(message.type, message.move, message.epoch, 0, 0, payload)
}

/**
 * A frame whose payload of `length` bytes lies behind FRAME_FRONT bytes of a memory: the head is
 * written in front of it, and nothing is copied.
 */
export function frameInPlace(head: FrameHead, memory: ArrayBuffer, length: number): Uint8Array {
  const bytes = new Uint8Array(memory, FRAME_FRONT - HEAD_BYTES, HEAD_BYTES + length)
  writeHead(bytes, 'frame', head.move, head.epoch, head.seq, KINDS.indexOf(head.kind))
  return bytes
}

function pack(
  type: (typeof TYPES)[number],
  move: number,
  epoch: number,
  seq: number,
  kind: number,
  payload: ArrayBuffer,
): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + payload.byteLength)
  writeHead(bytes, type, move, epoch, seq, kind)
  bytes.set(new Uint8Array(payload), HEAD_BYTES)
  return bytes
}

function writeHead(
  bytes: Uint8Array,
  type: (typeof TYPES)[number],
  move: number,
  epoch: number,
  seq: number,
  kind: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, move, true)
  view.setUint32(8, epoch, true)
  view.setUint32(12, seq, true)
  view.setUint8(16, TYPES.indexOf(type))
  view.setUint8(17, kind)
  view.setUint16(18, STREAM_VERSION, true)
}

/**
 * Throws ClickUpError PROTOCOL.
 * @param room gives memory for payloads; not given: new memory
 */
export function decodeStream(bytes: Uint8Array, room?: Room): StreamMessage {
  if (bytes.byteLength < HEAD_BYTES) throw refuse(`a frame of ${bytes.byteLength} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw refuse('a frame that is not of a state stream')
  const version = view.getUint16(18, true)
  if (version !== STREAM_VERSION)
    throw refuse(`a frame of stream version ${version}, this side speaks ${STREAM_VERSION}`)
  const move = view.getUint32(4, true)
  const epoch = view.getUint32(8, true)
  const seq = view.getUint32(12, true)
  const type = TYPES[view.getUint8(16)]
  const detail = view.getUint8(17)
  const payload = bytes.subarray(HEAD_BYTES)
  if (type === 'frame') {
    const kind = KINDS[detail]
    if (kind === undefined) throw refuse(`a frame of kind ${detail}`)
    const head = { move, epoch, seq, kind }
    const memory = room?.(payload.length, head) ?? null
    if (memory === null) return { type, head, payload: copy(payload) }
    if (memory.byteLength < payload.length) return { type, head, payload: memory, length: 0 }
    new Uint8Array(memory).set(payload)
    return { type, head, payload: memory, length: payload.length }
  }
  if (type === 'credit') {
    if (payload.byteLength !== 4) throw refuse('a credit of another length')
    const window = view.getUint32(HEAD_BYTES, true)
    return { type, credit: { move, epoch, next: seq, window, gap: detail === 1 } }
  }
  if (type === 'plan') return { type, move, epoch, plan: parse(payload) }
  if (type === 'hello') return { type, move, epoch }
  throw refuse(`a frame of type ${view.getUint8(16)}`)
}

/** The bytes in a buffer of their own, which can be transferred to the worker. */
function copy(bytes: Uint8Array): ArrayBuffer {
  // Not zeroed first: each byte is written.
  const own = Buffer.allocUnsafeSlow(bytes.byteLength)
  own.set(bytes)
  return own.buffer as ArrayBuffer
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw refuse('a plan that is not JSON')
  }
}

function refuse(what: string): ClickUpError {
  return new ClickUpError(
    'PROTOCOL',
    `state stream: ${what}`,
    'both replicas must be of releases that speak the same stream version',
  )
}
