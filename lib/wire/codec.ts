// Control messages as bytes: msgpackr behind `encode` and `decode`, bounded in length, checked
// before they are unpacked (scan.ts) and checked for an envelope's shape afterwards. Whatever else
// arrives ends as a ClickUpError PROTOCOL. The only file that imports msgpackr.

import { Packr } from 'msgpackr'
import { ClickUpError } from '../errors.ts'
import { MESSAGE_BYTES_MAX } from '../limits.ts'
import type { Envelope } from './messages.ts'
import { PROTOCOL_MAJOR } from './messages.ts'
import { scanMsgpack } from './scan.ts'

/** Characters of a kind or an id: what we make is shorter than 40. */
const NAME_MAX = 128

const packr = new Packr({
  useRecords: false,
  encodeUndefinedAsNil: true,
  int64AsType: 'number',
})

/** Bytes of a message. Throws LIMIT where they are more than MESSAGE_BYTES_MAX. */
export function encode(message: Envelope): Uint8Array {
  const bytes = packr.pack(message)
  if (bytes.length > MESSAGE_BYTES_MAX)
    throw new ClickUpError(
      'LIMIT',
      `message '${message.kind}' has ${bytes.length} bytes, more than ${MESSAGE_BYTES_MAX}`,
      'the elements of the service, or a handler value, are too large for one message',
    )
  return bytes
}

/** The message in the bytes, of any protocol version. Throws PROTOCOL where they are not one. */
export function decode(bytes: Uint8Array): Envelope {
  if (bytes.length > MESSAGE_BYTES_MAX)
    throw refused(`${bytes.length} bytes, more than ${MESSAGE_BYTES_MAX}`)
  const fault = scanMsgpack(bytes)
  if (fault !== null) throw refused(fault)
  let value: unknown
  try {
    value = packr.unpack(bytes)
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause))
  }
  return asEnvelope(value)
}

/** Null when both sides can talk; otherwise the error, with both versions in it. */
export function versionFault(message: Envelope): ClickUpError | null {
  if (message.v === PROTOCOL_MAJOR) return null
  return new ClickUpError(
    'PROTOCOL',
    `the peer speaks protocol version ${message.v}, this side version ${PROTOCOL_MAJOR}`,
    'run the same release of click-up on both sides',
  )
}

function asEnvelope(value: unknown): Envelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused('not a message')
  const m = value as Record<string, unknown>
  if (!Number.isInteger(m.v)) throw refused("'v' is not a protocol version")
  if (!isName(m.kind)) throw refused("'kind' is not a name")
  if (m.id !== null && !isName(m.id)) throw refused("'id' is neither null nor a name")
  if (m.re !== null && !isName(m.re)) throw refused("'re' is neither null nor a name")
  if (!('body' in m)) throw refused("no 'body'")
  return { v: m.v as number, kind: m.kind, id: m.id, re: m.re, body: m.body }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= NAME_MAX
}

function refused(why: string): ClickUpError {
  return new ClickUpError(
    'PROTOCOL',
    `bytes that are not a click-up message: ${why}`,
    'is something else connected to this address?',
  )
}
