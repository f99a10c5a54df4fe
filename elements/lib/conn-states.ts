// States of connections as a firewall between two hosts sees them: TCP's by its flags, of other
// protocols whether both sides have spoken. Pure: numbers in, numbers out.
//
//   syn_sent ─SYN ACK─▶ syn_received ─ACK─▶ established ─FIN─▶ fin_wait ─FIN─▶ time_wait
//       └──── RST in any state ────▶ reset          (SYN from inside in the last two: syn_sent)
//
// A RST may be forged, so it only shortens the time that a connection may be idle: packets still pass,
// and each lets it live on.

import { ICMP, TCP } from './rewriter-packet.ts'

const SYN_SENT = 0
const SYN_RECEIVED = 1
const ESTABLISHED = 2
const FIN_WAIT = 3
const TIME_WAIT = 4
const RESET = 5
/** One side has spoken; the next number: both have. */
const UDP_NEW = 6
const UDP_BOTH = 7
const ICMP_NEW = 8
const ICMP_BOTH = 9
const OTHER_NEW = 10
const OTHER_BOTH = 11

export const STATE_NAMES = [
  'syn_sent',
  'syn_received',
  'established',
  'fin_wait',
  'time_wait',
  'reset',
  'new',
  'both',
  'new',
  'both',
  'new',
  'both',
] as const

/** Idle times by state, in seconds, as configured. */
export interface IdleTimes {
  readonly TCP_SYN_TIMEOUT: number
  readonly TCP_ESTABLISHED_TIMEOUT: number
  readonly TCP_FIN_TIMEOUT: number
  readonly TCP_RST_TIMEOUT: number
  readonly UDP_TIMEOUT: number
  readonly ICMP_TIMEOUT: number
  readonly OTHER_TIMEOUT: number
}

/** Idle time of each state. */
export function idleByState(c: IdleTimes): readonly number[] {
  const byState: number[] = []
  byState[SYN_SENT] = c.TCP_SYN_TIMEOUT
  byState[SYN_RECEIVED] = c.TCP_SYN_TIMEOUT
  byState[ESTABLISHED] = c.TCP_ESTABLISHED_TIMEOUT
  byState[FIN_WAIT] = c.TCP_FIN_TIMEOUT
  byState[TIME_WAIT] = c.TCP_FIN_TIMEOUT
  byState[RESET] = c.TCP_RST_TIMEOUT
  byState[UDP_NEW] = c.UDP_TIMEOUT
  byState[UDP_BOTH] = c.UDP_TIMEOUT
  byState[ICMP_NEW] = c.ICMP_TIMEOUT
  byState[ICMP_BOTH] = c.ICMP_TIMEOUT
  byState[OTHER_NEW] = c.OTHER_TIMEOUT
  byState[OTHER_BOTH] = c.OTHER_TIMEOUT
  return byState
}

/** Of a connection that begins, by its protocol. */
export function firstState(proto: number, hasPorts: boolean): number {
  if (proto === TCP) return SYN_SENT
  if (hasPorts) return UDP_NEW
  return proto === ICMP ? ICMP_NEW : OTHER_NEW
}

/** Has the connection come about? At capacity it is then not given up for a new one. */
export function isAssured(state: number): boolean {
  return state === ESTABLISHED || state === FIN_WAIT || state === UDP_BOTH || state === OTHER_BOTH
}

/** Bits of a row's flags: who began, and which sides have ended it. */
export const BY_OUTSIDE = 1
const FIN_INSIDE = 2
const FIN_OUTSIDE = 4
const FINS = FIN_INSIDE | FIN_OUTSIDE

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/** Flags that no connection has: nothing at all, or a beginning that is an end as well. */
export function isNonsense(control: number): boolean {
  if ((control & (SYN | RST | ACK)) === 0) return true
  return (control & SYN) !== 0 && (control & (FIN | RST)) !== 0
}

/** Does a packet with these flags begin a connection? */
export function isOpening(control: number): boolean {
  return (control & (SYN | ACK)) === SYN
}

/** `tcpNext`: the packet would begin a connection anew, which those outside may not. */
export const ANEW = -1
/** Where `tcpNext` has the flags. */
export const FLAGS_SHIFT = 8

/** State and flags (flags << FLAGS_SHIFT) after a packet, or ANEW. */
export function tcpNext(
  state: number,
  flags: number,
  control: number,
  fromOutside: boolean,
): number {
  const isAnswer = fromOutside !== ((flags & BY_OUTSIDE) !== 0)
  let next = state
  if ((control & RST) !== 0) next = RESET
  else if (isOpening(control)) {
    // The same ports again: those inside may begin at once, for others it is a new connection.
    if (state === TIME_WAIT || state === RESET) return fromOutside ? ANEW : SYN_SENT
    // Both at once (RFC 9293, 3.5; RFC 5382, REQ-2).
    if (isAnswer && state === SYN_SENT) next = SYN_RECEIVED
  } else if ((control & SYN) !== 0) {
    if (isAnswer && state === SYN_SENT) next = SYN_RECEIVED
    else if (!isAnswer && state === SYN_RECEIVED) next = ESTABLISHED // the end of both at once
  } else if (!isAnswer && state === SYN_RECEIVED) next = ESTABLISHED
  let now = flags
  if ((control & FIN) !== 0) now |= fromOutside ? FIN_OUTSIDE : FIN_INSIDE
  if (next !== RESET && (now & FINS) !== 0) next = (now & FINS) === FINS ? TIME_WAIT : FIN_WAIT
  return next | (now << FLAGS_SHIFT)
}
