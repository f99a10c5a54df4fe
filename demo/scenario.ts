// The two changes that the demo compares, under the same traffic on the same stage: a live upgrade,
// and Click's way: stop the old version, start the new one.

import type { Upgraded, UpgradeProgress } from '../lib/wire/messages.ts'
import type { CommandResult } from './cluster.ts'
import type { PhaseFigures, RunFigures } from './report.ts'
import type { Stage } from './stage.ts'

/** Traffic before and after the change. */
const BEFORE_MS = 3_000
const AFTER_MS = 4_000

export type Say = (line: string) => void

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Runs a command of click-up; throws with its whole error where it fails. */
async function must(
  stage: Stage,
  args: string[],
  onEvent?: (event: Record<string, unknown>) => void,
): Promise<CommandResult> {
  const result = await stage.cluster.run(args, onEvent)
  if (result.code !== 0) {
    const said = [...result.events.map((e) => JSON.stringify(e)), result.stderr].join('\n')
    throw new Error(`click-up ${args.join(' ')} ended with ${result.code}:\n${said}`)
  }
  return result
}

interface Change {
  readonly rows_moved: number | null
  readonly hold_ms: number | null
  readonly replica_ready_ms: number | null
  readonly total_ms: number
  readonly phases: readonly PhaseFigures[]
}

async function underTraffic(
  stage: Stage,
  say: Say,
  change: () => Promise<Change>,
): Promise<RunFigures> {
  await must(stage, ['deploy', stage.serviceFile('v1')])
  say('   version 1 is deployed')
  const traffic = await stage.startTraffic()
  try {
    const { connections, flows, packetsPerS } = stage.load
    say(
      `   traffic: ${connections} TCP connections, ${flows} UDP flows, ${2 * packetsPerS} packets/s`,
    )
    await sleep(BEFORE_MS)
    const figures = await change()
    traffic.mark()
    await sleep(AFTER_MS)
    const { udp, tcp } = await traffic.finish()
    say(
      `   traffic ends: ${udp.lost} packets lost, ${tcp.survived} of ${tcp.connections} connections alive`,
    )
    await must(stage, ['undeploy', 'nat'])
    return { udp, tcp, ...figures }
  } finally {
    traffic.stop()
  }
}

export async function liveUpgrade(stage: Stage, say: Say): Promise<RunFigures> {
  return await underTraffic(stage, say, async () => {
    const startMs = performance.now()
    const result = await must(
      stage,
      ['upgrade', 'nat', '--to', stage.serviceFile('v2')],
      (event) => {
        if (typeof event.event !== 'string') return
        say(`   ${progressLine(event as unknown as UpgradeProgress)}`)
      },
    )
    return changeOf(result, performance.now() - startMs)
  })
}

export async function coldUpgrade(stage: Stage, say: Say): Promise<RunFigures> {
  return await underTraffic(stage, say, async () => {
    const startMs = performance.now()
    await must(stage, ['undeploy', 'nat'])
    const stoppedMs = performance.now()
    say(`   version 1 is stopped after ${(stoppedMs - startMs).toFixed(0)} ms; its state is gone`)
    await must(stage, ['deploy', stage.serviceFile('v2')])
    const endMs = performance.now()
    say(`   version 2 is started after ${(endMs - startMs).toFixed(0)} ms`)
    return {
      rows_moved: null,
      hold_ms: null,
      replica_ready_ms: null,
      total_ms: endMs - startMs,
      phases: [
        { phase: 'stop', ms: stoppedMs - startMs },
        { phase: 'start', ms: endMs - stoppedMs },
      ],
    }
  })
}

/** The figures of an upgrade's last line. */
function changeOf(result: CommandResult, totalMs: number): Change {
  const last = result.events.at(-1) as unknown as Upgraded
  return {
    rows_moved: last.rows_moved,
    hold_ms: last.hold_ms,
    replica_ready_ms: last.replica_ready_ms,
    total_ms: totalMs,
    phases: last.phases.map(({ step, ms }) => ({ phase: step, ms })),
  }
}

function progressLine(event: UpgradeProgress): string {
  switch (event.event) {
    case 'starting':
      return `starting ${event.replica} with version ${event.version}`
    case 'replica_ready':
      return `${event.replica} is ready after ${event.ms.toFixed(0)} ms`
    case 'step':
      return (
        `${event.step.padEnd(9)} ${event.ms.toFixed(1).padStart(8)} ms  rows ${event.rows}` +
        `  deltas ${event.deltas}  bytes ${event.bytes}` +
        (event.held > 0 ? `  held ${event.held} packets for ${event.hold_ms.toFixed(2)} ms` : '')
      )
    case 'in_place':
      return `in place in ${event.replica}`
    case 'stopping':
      return `stopping ${event.replica}`
  }
}
