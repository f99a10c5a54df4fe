// Priority of threads: packets, and the few messages that packets wait for during a move, go before
// other work of the machine. Linux has a nice value a thread, which new threads and processes
// inherit; setting it below 0 takes CAP_SYS_NICE. Without it everything stays as it is.

import { getPriority, setPriority } from 'node:os'
import { PACKET_PRIORITY } from './limits.ts'

/** Gives the calling thread PACKET_PRIORITY; false: not allowed to. */
export function goFirst(): boolean {
  return set(PACKET_PRIORITY)
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
