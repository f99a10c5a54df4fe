// The main job, end to end, with real processes and real traffic: a NAT is upgraded, rolled back,
// refused; nothing is lost, and nothing is left behind.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { lostNothing } from '../../demo/report.ts'
import { liveUpgrade } from '../../demo/scenario.ts'
import { type Load, type Stage, XdpStage } from '../../demo/stage.ts'
import { driver, natStatus, STAGED, type Staged, sleep } from './stage.ts'

async function withStage(
  staged: Staged,
  run: (stage: Stage) => Promise<void>,
  load?: Parameters<Staged['make']>[0],
): Promise<void> {
  const stage = await staged.make(load)
  try {
    await stage.start()
    await run(stage)
  } finally {
    await stage.close()
  }
}

/** One test for each driver, or a skipped one that says what is missing. */
function each(title: string, run: (t: ExecutionContext, staged: Staged) => Promise<void>): void {
  for (const staged of STAGED)
    if (staged.lacks === null)
      test.serial(`${title} (driver ${staged.driver})`, (t) => run(t, staged))
    else test.skip(`${title} (driver ${staged.driver}; skipped: needs ${staged.lacks})`, () => {})
}

const LOADS: Readonly<Record<Staged['driver'], Partial<Load>>> = {
  xdp: { connections: 200, packetsPerS: 5_000 },
  packet: { connections: 100, packetsPerS: 2_500 },
  udp: { connections: 50 },
}

each('upgrade under traffic loses nothing', async (t, staged) => {
  await withStage(
    staged,
    async (stage) => {
      const figures = await liveUpgrade(stage, (line) => t.log(line))
      t.log(JSON.stringify({ ...figures, phases: undefined }))
      t.true(lostNothing(figures))
      t.true((figures.rows_moved ?? 0) >= 2 * stage.load.connections)
      if (staged.driver === 'udp') t.is(figures.tcp.stack, 'user-space')
    },
    LOADS[staged.driver],
  )
})

each('back and forth under traffic: upgrade, rollback, upgrade', async (t, staged) => {
  await withStage(staged, async (stage) => {
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const v1 = (await natStatus(stage))!.version
    const traffic = await stage.startTraffic()
    try {
      await sleep(500)
      const up = await stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])
      t.is(up.code, 0, JSON.stringify(up.events.at(-1)))
      const v2 = (await natStatus(stage))!.version
      t.not(v2, v1)
      await sleep(500)
      const back = await stage.cluster.run(['rollback', 'nat'])
      t.is(back.code, 0, JSON.stringify(back.events.at(-1)))
      t.is((await natStatus(stage))!.version, v1)
      await sleep(500)
      t.is((await stage.cluster.run(['upgrade', 'nat', '--to', v2])).code, 0)
      traffic.mark()
      await sleep(1_000)
      const { udp, tcp } = await traffic.finish()
      t.is(udp.lost + udp.reordered + udp.duplicated, 0, JSON.stringify(udp))
      t.is(tcp.survived, tcp.connections, JSON.stringify(tcp))
    } finally {
      traffic.stop()
    }
  })
})

/** A service file of version 2 whose configuration was changed; returns its path. */
function variant(stage: Stage, name: string, change: (config: string) => string): string {
  const dir = join(stage.cluster.dir, name)
  mkdirSync(dir, { recursive: true })
  const base = stage.serviceFile('v2')
  const file = readFileSync(base, 'utf8')
  const config = /^config: *(\S+)/m.exec(file)![1]!
  const path = config.startsWith('/') ? config : join(base, '..', config)
  writeFileSync(join(dir, 'nat.click'), change(readFileSync(path, 'utf8')))
  writeFileSync(join(dir, 'nat.yaml'), file.replace(/^config: .*$/m, 'config: nat.click'))
  return join(dir, 'nat.yaml')
}

each('a version that cannot be taken is refused and changes nothing', async (t, staged) => {
  await withStage(staged, async (stage) => {
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const before = (await natStatus(stage))!
    const traffic = await stage.startTraffic()
    try {
      const broken = variant(stage, 'broken', (c) =>
        c.replace('DecIPTTL', 'DecIPTLL').replace('pattern $OUT_IP 1024', 'pattern $OUT_IP many'),
      )
      const refused = await stage.cluster.run(['upgrade', 'nat', '--to', broken])
      t.not(refused.code, 0)
      const text = JSON.stringify(refused.events)
      t.regex(text, /DecIPTLL/)
      t.regex(text, /While configuring 'nat/, 'every error comes at once')
      const renamed = variant(stage, 'renamed', (c) => c.replaceAll(/\bnat\b/g, 'natter'))
      const incompatible = await stage.cluster.run(['upgrade', 'nat', '--to', renamed])
      t.is(incompatible.code, 4, JSON.stringify(incompatible.events.at(-1)))
      t.regex(JSON.stringify(incompatible.events), /--map nat=natter/)
      const after = (await natStatus(stage))!
      t.is(after.owner, before.owner)
      t.is(after.version, before.version)
      t.is(after.change, null)
      t.deepEqual(
        after.replicas.map((r) => r.pid),
        before.replicas.map((r) => r.pid),
      )
      traffic.mark()
      await sleep(500)
      const { udp, tcp } = await traffic.finish()
      t.is(udp.lost + udp.reordered + udp.duplicated, 0, JSON.stringify(udp))
      t.is(tcp.survived, tcp.connections, JSON.stringify(tcp))
    } finally {
      traffic.stop()
    }
  })
})

const leftTitle = 'nothing is left behind: processes, namespaces, interfaces, socket files'
if (driver === 'xdp')
  test.serial(leftTitle, async (t) => {
    const stage = await XdpStage.create({ connections: 1, flows: 1, packetsPerS: 1 })
    const host = stage.lab.lab.namespace('host')
    // Replicas' namespaces are named after the agent's: others' do not count.
    const prefix = `cun${statSync(host.path).ino.toString(36)}-`
    const seen = () => ({
      namespaces: readdirSync('/var/run/netns').filter((n) => n.startsWith(prefix)),
      processes: execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(stage.cluster.dir)),
    })
    try {
      await stage.start()
      t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
      t.is((await stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])).code, 0)
      t.deepEqual(seen().namespaces, [`${prefix}nat-2`])
      // Not undeployed: the agent's end has to clean up as well.
      await stage.cluster.stop()
      t.deepEqual(seen(), { namespaces: [], processes: [] })
      const { stdout } = await stage.lab.lab.exec('host', 'ip', ['-o', 'link'])
      t.notRegex(stdout, /^\d+: cu|xdp|PROMISC/m, 'no veth, no program, no mode is left')
    } finally {
      await stage.close()
    }
  })
else test.skip(`skipped: needs root and XDP: ${leftTitle}`, () => {})
