// The connections of a ChatterSocket: each gets every line that the router prints.

import type { RouterServices } from '../../dataplane/element.ts'
import { CHATTER_BEHIND_MAX } from '../../lib/limits.ts'
import type { Session } from './control-server.ts'

const GREETING = 'Click::ChatterSocket/1.0\r\n'

interface Listener {
  readonly write: (bytes: Buffer) => number
  readonly drop: () => void
}

export class ChatterSessions {
  readonly #greeting: boolean
  readonly #hears: boolean
  readonly #listeners = new Set<Listener>()
  #silence: () => void = () => undefined

  /** @param hears whether lines of the router are of its channel */
  constructor(greeting: boolean, hears: boolean) {
    this.#greeting = greeting
    this.#hears = hears
  }

  /** From now on lines of that router are sent, and no others. */
  listenTo(router: RouterServices): void {
    this.#silence()
    if (this.#hears) this.#silence = router.onPrint((line) => this.#send(line))
  }

  close(): void {
    this.#silence()
  }

  open(_router: unknown, write: Listener['write'], drop: () => void): Session {
    const listener = { write, drop }
    this.#listeners.add(listener)
    if (this.#greeting) write(Buffer.from(GREETING))
    return {
      feed: () => Promise.resolve(true),
      finish: () => Promise.resolve(true),
      stop: () => Promise.resolve(),
      gone: () => {
        this.#listeners.delete(listener)
      },
    }
  }

  #send(line: string): void {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    for (const listener of this.#listeners) {
      if (listener.write(bytes) > CHATTER_BEHIND_MAX) listener.drop()
    }
  }
}
