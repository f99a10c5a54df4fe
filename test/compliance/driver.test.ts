// Runs the drivers' suite against each of them: xdp and packet on veth pairs between two namespaces,
// udp on loopback datagrams.

import { createSocket } from 'node:dgram'
import test, { type ExecutionContext } from 'ava'
import type { Driver, DriverName, DriverSpec } from '../../dataplane/io/device.ts'
import { openDriver, packetLacks, xdpLacks } from '../../dataplane/io/open.ts'
import { Lab, rootSkip } from '../lab/netns.ts'
import {
  annotations,
  carries,
  downAndUp,
  forwards,
  oddPackets,
  overload,
  type Rig,
  reopens,
  vanishes,
  waits,
} from './driver.ts'
import { beyondRings, bursts, crossing, tags, wakesForPackets } from './frames.ts'

const FRAMES = 8192
const PORTS = [0, 1]

const noRoot = rootSkip()
const lacks: Readonly<Record<DriverName, string | null>> = {
  xdp: noRoot ?? xdpLacks(),
  packet: noRoot ?? packetLacks(),
  udp: null,
}

let labs = 0

async function vethRig(driver: DriverName): Promise<Rig> {
  const lab = await Lab.create(`drv${labs++}`)
  const specs: DriverSpec[] = []
  for (const side of ['a', 'b']) {
    const { path } = await lab.netns(side)
    const ports = PORTS.map((i) => ({ name: `port${i}`, interface: `eth${i}` }))
    specs.push({ driver, netns: path, frames: FRAMES, ports })
  }
  for (const i of PORTS)
    await lab.veth({ netns: 'a', name: `eth${i}` }, { netns: 'b', name: `eth${i}` })
  const vanish = async (): Promise<void> => {
    await lab.exec('a', 'ip', ['link', 'del', 'eth0'])
  }
  const setUp = async (up: boolean): Promise<void> => {
    await lab.exec('b', 'ip', ['link', 'set', 'eth0', up ? 'up' : 'down'])
    // The kernel gives the other end its queue back up to a second later, and drops until then.
    for (let i = 0; i < 60 && up; i++) {
      const { stdout } = await lab.exec('a', 'ip', ['link', 'show', 'eth0'])
      if (stdout.includes('state UP')) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return rig(specs, { vanish, setUp }, () => lab.close())
}

async function udpRig(): Promise<Rig> {
  const numbers: number[] = []
  for (let i = 0; i < 2 * PORTS.length; i++) numbers.push(await freePort())
  const side = (from: number, to: number): DriverSpec => ({
    driver: 'udp',
    netns: null,
    frames: FRAMES,
    ports: PORTS.map((i) => ({
      name: `port${i}`,
      listen: numbers[2 * i + from]!,
      peer: numbers[2 * i + to]!,
    })),
  })
  return rig([side(0, 1), side(1, 0)], { vanish: null, setUp: null }, async () => {})
}

function rig(
  specs: DriverSpec[],
  faults: Pick<Rig, 'vanish' | 'setUp'>,
  end: () => Promise<void>,
): Rig {
  const open: Driver[] = []
  try {
    for (const spec of specs) open.push(openDriver(spec))
  } catch (error) {
    for (const driver of open) driver.close()
    void end()
    throw error
  }
  return {
    a: open[0]!,
    b: open[1]!,
    ...faults,
    reopen: () => openDriver(specs[1]!),
    close: async () => {
      for (const driver of open) driver.close()
      await end()
    },
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

const SUITE: Readonly<Record<string, (t: ExecutionContext, rig: Rig) => Promise<void>>> = {
  'frames of every size come unchanged and in order': carries,
  'a packet goes on from port to port': forwards,
  'odd packets are sent or counted': oddPackets,
  'a received packet is a fresh one': annotations,
  'overload is counted, and passes': overload,
  'wait sleeps and wakes': waits,
  'a vanished interface is a fault of its port only': vanishes,
  'an interface that is down for a while': downAndUp,
  'a burst comes whole, taken a few at a time': bursts,
  'both ways and both ports at once': crossing,
  'VLAN tags stay': tags,
  'more than the rings take is sent or counted': beyondRings,
  'a packet ends a sleep': wakesForPackets,
  'closed and opened again': reopens,
}

for (const driver of ['xdp', 'packet', 'udp'] as const) {
  const lack = lacks[driver]
  for (const [title, run] of Object.entries(SUITE)) {
    if (lack !== null) {
      test.skip(`${driver}: ${title} (skipped: needs ${lack})`, (t) => t.pass())
      continue
    }
    test.serial(`${driver}: ${title}`, async (t) => {
      const r = driver === 'udp' ? await udpRig() : await vethRig(driver)
      try {
        await run(t, r)
      } finally {
        await r.close()
      }
    })
  }
}

for (const driver of ['xdp', 'packet'] as const) {
  const lack = lacks[driver]
  const run = lack === null ? test.serial : test.skip
  const note = lack === null ? '' : ` (skipped: needs ${lack})`
  run(`${driver}: what cannot be opened is refused with a reason${note}`, async (t) => {
    const lab = await Lab.create(`bad${labs++}`)
    try {
      const { path } = await lab.netns('a')
      await lab.netns('b')
      await lab.veth({ netns: 'a', name: 'up0' }, { netns: 'b', name: 'up0' })
      await lab.exec('a', 'ip', ['link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'down1'])
      const open = (second: string, netns = path): Driver =>
        openDriver({
          driver,
          netns,
          frames: FRAMES,
          ports: [
            { name: 'inside', interface: 'up0' },
            { name: 'outside', interface: second },
          ],
        })
      t.throws(() => open('nosuch0'), { code: 'INTERFACE', message: /nosuch0/ })
      t.throws(() => open('down0'), { code: 'INTERFACE', message: /down0 is down/ })
      t.throws(() => open('up0', '/var/run/netns/nosuch'), { code: 'SYSCALL', message: /nosuch/ })
      // Nothing is left of the port that had been opened.
      await lab.exec('a', 'ip', ['link', 'set', 'down0', 'up'])
      open('down0').close()
    } finally {
      await lab.close()
    }
  })
}

const xdpTest = lacks.xdp === null ? test.serial : test.skip
const xdpNote = lacks.xdp === null ? '' : ` (skipped: needs ${lacks.xdp})`
xdpTest(`xdp: an interface of several queues is refused${xdpNote}`, async (t) => {
  const lab = await Lab.create(`queues${labs++}`)
  try {
    const { path } = await lab.netns('a')
    await lab.netns('b')
    await lab.veth({ netns: 'a', name: 'eth0', queues: 2 }, { netns: 'b', name: 'eth0' })
    const ports = [{ name: 'inside', interface: 'eth0' }]
    const spec: DriverSpec = { driver: 'xdp', netns: path, frames: FRAMES, ports }
    t.throws(() => openDriver(spec), { code: 'INTERFACE', message: /2 receive queues/ })
    await lab.exec('a', 'ethtool', ['-L', 'eth0', 'rx', '1'])
    openDriver(spec).close()
  } finally {
    await lab.close()
  }
})

xdpTest(`xdp: an MTU that XDP does not take is named${xdpNote}`, async (t) => {
  const lab = await Lab.create(`mtu${labs++}`)
  try {
    const { path } = await lab.netns('a')
    await lab.netns('b')
    await lab.veth({ netns: 'a', name: 'eth0', mtu: 9000 }, { netns: 'b', name: 'eth0', mtu: 9000 })
    const ports = [{ name: 'inside', interface: 'eth0' }]
    const spec: DriverSpec = { driver: 'xdp', netns: path, frames: FRAMES, ports }
    t.throws(() => openDriver(spec), { code: 'INTERFACE', message: /MTU of 9000/ })
    for (const ns of ['a', 'b']) await lab.exec(ns, 'ip', ['link', 'set', 'eth0', 'mtu', '1500'])
    openDriver(spec).close()
  } finally {
    await lab.close()
  }
})

test('udp: a port that is taken is refused with a reason', async (t) => {
  const taken = createSocket('udp4')
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve))
  const { port } = taken.address()
  const spec = { name: 'inside', listen: port, peer: 9 }
  t.throws(() => openDriver({ driver: 'udp', netns: null, frames: 64, ports: [spec] }), {
    code: 'SYSCALL',
    message: /EADDRINUSE/,
  })
  taken.close()
})
