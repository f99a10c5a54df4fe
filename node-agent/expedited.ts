// Grace periods of the kernel's RCU, expedited: opening and closing of AF_XDP sockets, attaching of
// programs and removal of interfaces wait for one each, 10 to 20 ms of doing nothing. Expedited they
// take well below a millisecond. The switch is the whole system's, so it is on only while a replica
// comes or goes, and who was killed meanwhile leaves a note for the next agent to turn it off.
// Where it cannot be set, all of that takes its time as ever.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const SWITCH = '/sys/kernel/rcu_expedited'

/** Sets the switch where it has the expected value; false: it was not changed. */
export function setExpedited(expected: '0' | '1', value: '0' | '1', file = SWITCH): boolean {
  try {
    if (readFileSync(file, 'latin1').trim() !== expected) return false
    writeFileSync(file, value)
    return true
  } catch {
    return false // not root's to write here (a container), or a kernel without it
  }
}

export class Expedited {
  readonly #note: string
  readonly #switch: string
  #users = 0
  #mine = false

  /** @param note file that is there while the switch is on by this agent's hand */
  constructor(note: string, file = SWITCH) {
    this.#note = note
    this.#switch = file
    if (!existsSync(note)) return
    setExpedited('1', '0', file)
    rmSync(note, { force: true })
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#users++ === 0) this.#on()
    try {
      return await work()
    } finally {
      if (--this.#users === 0) this.#off()
    }
  }

  #on(): void {
    writeFileSync(this.#note, '')
    this.#mine = setExpedited('0', '1', this.#switch)
    // It is on already, by another's hand, or cannot be set.
    if (!this.#mine) rmSync(this.#note, { force: true })
  }

  #off(): void {
    if (!this.#mine) return
    this.#mine = false
    setExpedited('1', '0', this.#switch)
    rmSync(this.#note, { force: true })
  }
}
