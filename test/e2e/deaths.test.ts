// The death of either side at each step of a move, and of the coordinator, by kill -9 at a named
// failpoint, under traffic. Each ends as the table in doc/architecture.md ("The move") says, and
// loses packets only where that says so.
//
// What a process said just before it died may have been sent or not. Where that decides how the move
// ends there are two endings, told apart by the outcome and the epoch, each with its own demands.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Stage } from '../../demo/stage.ts'
import { driverText, makeStage, sleep, until } from './stage.ts'

/** How a move ends; `epochs`: of the service, after a move that began at 1. */
const ENDINGS = {
  // No flip took place, whether one was decided or not: nothing happened to the packets.
  undone: { owner: 'nat.1', lossless: true, epochs: [1, 3] },
  // The target died after the flip: what was steered to it is lost.
  back: { owner: 'nat.1', lossless: false, epochs: [3] },
  // The source died before its last word was sent: what it had is lost.
  takeover: { owner: 'nat.2', lossless: false, epochs: [2, 4] },
  // Also where the source died after its last word.
  done: { owner: 'nat.2', lossless: true, epochs: [2, 4] },
} as const
type Ending = keyof typeof ENDINGS

const DEATHS: Readonly<Record<string, readonly Ending[]>> = {
  // New replica, before the flip: the old one stays owner, untouched.
  'move.target.before_preparing': ['undone'],
  'move.target.after_incoming': ['undone'],
  'move.target.after_first_frame': ['undone'],
  // Its `held` makes the conductor decide the flip, if it was sent; the agent carries it out, if it
  // has not noticed the death.
  'move.target.after_held': ['undone', 'back'],
  // After the flip: back to the old one, which has its rows still.
  'move.target.before_releasing': ['back'],
  'move.target.after_releasing': ['back'],
  'move.target.before_owner': ['back'],
  // Old replica: the new one takes over with what has come.
  'move.source.before_copying': ['takeover'],
  'move.source.after_first_frame': ['takeover'],
  'move.source.after_settled': ['takeover'],
  'move.source.before_draining': ['takeover'],
  'move.source.before_drained': ['takeover'],
  // Its `done` is the last word, if it was sent.
  'move.source.after_drained': ['done', 'takeover'],
  'move.source.before_forgotten': ['done'],
  // The coordinator: nobody notices. Its successor undoes what was not decided yet, finishes the rest.
  'move.conductor.before_begin': ['undone'],
  'move.conductor.after_begin': ['undone'],
  'move.conductor.after_precopy': ['undone'],
  'move.conductor.after_hold': ['undone'],
  'move.conductor.journalled_flip': ['done'],
  'move.conductor.after_flip': ['done'],
  'move.conductor.before_forget': ['done'],
  'move.conductor.journalled_forget': ['done'],
  'move.conductor.after_forget': ['done'],
}

/** @param result the upgrade's last line; of no use where the coordinator died in it */
function endingOf(stage: Stage, result: Record<string, unknown>, owner: string | null): Ending {
  if (result.outcome === 'done' || result.outcome === 'takeover') return result.outcome
  if (owner === 'nat.2') return 'done'
  // The agent writes down every flip that took place. The move's first one has epoch 2.
  const log = readFileSync(join(stage.cluster.dir, 'agent.log'), 'utf8')
  return /"event":"flipped".*"epoch":2\b/.test(log) ? 'back' : 'undone'
}

async function check(t: ExecutionContext, failpoint: string): Promise<void> {
  const stage = await makeStage({ connections: 10, flows: 4, packetsPerS: 300 })
  try {
    const armed = { CLICK_UP_FAILPOINTS: `${failpoint}=crash` }
    const conductor = failpoint.startsWith('move.conductor')
    await stage.cluster.start('coordinator', conductor ? armed : {})
    await stage.cluster.start('agent', conductor ? {} : armed)
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const traffic = await stage.startTraffic()
    try {
      await sleep(200)
      const upgrade = stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])
      if (conductor) {
        await new Promise((resolve) => stage.cluster.process('coordinator').once('exit', resolve))
        t.is(stage.cluster.process('coordinator').signalCode, 'SIGKILL', 'the failpoint was hit')
        await sleep(200)
        await stage.cluster.start('coordinator')
      }
      const { code, events } = await upgrade
      const result = events.at(-1) ?? {}
      const status = await until(
        stage,
        (s) => s.change === null && s.state === 'running' && s.replicas.length === 1,
      )
      const ending = endingOf(stage, result, status.owner)
      t.log(`${ending}; upgrade ended with ${code}: ${JSON.stringify(result).slice(0, 300)}`)
      const { owner, lossless, epochs } = ENDINGS[ending]
      t.true(DEATHS[failpoint]!.includes(ending), `${ending} is no ending of this death`)
      t.is(status.owner, owner)
      t.true((epochs as readonly number[]).includes(status.epoch), `epoch ${status.epoch}`)
      t.is(status.replicas[0]?.replica, owner)
      t.is(code, conductor ? 3 : owner === 'nat.1' ? 1 : 0)
      traffic.mark()
      await sleep(500)
      const { udp, tcp } = await traffic.finish()
      t.log(JSON.stringify({ udp, tcp }))
      t.is(udp.reordered + udp.duplicated, 0)
      t.is(tcp.survived, tcp.connections, 'what was lost, the kernel sends again')
      if (lossless) t.is(udp.lost, 0)
    } finally {
      traffic.stop()
    }
  } catch (error) {
    t.log(stage.cluster.log('coordinator'))
    t.log(stage.cluster.log('agent'))
    throw error
  } finally {
    await stage.close()
  }
}

for (const failpoint of Object.keys(DEATHS))
  test.serial(`kill -9 at ${failpoint} (driver ${driverText})`, check, failpoint)
