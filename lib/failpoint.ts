// Failpoints: named places where a test makes a process die, fail or dawdle on purpose.
//
//   CLICK_UP_FAILPOINTS=move.source.after_drained=crash,agent.before_swap=sleep(200)
//
//   crash      SIGKILL to the process itself: nothing is cleaned up, as with a real kill -9
//   error      throws ClickUpError INTERNAL
//   sleep(ms)  blocks the thread (`failpointAsync`: only the caller)
//
// Without the variable a call is one comparison. Worker threads inherit the environment, so that a
// failpoint in the packet loop works too. `before_x`: the step was decided, none of its actions
// carried out; `after_x`: all of them were.

import { ClickUpError } from './errors.ts'

/** Every failpoint. The move's steps, role by role; a test hits each one. */
export const FAILPOINTS = [
  'move.conductor.before_begin', // not journalled yet
  'move.conductor.after_begin', // journalled, `prepare` sent
  'move.conductor.after_precopy', // `start` sent
  'move.conductor.after_hold', // `hold` sent
  'move.conductor.before_flip', // not journalled yet
  'move.conductor.journalled_flip', // journalled, not sent to the agent
  'move.conductor.after_flip', // sent to the agent
  'move.conductor.after_drain', // the agent's answer came
  'move.conductor.before_forget', // released, not journalled yet
  'move.conductor.journalled_forget', // journalled, `forget` not sent
  'move.conductor.after_forget', // `forget` sent
  'move.conductor.before_undo',
  'move.conductor.after_undo',
  'move.conductor.before_back',
  'move.conductor.journalled_back',
  'move.conductor.after_back',
  'move.conductor.before_takeover',
  'move.conductor.journalled_takeover',
  'move.conductor.after_takeover',
  'move.conductor.before_finished',
  'move.conductor.journalled_finished',
  'move.source.before_copying', // `start` came, nothing done
  'move.source.after_copying', // subscribed, connected
  'move.source.after_first_frame', // in mid-snapshot
  'move.source.after_settled',
  'move.source.after_first_fence', // of several ports
  'move.source.before_draining', // every fence seen, nothing done
  'move.source.after_draining', // the packet loop was told
  'move.source.before_drained', // last deltas sent, `done` not
  'move.source.after_drained', // `done` sent
  'move.source.before_forgotten', // `forget` came, rows still there
  'move.source.after_forgotten',
  'move.target.before_preparing', // `prepare` came, nothing done
  'move.target.after_incoming', // ready, buckets held
  'move.target.after_first_frame', // in mid-snapshot
  'move.target.after_held',
  'move.target.before_releasing', // everything applied, nothing released
  'move.target.after_releasing', // the packet loop was told
  'move.target.before_owner', // released, the conductor not told
  'move.target.after_owner',
  'in_place.coordinator.journalled', // the change is written, nobody was asked
  'in_place.coordinator.answered', // the replica has said that it is done, nothing is written
  'in_place.replica.before', // asked, nothing done
  'in_place.replica.after', // swapped, not answered
  'agent.before_swap', // `flip` came, the owner table is the old one
  'agent.after_swap', // the new one in force, no fence sent
  'agent.after_fences', // sent, not answered
] as const

export type FailpointName = (typeof FAILPOINTS)[number]

type Effect =
  | { readonly kind: 'crash' }
  | { readonly kind: 'error' }
  | { readonly kind: 'sleep'; readonly ms: number }

const armed = parseFailpoints(process.env.CLICK_UP_FAILPOINTS)

/** A no-op unless armed. `sleep` blocks the thread. */
export function failpoint(name: FailpointName): void {
  if (armed === null) return
  const effect = armed.get(name)
  if (effect === undefined) return
  if (effect.kind === 'sleep')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, effect.ms)
  else fail(name, effect)
}

/** The same, for where a blocked thread would hide what is to be tested. */
export async function failpointAsync(name: FailpointName): Promise<void> {
  if (armed === null) return
  const effect = armed.get(name)
  if (effect === undefined) return
  if (effect.kind === 'sleep') await new Promise<void>((done) => setTimeout(done, effect.ms))
  else fail(name, effect)
}

/** Names and effects of a value of CLICK_UP_FAILPOINTS; null: none. Throws on what is not one. */
export function parseFailpoints(text: string | undefined): ReadonlyMap<string, Effect> | null {
  if (text === undefined || text.trim() === '') return null
  const effects = new Map<string, Effect>()
  for (const part of text.split(',')) {
    const match = /^\s*([a-z_.]+)\s*=\s*(?:(crash|error)|sleep\((\d+)\))\s*$/.exec(part)
    const name = match?.[1] ?? ''
    if (match === null || !(FAILPOINTS as readonly string[]).includes(name))
      throw new ClickUpError(
        'INTERNAL',
        `CLICK_UP_FAILPOINTS: '${part.trim()}' is no failpoint`,
        'give name=crash, name=error or name=sleep(ms), with names of lib/failpoint.ts',
      )
    if (match[2] === 'crash') effects.set(name, { kind: 'crash' })
    else if (match[2] === 'error') effects.set(name, { kind: 'error' })
    else effects.set(name, { kind: 'sleep', ms: Number(match[3]) })
  }
  return effects
}

/**
 * Calls the failpoint `<prefix>.<when>_<phase>` if there is one of that name: for those who run a
 * state machine and call this around the actions of every transition.
 */
export function failpointAt(
  prefix: string,
  when: 'before' | 'journalled' | 'after',
  phase: string,
) {
  if (armed === null) return
  const name = `${prefix}.${when}_${phase}`
  if (armed.has(name)) failpoint(name as FailpointName)
}

function fail(name: string, effect: Effect): void {
  if (effect.kind === 'crash') process.kill(process.pid, 'SIGKILL')
  // SIGKILL takes effect at once for the thread that sends it; `error` gets here.
  throw new ClickUpError('INTERNAL', `failpoint ${name}`, 'unset CLICK_UP_FAILPOINTS')
}
