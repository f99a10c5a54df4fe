// The demo: a NAT under live traffic is upgraded from version 1 to version 2, its state layout
// changed on the way; then, for contrast, the same change made by stopping and starting.
//
// Prints what happens as it happens, a summary table at the end, and writes out/demo/report.json.
// The exit status is 0 only if the live upgrade lost nothing.

import { mkdirSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseDriver } from '../dataplane/io/open.ts'
import { lostNothing, type Report, type RunFigures, summary } from './report.ts'
import { coldUpgrade, liveUpgrade } from './scenario.ts'
import { type Stage, UdpStage, XdpStage } from './stage.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OUT = join(ROOT, 'out', 'demo')

function say(line: string): void {
  console.log(line)
}

async function stageFor(driver: string): Promise<Stage> {
  return driver === 'udp' ? await UdpStage.create() : await XdpStage.create()
}

let current: Stage | null = null

async function runOn(stage: Stage, scenario: (stage: Stage) => Promise<RunFigures>) {
  current = stage
  try {
    await stage.start()
    return await scenario(stage)
  } finally {
    await stage.close()
    current = null
  }
}

let ending = false

/** Interrupted: what was started and made is taken down first; a second time ends it at once. */
async function interrupted(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  if (ending) process.exit(1)
  ending = true
  say(`\n${signal}: taking everything down`)
  await current?.close()
  process.exit(128 + constants.signals[signal])
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void interrupted(signal))

async function main(): Promise<number> {
  const choice = chooseDriver()
  for (const { driver, reason } of choice.refused) say(`driver ${driver} refused: ${reason}`)
  say(`driver ${choice.driver}: ${choice.reason}`)
  say('')
  say('1. Live upgrade: version 1 → version 2 under traffic')
  const upgrade = await runOn(await stageFor(choice.driver), (stage) => liveUpgrade(stage, say))
  say('')
  say('2. For contrast: the same change, by stopping version 1 and starting version 2')
  const cold = await runOn(await stageFor(choice.driver), (stage) => coldUpgrade(stage, say))
  const report: Report = { ok: lostNothing(upgrade), driver: choice.driver, upgrade, cold }
  mkdirSync(OUT, { recursive: true })
  writeFileSync(join(OUT, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  say('')
  say(summary(report))
  say('')
  say(
    report.ok
      ? 'The live upgrade lost nothing: no packet, no order, no connection.'
      : 'The live upgrade LOST something: see the table above.',
  )
  say('Report: out/demo/report.json')
  return report.ok ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  // What is taken down fails whatever was under way.
  if (!ending) throw error
  return 1
})
