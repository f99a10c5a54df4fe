// The coordinator is killed at each step of an upgrade; a successor on the same store finishes or
// undoes it, and the service is served by exactly one replica throughout.

import test from 'ava'
import { realClock } from '../../../lib/clock.ts'
import { ASK_AGAIN_MS, ASK_TRIES } from '../../../lib/limits.ts'
import { alive, errorOf, Lab, until } from './lab.ts'

/** Silence after which the test takes the coordinator for dead: it says more often that it works. */
const CRASHED_MS = 2_500

const STEPS = [
  'after_begin',
  'after_precopy',
  'after_hold',
  'before_flip',
  'journalled_flip',
  'after_flip',
  'after_drain',
  'journalled_forget',
  'after_forget',
  'journalled_finished',
]
for (const step of STEPS) {
  test.serial(`kill -9 of the coordinator ${step}: its successor finishes or undoes`, async (t) => {
    const lab = new Lab(t)
    const crash = { CLICK_UP_FAILPOINTS: `move.conductor.${step}=crash` }
    const first = await lab.coordinator(crash)
    await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    await lab.deploy(client)
    const one = await lab.settled(client)
    const lost = await errorOf(lab.upgrade(client, 'v2', [], CRASHED_MS))
    t.is(lost.code, 'UNREACHABLE')
    t.is((await first.exited).signal, 'SIGKILL')
    t.true(alive(one.pid))
    await lab.coordinator()
    await lab.agentKnown(client)
    const now = await lab.settled(client)
    const decided = !['after_begin', 'after_precopy', 'after_hold', 'before_flip'].includes(step)
    t.is(now.replica, decided ? 'nat.2' : 'nat.1')
    t.is((await lab.service(client)).change, null)
    // And it goes on as ever.
    t.is((await lab.upgrade(client, 'v3')).outcome, 'done')
    t.is((await lab.settled(client)).replica, 'nat.3')
  })
}

// The conductor fails and the process lives on, as when the store's disk is full for a while.
for (const step of ['after_begin', 'after_hold', 'journalled_flip']) {
  test.serial(
    `an error of the conductor ${step}: the same coordinator ends the move`,
    async (t) => {
      const lab = new Lab(t)
      await lab.coordinator({ CLICK_UP_FAILPOINTS: `move.conductor.${step}=error` })
      await lab.agent()
      const client = lab.client()
      await lab.agentKnown(client)
      await lab.deploy(client)
      await lab.settled(client)
      t.is((await errorOf(lab.upgrade(client, 'v2'))).code, 'INTERNAL')
      const now = await lab.settled(client)
      t.is(now.replica, step === 'journalled_flip' ? 'nat.2' : 'nat.1')
      t.is((await lab.service(client)).change, null)
    },
  )
}

test.serial(
  'SIGTERM in mid-move: the coordinator ends at once, its successor ends the move',
  async (t) => {
    const lab = new Lab(t)
    const first = await lab.coordinator()
    await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    await lab.deploy(client)
    await lab.settled(client)
    const events: { step?: string }[] = []
    const upgrade = errorOf(lab.upgrade(client, 'v2 MUTE_hold', events))
    await until(() => events.some((e) => e.step === 'hold'))
    const since = realClock.now()
    first.child.kill('SIGTERM')
    const error = await upgrade
    t.is(error.code, 'UNREACHABLE')
    t.regex(error.message, /is ending/)
    t.deepEqual(await first.exited, { code: 0, signal: null })
    t.true(realClock.now() - since < ASK_AGAIN_MS * ASK_TRIES, 'it did not wait for the conductor')
    await lab.coordinator()
    await lab.agentKnown(client)
    t.is((await lab.settled(client)).replica, 'nat.1')
    t.is((await lab.service(client)).change, null)
  },
)
