// Upgrades in place, end to end, with real processes and real traffic: a NAT gets elements, a queue
// and a shaper while connections go on; nothing is lost, nothing overtakes, nothing is left of what was
// replaced, and the service can be upgraded by a replica as before.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CommandResult } from '../../demo/cluster.ts'
import type { Stage } from '../../demo/stage.ts'
import type { Upgraded } from '../../lib/wire/messages.ts'
import { driverText, makeStage, natStatus, sleep, until } from './stage.ts'

type Traffic = Awaited<ReturnType<Stage['startTraffic']>>

/** What is added to version 2, in this order: queues first, which do not go again with packets in them. */
const ADDITIONS: readonly (readonly [from: string, to: string])[] = [
  ['out_arp -> to_outside;', 'out_arp -> held :: Queue(2000) -> DelayUnqueue(2ms) -> to_outside;'],
  [
    'in_arp -> to_inside;',
    'in_arp -> shaped :: Queue(2000) -> BandwidthShaper(100MBps) -> Unqueue -> to_inside;',
  ],
  ['out :: Counter', 'out :: Counter -> seen :: Counter'],
  ['[0]nat;\nin_ttl[1]', 'checked :: CheckLength(1514) -> [0]nat;\nin_ttl[1]'],
  ['nat[1] -> in', 'nat[1] -> back :: Counter -> in'],
]

/** A service file of version 2 with the first `added` of ADDITIONS, or changed by `change`. */
function variant(stage: Stage, name: string, change: number | ((config: string) => string)) {
  const dir = join(stage.cluster.dir, name)
  mkdirSync(dir, { recursive: true })
  const base = stage.serviceFile('v2')
  const file = readFileSync(base, 'utf8')
  const config = /^config: *(\S+)/m.exec(file)![1]!
  const path = config.startsWith('/') ? config : join(base, '..', config)
  let text = readFileSync(path, 'utf8')
  if (typeof change === 'function') text = change(text)
  else
    for (const [from, to] of ADDITIONS.slice(0, change)) {
      if (!text.includes(from)) throw new Error(`version 2 has no '${from}'`)
      text = text.replace(from, to)
    }
  writeFileSync(join(dir, 'nat.click'), text)
  writeFileSync(join(dir, 'nat.yaml'), file.replace(/^config: .*$/m, 'config: nat.click'))
  return join(dir, 'nat.yaml')
}

const inPlace = (stage: Stage, file: string, ...more: string[]): Promise<CommandResult> =>
  stage.cluster.run(['upgrade', 'nat', '--to', file, '--in-place', ...more])

/** Asserts that it was done in place, and gives the report. */
function done(t: ExecutionContext, { code, events }: CommandResult) {
  const last = events.at(-1) as unknown as Upgraded
  t.is(code, 0, JSON.stringify(last))
  t.truthy(last.in_place)
  t.log(JSON.stringify(last.in_place))
  return last.in_place!
}

async function withTraffic(
  t: ExecutionContext,
  run: (stage: Stage) => Promise<void>,
  lossless: (stage: Stage) => Promise<boolean> = async () => true,
): Promise<void> {
  const stage = await makeStage()
  let traffic: Traffic | null = null
  try {
    await stage.start()
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    traffic = await stage.startTraffic()
    await sleep(300)
    await run(stage)
    traffic.mark()
    await sleep(500)
    const { udp, tcp } = await traffic.finish()
    t.log(JSON.stringify({ udp, tcp }))
    t.is(tcp.survived, tcp.connections, JSON.stringify(tcp))
    t.is(udp.reordered + udp.duplicated, 0, JSON.stringify(udp))
    if (await lossless(stage)) t.is(udp.lost, 0, JSON.stringify(udp))
  } catch (error) {
    t.log(stage.cluster.log('coordinator'))
    t.log(stage.cluster.log('agent'))
    throw error
  } finally {
    traffic?.stop()
    await stage.close()
  }
}

test.serial(
  `rows converted, elements, a queue and a shaper come and go in place (driver ${driverText})`,
  async (t) => {
    await withTraffic(t, async (stage) => {
      const before = (await natStatus(stage))!
      const converted = done(t, await inPlace(stage, stage.serviceFile('v2')))
      t.true(converted.rows_converted >= 2 * stage.load.connections)
      for (const added of [1, 2, 5, 3, 4, 2]) {
        const report = done(t, await inPlace(stage, variant(stage, `v2-${added}`, added)))
        t.true(report.rows_by_reference >= 2 * stage.load.connections)
        t.is(report.rows_converted, 0)
        t.true(report.elements.stayed > 25, JSON.stringify(report.elements))
        await sleep(100)
      }
      const after = (await natStatus(stage))!
      t.is(after.owner, before.owner)
      t.is(after.epoch, before.epoch)
      t.not(after.version, before.version)
      t.deepEqual(
        after.replicas.map((r) => r.pid),
        before.replicas.map((r) => r.pid),
      )
    })
  },
)

test.serial(
  `rollback after it, in place and by a replica; then an upgrade by a replica (driver ${driverText})`,
  async (t) => {
    await withTraffic(t, async (stage) => {
      const { version: v1, owner } = (await natStatus(stage))!
      done(t, await inPlace(stage, stage.serviceFile('v2')))
      const v2 = (await natStatus(stage))!.version
      done(t, await stage.cluster.run(['rollback', 'nat', '--in-place']))
      t.is((await natStatus(stage))!.version, v1, 'rows go down again')
      done(t, await inPlace(stage, v2))
      done(t, await inPlace(stage, variant(stage, 'v2-3', 3)))
      const moved = await stage.cluster.run(['upgrade', 'nat', '--to', variant(stage, 'v2-5', 5)])
      t.is(moved.code, 0, JSON.stringify(moved.events.at(-1)))
      const back = await stage.cluster.run(['rollback', 'nat'])
      t.is(back.code, 0, JSON.stringify(back.events.at(-1)))
      t.not((await natStatus(stage))!.owner, owner)
    })
  },
)

test.serial(
  `what cannot be taken in place is refused and changes nothing (driver ${driverText})`,
  async (t) => {
    await withTraffic(t, async (stage) => {
      done(t, await inPlace(stage, stage.serviceFile('v2')))
      const before = (await natStatus(stage))!
      const broken = await inPlace(
        stage,
        variant(stage, 'broken', (c) =>
          c.replace('DecIPTTL', 'DecIPTLL').replace('pattern $OUT_IP 1024', 'pattern $OUT_IP many'),
        ),
      )
      t.not(broken.code, 0)
      t.regex(JSON.stringify(broken.events), /DecIPTLL/)
      t.regex(JSON.stringify(broken.events), /While configuring 'nat/, 'every error comes at once')
      const renamed = await inPlace(
        stage,
        variant(stage, 'renamed', (c) => c.replaceAll(/\bnat\b/g, 'natter')),
      )
      t.is(renamed.code, 4, JSON.stringify(renamed.events.at(-1)))
      t.regex(JSON.stringify(renamed.events), /--map nat=natter/)
      const other = await inPlace(
        stage,
        variant(stage, 'ports', (c) => `${c}\nIdle -> ToDevice(elsewhere);\n`),
      )
      t.not(other.code, 0)
      const after = (await natStatus(stage))!
      t.deepEqual([after.owner, after.version, after.change], [before.owner, before.version, null])
      const mapped = await inPlace(
        stage,
        join(stage.cluster.dir, 'renamed/nat.yaml'),
        '--map',
        'nat=natter',
      )
      t.true(done(t, mapped).rows_by_reference >= 2 * stage.load.connections)
    })
  },
)

/** Resident memory of a process, in MiB. */
function residentMiB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return (pages * 4096) / 2 ** 20
}

test.serial(`fifty in place: memory does not grow with them (driver ${driverText})`, async (t) => {
  await withTraffic(t, async (stage) => {
    const files = [variant(stage, 'v2-2', 2), variant(stage, 'v2-5', 5)]
    const { pid } = (await natStatus(stage))!.replicas[0]!
    let early = 0
    for (let n = 0; n < 50; n++) {
      const { code, events } = await inPlace(stage, files[n % 2]!)
      t.is(code, 0, JSON.stringify(events.at(-1)))
      if (n === 19) early = residentMiB(pid)
    }
    const late = residentMiB(pid)
    t.log(`${early.toFixed(0)} MiB after 20, ${late.toFixed(0)} MiB after 50`)
    t.true(late < early + 45, `${early} MiB after 20, ${late} MiB after 50`)
  })
})

for (const failpoint of ['in_place.coordinator.journalled', 'in_place.coordinator.answered'])
  test.serial(
    `a coordinator killed at ${failpoint} costs nothing (driver ${driverText})`,
    async (t) => {
      await killed(t, failpoint, 'coordinator')
    },
  )

for (const failpoint of ['in_place.replica.before', 'in_place.replica.after'])
  test.serial(
    `a replica killed at ${failpoint} is started anew (driver ${driverText})`,
    async (t) => {
      await killed(t, failpoint, 'agent')
    },
  )

async function killed(
  t: ExecutionContext,
  failpoint: string,
  armed: 'coordinator' | 'agent',
): Promise<void> {
  const stage = await makeStage({ connections: 10, flows: 4, packetsPerS: 300 })
  let traffic: Traffic | null = null
  try {
    const env = { CLICK_UP_FAILPOINTS: `${failpoint}=crash` }
    await stage.cluster.start('coordinator', armed === 'coordinator' ? env : {})
    await stage.cluster.start('agent', armed === 'agent' ? env : {})
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const before = (await natStatus(stage))!
    traffic = await stage.startTraffic()
    await sleep(200)
    const asked = inPlace(stage, stage.serviceFile('v2'))
    if (armed === 'coordinator') {
      await new Promise((resolve) => stage.cluster.process('coordinator').once('exit', resolve))
      t.is(stage.cluster.process('coordinator').signalCode, 'SIGKILL', 'the failpoint was hit')
      await stage.cluster.start('coordinator')
    }
    t.not((await asked).code, 0)
    const after = await until(
      stage,
      (s) => s.change === null && s.state === 'running' && s.replicas.length === 1,
    )
    if (armed === 'coordinator') {
      t.is(after.owner, before.owner)
      t.not(after.version, before.version, 'its successor finishes it')
      traffic.mark()
      await sleep(500)
      const { udp, tcp } = await traffic.finish()
      t.is(udp.lost + udp.reordered + udp.duplicated, 0, JSON.stringify(udp))
      t.is(tcp.survived, tcp.connections, JSON.stringify(tcp))
    } else {
      t.not(after.owner, before.owner)
      t.is(after.version, before.version, 'what was wanted when it died')
    }
  } catch (error) {
    t.log(stage.cluster.log('coordinator'))
    t.log(stage.cluster.log('agent'))
    throw error
  } finally {
    traffic?.stop()
    await stage.close()
  }
}
