// A flip in namespaces with real traffic: numbered frames come in by a veth while the owner of all
// buckets changes back and forth. Nothing is lost, nothing reordered, and a fence comes after the
// last frame that the old table steered to the old owner, on every port.

import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Driver, Port } from '../../dataplane/io/device.ts'
import { openDriver } from '../../dataplane/io/open.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { decodeFence, encodeFence } from '../../lib/fence.ts'
import type { Steering } from '../../node-agent/steering/steering.ts'
import { createXdpSteering } from '../../node-agent/steering/xdp.ts'
import { Lab, rootSkip } from '../lab/netns.ts'
import { PAYLOAD_AT } from './flooder.ts'
import { arp, eth, ip4, udp } from './frames.ts'
import { bpfSkip } from './programs.ts'

const skip = rootSkip() ?? bpfSkip()
const real = skip === null ? test.serial : test.skip
const title = (text: string) => (skip === null ? text : `${text} (skipped: needs ${skip})`)

const LOG2 = 6
const BUCKETS = 1 << LOG2
const FLOWS = 64

/** One thing that a replica got on a port: a numbered frame, or a fence. */
interface Got {
  readonly number: number
  readonly fence: number | null
}

class Replica {
  readonly driver: Driver
  readonly got: Got[][] = []
  readonly #out: Packet[] = []

  constructor(driver: Driver) {
    this.driver = driver
    for (const _ of driver.ports) this.got.push([])
  }

  poll(): void {
    this.driver.ports.forEach((port: Port, i) => {
      const n = port.receive(this.#out, 64)
      for (let k = 0; k < n; k++) {
        const p = this.#out[k]!
        const fence = decodeFence(p.mem, p.off, p.end)
        const view = new DataView(p.mem.buffer, p.mem.byteOffset)
        const number = fence === null && p.length >= 46 ? view.getUint32(p.off + PAYLOAD_AT) : -1
        this.got[i]!.push({ number, fence: fence?.epoch ?? null })
        this.driver.pool.free(p)
      }
      port.flush()
    })
  }
}

interface Stage {
  readonly lab: Lab
  readonly steering: Steering
  readonly service: string
  readonly interfaces: { inside: string; outside: string }
}

async function withStage(
  name: string,
  run: (stage: Stage) => Promise<void>,
  steering: Steering = createXdpSteering(),
): Promise<void> {
  const lab = await Lab.create(name)
  try {
    for (const ns of ['client', 'server']) await lab.netns(ns)
    const inside = await lab.veth({ netns: 'client', name: 'eth0' }, { name: `${name}i` })
    const outside = await lab.veth({ netns: 'server', name: 'eth0' }, { name: `${name}o` })
    for (const ns of ['client', 'server'])
      await lab.exec(ns, 'ethtool', ['-K', 'eth0', 'gro', 'on'])
    const interfaces = { inside: inside.b, outside: outside.b }
    await run({ lab, steering, service: `t${process.pid}${name}`, interfaces })
  } finally {
    await steering.close()
    await lab.close()
  }
}

async function attach(stage: Stage): Promise<void> {
  const { inside, outside } = stage.interfaces
  await stage.steering.attachService({
    service: stage.service,
    bucketsLog2: LOG2,
    ports: [
      { name: 'inside', interface: inside, key: 'flow' },
      { name: 'outside', interface: outside, key: 'flow' },
    ],
  })
}

async function addReplica(stage: Stage, number: number): Promise<Replica> {
  return new Replica(openDriver(await stage.steering.attachReplica(stage.service, number)))
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const all = (replica: number) => new Uint32Array(BUCKETS + 1).fill(replica)

async function pollFor(replicas: readonly Replica[], ms: number): Promise<void> {
  const until = performance.now() + ms
  while (performance.now() < until) {
    for (const replica of replicas) replica.poll()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

real(
  title('flips under traffic: no frame lost or reordered, fences behind the last'),
  async (t) => {
    await withStage('fl', async (stage) => {
      const { lab, steering, service } = stage
      await attach(stage)
      const replicas = [await addReplica(stage, 1), await addReplica(stage, 2)] as const
      try {
        await steering.flip({ service, epoch: 1, move: 0, owners: all(1), fenceTo: null })
        const script = fileURLToPath(new URL('./flooder.js', import.meta.url))
        const netns = lab.namespace('client').path
        const flooder = lab.spawn(null, process.execPath, [
          ...[script, netns, 'eth0', String(FLOWS), '20000'],
        ])
        let printed = ''
        flooder.stderr?.on('data', (chunk) => t.log(String(chunk)))
        flooder.stdout?.on('data', (chunk) => {
          printed += chunk
        })
        const ended = new Promise((resolve) => flooder.once('close', resolve))
        await pollFor(replicas, 300)

        const FLIPS = 30
        for (let epoch = 2; epoch < 2 + FLIPS; epoch++) {
          const to = epoch % 2 === 0 ? 2 : 1
          const request = { service, epoch, move: epoch, owners: all(to), fenceTo: 3 - to }
          const { fences } = await steering.flip(request)
          t.is(fences, 2)
          await pollFor(replicas, 15)
        }
        flooder.stdin?.end()
        await Promise.all([ended, pollFor(replicas, 400)])
        await pollFor(replicas, 100)

        const sent = Number(printed)
        t.true(sent > 0)
        const got = replicas.flatMap((r) => r.got[0]!.filter((g) => g.fence === null))
        const numbers = got.map((g) => g.number).sort((a, b) => a - b)
        t.is(numbers.length, sent, 'all that was sent came, once')
        t.true(numbers.every((n, i) => n === i))
        for (const [i, replica] of replicas.entries()) checkOrder(t, replica, i + 1)
        const spans = replicas.flatMap((r) => spansOf(r.got[0]!))
        spans.sort((a, b) => a.epoch - b.epoch)
        for (let i = 1; i < spans.length; i++)
          t.true(spans[i]!.first > spans[i - 1]!.last, `tenure ${i} begins after the one before`)
        const { reasons, buckets } = await steering.counters(service)
        t.is(reasons.redirected, sent)
        t.is(
          buckets.reduce((a, b) => a + b, 0),
          sent,
        )
      } finally {
        for (const replica of replicas) replica.driver.close()
      }
    })
  },
)

/** Between a fence and the next tenure there is nothing; every tenure is in order. */
function checkOrder(t: { true(v: boolean, m?: string): void }, replica: Replica, number: number) {
  const outsideFences = replica.got[1]!
  t.true(outsideFences.length > 0 && outsideFences.every((g) => g.fence !== null), 'other port')
  let last = -1
  for (const g of replica.got[0]!) {
    if (g.fence !== null) continue
    t.true(g.number > last, `replica ${number}: ${g.number} after ${last}`)
    last = g.number
  }
}

/** The tenures of a replica: first and last number up to each fence. */
function spansOf(got: readonly Got[]): { epoch: number; first: number; last: number }[] {
  const spans: { epoch: number; first: number; last: number }[] = []
  let numbers: number[] = []
  for (const g of [...got, { number: -1, fence: Number.MAX_SAFE_INTEGER }]) {
    if (g.fence === null) numbers.push(g.number)
    else {
      if (numbers.length > 0)
        spans.push({ epoch: g.fence, first: numbers[0]!, last: numbers.at(-1)! })
      numbers = []
    }
  }
  return spans
}

real(title('what a replica sends goes out of the port, and is counted'), async (t) => {
  await withStage('eg', async (stage) => {
    await attach(stage)
    const replica = await addReplica(stage, 1)
    const server = openDriver({
      driver: 'packet',
      netns: stage.lab.namespace('server').path,
      ports: [{ name: 'eth0', interface: 'eth0' }],
      frames: 256,
    })
    try {
      const p = replica.driver.pool.allocLength(60)!
      p.mem.fill(0xff, p.off, p.end)
      p.mem.set([0x12, 0x34], p.off + 12)
      replica.driver.ports[1]!.send(p)
      replica.driver.ports[1]!.flush()
      const out: Packet[] = []
      let came = 0
      for (let i = 0; i < 100 && came === 0; i++) {
        await sleep(5)
        came = server.ports[0]!.receive(out, 8)
      }
      t.is(came, 1)
      t.is(out[0]!.length, 60)
      const { ports } = await stage.steering.counters(stage.service)
      t.deepEqual([ports.inside!.sent, ports.outside!.sent, ports.outside!.unsent], [0, 1, 0])
    } finally {
      replica.driver.close()
      server.close()
    }
  })
})

real(
  title('ARP replies go to all replicas, requests to the primary, IP to the owner'),
  async (t) => {
    await withStage('ar', (stage) => checkKinds(t, stage))
  },
)

real(title('the same with replicas of the packet driver'), async (t) => {
  await withStage(
    'ap',
    (stage) => checkKinds(t, stage),
    createXdpSteering({ replicaDriver: 'packet' }),
  )
})

real(title('the same where the driver refuses XDP: in the generic path'), async (t) => {
  const notes: string[] = []
  const steering = createXdpSteering({ note: (text) => notes.push(text) })
  await withStage(
    'ge',
    async (stage) => {
      // veth takes no program while its peer's MTU is as large as this.
      for (const ns of ['client', 'server'])
        await stage.lab.exec(ns, 'ip', ['link', 'set', 'eth0', 'mtu', '9000'])
      await checkKinds(t, stage)
      t.true(
        notes.some((note) => note.includes('generic XDP')),
        notes.join(),
      )
    },
    steering,
  )
})

async function checkKinds(t: ExecutionContext, stage: Stage): Promise<void> {
  const { lab, steering, service } = stage
  await attach(stage)
  const replicas = [await addReplica(stage, 1), await addReplica(stage, 2)]
  const client = openDriver({
    driver: 'packet',
    netns: lab.namespace('client').path,
    ports: [{ name: 'eth0', interface: 'eth0' }],
    frames: 256,
  })
  const send = (frame: Uint8Array) => {
    const p = client.pool.allocLength(frame.length)!
    p.mem.set(frame, p.off)
    client.ports[0]!.send(p)
    client.ports[0]!.flush()
  }
  try {
    t.is(replicas[0]!.driver.name, steering.driver)
    const owners = all(1)
    owners[BUCKETS] = 2
    await steering.flip({ service, epoch: 1, move: 0, owners, fenceTo: null })
    const counts = async (frame: Uint8Array) => {
      for (const replica of replicas) replica.got[0] = []
      send(frame)
      await pollFor(replicas, 60)
      return replicas.map((replica) => replica.got[0]!.length)
    }
    t.deepEqual(await counts(eth(arp(2), 0x0806)), [1, 1], 'ARP reply')
    t.deepEqual(await counts(eth(arp(1), 0x0806)), [0, 1], 'ARP request')
    t.deepEqual(await counts(eth(ip4({}, udp(1, 2, new Uint8Array(18))))), [1, 0], 'UDP')
    const forged = encodeFence({ move: 1, epoch: 1, port: 0 })
    t.deepEqual(await counts(forged), [0, 0], 'a forged fence')
  } finally {
    client.close()
    for (const replica of replicas) replica.driver.close()
  }
}

real(title('a replica that was killed: its links go although a process is in them'), async (t) => {
  await withStage('ki', async (stage) => {
    const { lab, steering, service } = stage
    await attach(stage)
    const spec = await steering.attachReplica(service, 1)
    const name = spec.netns!.split('/').at(-1)!
    const process = lab.spawn(null, 'ip', ['netns', 'exec', name, 'sleep', '20'])
    await sleep(50)
    await steering.detachReplica(service, 1)
    const { stdout } = await lab.exec(null, 'ip', ['link'])
    t.false(stdout.includes(`/${service}.`))
    process.kill('SIGKILL')
    const again = await steering.attachReplica(service, 1)
    t.deepEqual(again, spec, 'the same number may be attached again')
    t.deepEqual(await steering.attachReplica(service, 1), spec, 'and asked for twice')
  })
})

real(title('interface missing: INTERFACE, and those that exist; nothing is left'), async (t) => {
  await withStage('mi', async (stage) => {
    const broken = { ...stage, interfaces: { ...stage.interfaces, outside: 'nosuch0' } }
    const error = await t.throwsAsync(attach(broken), { instanceOf: ClickUpError })
    t.is((error as ClickUpError).code, 'INTERFACE')
    t.regex(error!.message, /port 'outside': no interface 'nosuch0'; there are .*lo/)
    t.true(error!.message.includes(stage.interfaces.inside))
    await attach(stage)
    t.is(stage.steering.check(stage.service), null)
  })
})

real(title('a second agent is refused; what a crashed one left is removed'), async (t) => {
  await withStage('se', async (stage) => {
    await attach(stage)
    await addReplica(stage, 7).then((r) => r.driver.close())
    const second = { ...stage, steering: createXdpSteering() }
    const error = await t.throwsAsync(attach(second), { instanceOf: ClickUpError })
    t.is((error as ClickUpError).code, 'RUNNING')
    const other = { ...second, service: `${stage.service}x` }
    t.is(((await t.throwsAsync(attach(other))) as ClickUpError).code, 'RUNNING')

    // An agent that is killed: its process holds the locks no more, the rest stays.
    const script = fileURLToPath(new URL('./crasher.js', import.meta.url))
    await stage.steering.detachService(stage.service)
    const { inside, outside } = stage.interfaces
    await stage.lab
      .exec(null, process.execPath, [script, stage.service, inside, outside])
      .catch(() => {})
    const links = (await stage.lab.exec(null, 'ip', ['-d', 'link'])).stdout
    t.true(links.includes('cu_steer') || /prog\/xdp/.test(links), 'the crash left its program')
    t.true(links.includes(`/${stage.service}.`), 'and its links')
    await attach(stage)
    const after = (await stage.lab.exec(null, 'ip', ['link'])).stdout
    t.false(after.includes(`/${stage.service}.`), 'gone')
  })
})

real(title('detach leaves nothing: no link, namespace or program'), async (t) => {
  await withStage('de', async (stage) => {
    await attach(stage)
    for (const n of [1, 2]) (await addReplica(stage, n)).driver.close()
    await stage.steering.detachReplica(stage.service, 1)
    await stage.steering.detachReplica(stage.service, 1)
    await stage.steering.detachService(stage.service)
    const { stdout } = await stage.lab.exec(null, 'ip', ['link'])
    t.false(stdout.includes(stage.service))
    t.false((await stage.lab.exec(null, 'ip', ['netns'])).stdout.includes(stage.service))
    const line = await stage.lab.exec(null, 'ip', ['link', 'show', stage.interfaces.inside])
    t.false(/xdp|PROMISC/.test(line.stdout), line.stdout)
  })
})

real(title('an interface that vanishes is reported, and detaching works'), async (t) => {
  await withStage('va', async (stage) => {
    await attach(stage)
    const replica = await addReplica(stage, 1)
    await stage.lab.exec('client', 'ip', ['link', 'del', 'eth0'])
    const error = stage.steering.check(stage.service)
    t.is(error?.code, 'INTERFACE')
    t.regex(error!.message, /port 'inside': interface '.*' has gone/)
    replica.driver.close()
    await t.notThrowsAsync(stage.steering.detachService(stage.service))
  })
})
