// ICMP messages that elements make: types and codes as they are configured, and echo headers.

import type { ErrorContext } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'
import { checksum } from './checksum.ts'
import { ICMP_CODES, ICMP_TYPES } from './icmp-names.ts'
import { setU16 } from './ip-header.ts'

export const ECHO_REPLY = 0
export const UNREACHABLE = 3
export const NEED_FRAGMENT = 4
export const SOURCE_QUENCH = 4
export const REDIRECT = 5
export const ECHO = 8
export const TIME_EXCEEDED = 11
export const PARAMETER_PROBLEM = 12
export const TIMESTAMP = 13
const TIMESTAMP_REPLY = 14
export const INFORMATION_REPLY = 16

/** Header of most messages, and of those that carry three times. */
const HEADER = 8
const TIMES_HEADER = 20

export function icmpHeaderLength(type: number): number {
  return type === TIMESTAMP || type === TIMESTAMP_REPLY ? TIMES_HEADER : HEADER
}

/** Has the header an identifier and a sequence number? */
export function isSequenced(type: number): boolean {
  return type === ECHO || type === ECHO_REPLY || (type >= TIMESTAMP && type <= INFORMATION_REPLY)
}

/** Is the message about another packet? No error is made about such a one (RFC 1122, 3.2.2). */
export function isErrorType(type: number): boolean {
  return (
    type === UNREACHABLE ||
    type === SOURCE_QUENCH ||
    type === REDIRECT ||
    type === TIME_EXCEEDED ||
    type === PARAMETER_PROBLEM
  )
}

/** A type by name or number, not bounded; null: neither. */
export function parseIcmpType(text: string): number | null {
  return Object.hasOwn(ICMP_TYPES, text) ? ICMP_TYPES[text]! : parseInteger(text)
}

/** A code of a type, by name or number, 0 to 255; null: neither. */
export function parseIcmpCode(type: number, text: string): number | null {
  const names = ICMP_CODES[type] ?? {}
  const code = Object.hasOwn(names, text) ? names[text]! : parseInteger(text)
  return code === null || code < 0 || code > 255 ? null : code
}

/** Type and code as configured; mistakes go to the context. */
export function typeAndCode(
  typeText: string,
  codeText: string,
  words: { readonly type: string; readonly code: string },
  context: ErrorContext,
): { type: number; code: number } {
  const type = parseIcmpType(typeText)
  if (type === null) context.error('TYPE: invalid number')
  else if (type < 0 || type > 255) context.error(words.type)
  const code = parseIcmpCode(type ?? 0, codeText)
  if (code === null) context.error(words.code)
  return { type: type ?? 0, code: code ?? 0 }
}

/** Computes and stores the checksum of a message. */
export function setIcmpChecksum(m: Uint8Array, t: number, length: number): void {
  setU16(m, t + 2, 0)
  setU16(m, t + 2, checksum(m, t, length))
}
