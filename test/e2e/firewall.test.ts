// The example firewall under live TCP and UDP: version 2, which lets some in, takes the connections of
// version 1 along; nothing is lost, before and after nobody else gets in.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Stage, XdpStage } from '../../demo/stage.ts'
import { driver, driverText, makeStage, sleep } from './stage.ts'

const EXAMPLE = fileURLToPath(new URL('../../../deploy/examples/firewall/', import.meta.url))

/** The example's file on the ports of a stage. */
function serviceFile(stage: Stage, version: 'v1' | 'v2'): string {
  const nat = stage.serviceFile('v2')
  const ports = /^ports:\n(?: .*\n?)+/m.exec(readFileSync(nat, 'utf8'))![0]
  const driverLine = /^driver: .*/m.exec(readFileSync(nat, 'utf8'))![0]
  const text = readFileSync(join(EXAMPLE, `firewall-${version}.yaml`), 'utf8')
    .replace(/^ports:\n(?: .*\n?)+/m, ports)
    .replace(/^driver: .*/m, driverLine)
    .replace(/^config: */m, `config: ${EXAMPLE}`)
  const path = join(stage.cluster.dir, `firewall-${version}.yaml`)
  writeFileSync(path, text)
  return path
}

async function handler(stage: Stage, name: string): Promise<string> {
  const { events, code } = await stage.cluster.run(['handler', 'firewall', name])
  if (code !== 0) throw new Error(JSON.stringify(events))
  return String(events.at(-1)?.value ?? '')
}

/**
 * Does a TCP connection from the server's side to the client's reach it? Refused is reached.
 * @param ms after which silence is the answer
 */
async function getsIn(stage: XdpStage, port: number, ms: number): Promise<boolean> {
  const options = `{ host: '10.77.1.2', port: ${port}, timeout: ${ms} }`
  const script = `const s = require('node:net').connect(${options})
    s.on('error', (e) => { console.log(e.code); process.exit() })
    s.on('timeout', () => { console.log('silence'); process.exit() })
    s.on('connect', () => { console.log('connected'); process.exit() })`
  const { stdout } = await stage.lab.lab.exec('server', process.execPath, ['-e', script])
  return stdout.trim() !== 'silence'
}

test.serial(`a firewall is upgraded under its connections (driver ${driverText})`, async (t) => {
  const load = driver === 'xdp' ? { connections: 100, packetsPerS: 2_000 } : { connections: 20 }
  const stage = await makeStage(load)
  try {
    await stage.start()
    const lab = stage instanceof XdpStage ? stage : null
    // Without translation the server has to know the way back.
    const way = ['route', 'add', '10.77.1.0/24', 'via', '10.77.2.1']
    if (lab !== null) await lab.lab.lab.exec('server', 'ip', way)
    const deployed = await stage.cluster.run(['deploy', serviceFile(stage, 'v1')])
    t.is(deployed.code, 0, JSON.stringify(deployed.events))
    const traffic = await stage.startTraffic()
    try {
      await sleep(700)
      if (lab !== null) t.false(await getsIn(lab, 22, 1_000), 'version 1 lets nobody in')
      const before = Number(await handler(stage, 'fw.count'))
      t.true(before >= stage.load.connections, `${before} connections`)
      const up = await stage.cluster.run(['upgrade', 'firewall', '--to', serviceFile(stage, 'v2')])
      t.is(up.code, 0, JSON.stringify(up.events.at(-1)))
      t.true(Number(up.events.at(-1)?.rows_moved) >= before)
      if (lab !== null) {
        t.true(await getsIn(lab, 22, 8_000), 'version 2 lets SSH in')
        t.false(await getsIn(lab, 23, 1_000), 'and nothing else')
      }
      traffic.mark()
      await sleep(700)
      const { udp, tcp } = await traffic.finish()
      t.is(udp.lost + udp.reordered + udp.duplicated, 0, JSON.stringify(udp))
      t.is(tcp.survived, tcp.connections, JSON.stringify(tcp))
      t.regex(await handler(stage, 'fw.states'), /tcp \w+ \d+/)
      // What is counted since the upgrade: of the connections none was opened again.
      t.is(Number(await handler(stage, 'fw.invalid')), 0)
    } finally {
      traffic.stop()
    }
  } finally {
    await stage.close()
  }
})
