// What an instance asks of the engine (schedules, timers, notifications), through the seat that it
// has in the configuration at work: an instance that stays gets another number in the next one, and
// what it holds goes on to work.

import type { Hooks, Seat } from './instance.ts'
import type { Pool } from './packet.ts'
import type { Running } from './running.ts'
import type { TaskList } from './tasks.ts'
import { listenersOf, sinksOf } from './wakeups.ts'

export function hooksOf(seat: Seat, pool: Pool): Hooks {
  return {
    schedule: () => seat.run.tasks.schedule(seat.index),
    timerAt: (ms) => seat.run.timers.set(seat.index, ms),
    kill: (p) => pool.free(p),
    notify: () => {
      const { run, index } = seat
      run.quiet[index] = 0
      wakeAll(run.tasks, run.listeners[index]!)
    },
    signalEmpty: () => {
      seat.run.quiet[seat.index] = 1
    },
    signalFull: (full) => {
      const { run, index } = seat
      run.full[index] = full ? 1 : 0
      if (!full) wakeAll(run.tasks, run.sources[index]!)
    },
    canPush: () => {
      const { run, index } = seat
      const sinks = run.sinks[index]!
      if (sinks === null) return true
      for (let k = 0; k < sinks.length; k++) if (run.full[sinks[k]!] === 0) return true
      return false
    },
  }
}

function wakeAll(tasks: TaskList, elements: readonly number[]): void {
  for (let k = 0; k < elements.length; k++) tasks.schedule(elements[k]!)
}

/** Works out who wakes whom, in steps. */
export function* resolveWakeups(run: Running): Generator<void, void> {
  const { instances } = run
  const listeners: (readonly number[])[] = []
  const sinks: (readonly number[] | null)[] = []
  for (const [i, { spec }] of instances.entries()) {
    listeners.push(listenersOf(instances, i))
    sinks.push(spec.task === undefined ? null : sinksOf(instances, i))
    if (i % 16 === 15) yield
  }
  run.listeners = listeners
  run.sinks = sinks
  run.sources = instances.map((_, i) =>
    sinks.flatMap((filled, source) => (filled?.includes(i) === true ? [source] : [])),
  )
}
