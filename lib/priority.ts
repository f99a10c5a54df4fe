// Priority of threads: packets, and the few messages that packets wait for during a move, go before
// other work of the machine. Linux has a nice value a thread, which new threads and processes
// inherit; setting it below 0 takes CAP_SYS_NICE. Without it everything stays as it is.
//
// Where the kernel groups processes by session (autogroup, usual on desktops and small servers), a nice
// value counts within a session only, and sessions have equal shares: packets would wait for any
// other session's batch job. A session has a nice value of its own, then: /proc/self/autogroup.

import { readFileSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { PACKET_PRIORITY } from './limits.ts'

/** Gives the calling thread PACKET_PRIORITY; false: not allowed to. */
export function goFirst(): boolean {
  return set(PACKET_PRIORITY)
}

/**
 * Gives the process's session PACKET_PRIORITY among sessions: a replica's, when packets wait for it.
 * False: not allowed to, no such groups here, or others are in the session, whom it would raise too.
 */
export function sessionFirst(): boolean {
  return setSession(PACKET_PRIORITY)
}

/** The same, back to the ordinary priority. */
export function sessionOrdinary(): boolean {
  return setSession(0)
}

function setSession(nice: number): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
    if (session !== process.pid) return false
    writeFileSync('/proc/self/autogroup', String(nice))
    return true
  } catch {
    return false
  }
}

/** Gives the calling thread the ordinary priority: while it does what nobody waits for. */
export function goOrdinary(): boolean {
  return set(0)
}

/** Runs `work` at the ordinary priority: a process that is started in it has that one. */
export function atOrdinary<T>(work: () => T): T {
  const before = getPriority()
  set(0)
  try {
    return work()
  } finally {
    set(before)
  }
}

function set(nice: number): boolean {
  try {
    setPriority(nice)
    return true
  } catch {
    return false
  }
}
