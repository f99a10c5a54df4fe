// Runs configurations in simulated time, without an event loop.

import { SimulatedClock } from '../../../dataplane/clock.ts'
import type { Router } from '../../../dataplane/router.ts'
import { type StandaloneOptions, standalone } from '../../../dataplane/standalone.ts'

export interface Lab {
  readonly router: Router
  readonly clock: SimulatedClock
  /** What Print and errors printed. */
  readonly printed: string[]
  read(path: string, arg?: string): string
  write(path: string, value?: string): void
  /** Runs turns; time jumps to the next timer when there is nothing to do, up to `ms`. */
  run(ms: number): void
}

export async function lab(config: string, options: Partial<StandaloneOptions> = {}): Promise<Lab> {
  const clock = new SimulatedClock(1_000_000_000)
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const { router } = await standalone(config, { filename: 'config', clock, print, ...options })
  router.activate()
  return {
    router,
    clock,
    printed,
    read: (path, arg = '') => router.readHandler(path, arg),
    write: (path, value = '') => router.writeHandler(path, value),
    run(ms) {
      const end = router.nowMs + ms
      for (let turns = 0; turns < 100_000 && !router.stopped; turns++) {
        if (router.turn()) continue
        if (router.nextTimerMs > end) break
        clock.advanceTo(router.nextTimerMs)
      }
      clock.advanceTo(end)
    },
  }
}
