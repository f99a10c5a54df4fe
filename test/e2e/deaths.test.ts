// The death of either side at each step of a move, and of the coordinator, by kill -9 at a named
// failpoint, under traffic. Each ends as the table in doc/architecture.md ("The move") says.

import test, { type ExecutionContext } from 'ava'
import { driverText, makeStage, sleep, until } from './stage.ts'

interface Death {
  readonly failpoint: string
  /** Who owns the service in the end. */
  readonly owner: 'old' | 'new' | 'either'
  /** Packets may be lost: only where somebody died who owned or held them. */
  readonly lossless: boolean
}

const DEATHS: readonly Death[] = [
  // New replica, before the flip: the old one stays owner, untouched.
  { failpoint: 'move.target.before_preparing', owner: 'old', lossless: true },
  { failpoint: 'move.target.after_incoming', owner: 'old', lossless: true },
  { failpoint: 'move.target.after_first_frame', owner: 'old', lossless: true },
  { failpoint: 'move.target.after_held', owner: 'old', lossless: true },
  // After the flip: back to the old one, which has its rows still.
  { failpoint: 'move.target.before_releasing', owner: 'old', lossless: false },
  { failpoint: 'move.target.after_releasing', owner: 'old', lossless: false },
  { failpoint: 'move.target.before_owner', owner: 'old', lossless: false },
  // Old replica: the new one takes over with what has come.
  { failpoint: 'move.source.before_copying', owner: 'new', lossless: false },
  { failpoint: 'move.source.after_first_frame', owner: 'new', lossless: false },
  { failpoint: 'move.source.after_settled', owner: 'new', lossless: false },
  { failpoint: 'move.source.before_draining', owner: 'new', lossless: false },
  { failpoint: 'move.source.before_drained', owner: 'new', lossless: false },
  { failpoint: 'move.source.after_drained', owner: 'new', lossless: true },
  { failpoint: 'move.source.before_forgotten', owner: 'new', lossless: true },
  // The coordinator: nobody notices; its successor finishes or undoes.
  { failpoint: 'move.conductor.before_begin', owner: 'either', lossless: true },
  { failpoint: 'move.conductor.after_begin', owner: 'either', lossless: true },
  { failpoint: 'move.conductor.after_precopy', owner: 'either', lossless: true },
  { failpoint: 'move.conductor.after_hold', owner: 'either', lossless: true },
  { failpoint: 'move.conductor.journalled_flip', owner: 'new', lossless: true },
  { failpoint: 'move.conductor.after_flip', owner: 'new', lossless: true },
  { failpoint: 'move.conductor.before_forget', owner: 'new', lossless: true },
  { failpoint: 'move.conductor.journalled_forget', owner: 'new', lossless: true },
  { failpoint: 'move.conductor.after_forget', owner: 'new', lossless: true },
]

async function check(t: ExecutionContext, death: Death): Promise<void> {
  const stage = await makeStage({ connections: 10, flows: 4, packetsPerS: 300 })
  try {
    const armed = { CLICK_UP_FAILPOINTS: `${death.failpoint}=crash` }
    const conductor = death.failpoint.startsWith('move.conductor')
    await stage.cluster.start('coordinator', conductor ? armed : {})
    await stage.cluster.start('agent', conductor ? {} : armed)
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const traffic = await stage.startTraffic()
    try {
      await sleep(300)
      const upgrade = stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])
      if (conductor) {
        await new Promise((resolve) => stage.cluster.process('coordinator').once('exit', resolve))
        t.is(stage.cluster.process('coordinator').signalCode, 'SIGKILL', 'the failpoint was hit')
        await sleep(200)
        await stage.cluster.start('coordinator')
      }
      const { code, events } = await upgrade
      t.log(`upgrade ended with ${code}: ${JSON.stringify(events.at(-1)).slice(0, 300)}`)
      const status = await until(
        stage,
        (s) => s.change === null && s.state === 'running' && s.replicas.length === 1,
      )
      if (death.owner !== 'either') t.is(status.owner, death.owner === 'old' ? 'nat.1' : 'nat.2')
      t.is(status.replicas[0]?.replica, status.owner!)
      if (!conductor) t.is(code, death.owner === 'old' ? 1 : 0)
      traffic.mark()
      await sleep(700)
      const { udp, tcp } = await traffic.finish()
      t.log(JSON.stringify({ udp, tcp }))
      t.is(udp.reordered + udp.duplicated, 0)
      t.is(tcp.survived, tcp.connections, 'what was lost, the kernel sends again')
      if (death.lossless) t.is(udp.lost, 0)
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

for (const death of DEATHS)
  test.serial(`kill -9 at ${death.failpoint} (driver ${driverText})`, check, death)
