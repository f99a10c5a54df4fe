// `make bench-upgrades`: upgrades in a row, back and forth between the example NAT's two versions,
// under the demo's full traffic; the distribution of hold times, and what was lost over all of them.
//
// Usage: node build/test/bench/upgrades.js [COUNT]. Exit status 1 where anything was lost.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseDriver } from '../../dataplane/io/open.ts'
import { UdpStage, XdpStage } from '../../demo/stage.ts'
import type { Upgraded } from '../../lib/wire/messages.ts'
import { distribution, sleep } from './figures.ts'

const OUT = fileURLToPath(new URL('../../../out/bench', import.meta.url))
const PAUSE_MS = 1_000
const count = Number(process.argv[2] ?? 10)

const { driver } = chooseDriver()
const stage = driver === 'xdp' ? await XdpStage.create() : await UdpStage.create()
const upgrades: Upgraded[] = []
let ok = false
try {
  await stage.start()
  const deployed = await stage.cluster.run(['deploy', stage.serviceFile('v1')])
  if (deployed.code !== 0) throw new Error(JSON.stringify(deployed.events))
  const traffic = await stage.startTraffic()
  try {
    for (let n = 0; n < count; n++) {
      await sleep(PAUSE_MS)
      const to = stage.serviceFile(n % 2 === 0 ? 'v2' : 'v1')
      const { code, events } = await stage.cluster.run(['upgrade', 'nat', '--to', to])
      if (code !== 0) throw new Error(`upgrade ${n + 1}: ${JSON.stringify(events.at(-1))}`)
      const u = events.at(-1) as unknown as Upgraded
      upgrades.push(u)
      console.log(
        `${String(n + 1).padStart(3)}  hold ${u.hold_ms.toFixed(2)} ms (${u.packets_held} packets)` +
          `  ready ${u.replica_ready_ms.toFixed(0)} ms  move ${u.phases.reduce((s, p) => s + p.ms, 0).toFixed(0)} ms` +
          `  rows ${u.rows_moved}  deltas ${u.deltas}`,
      )
    }
    traffic.mark()
    await sleep(PAUSE_MS)
    const { udp, tcp } = await traffic.finish()
    ok = udp.lost + udp.reordered + udp.duplicated === 0 && tcp.survived === tcp.connections
    const report = {
      driver,
      node: process.version,
      upgrades: count,
      ok,
      udp,
      tcp,
      hold_ms: distribution(upgrades.map((u) => u.hold_ms)),
      replica_ready_ms: distribution(upgrades.map((u) => u.replica_ready_ms)),
      each: upgrades,
    }
    mkdirSync(OUT, { recursive: true })
    writeFileSync(join(OUT, 'upgrades.json'), `${JSON.stringify(report, null, 2)}\n`)
    const { each: _, ...summary } = report
    console.log(JSON.stringify(summary, null, 2))
  } finally {
    traffic.stop()
  }
} finally {
  await stage.close()
}
process.exitCode = ok ? 0 : 1
