// Steering in user space: real loopback sockets at both ends. The wire is two sockets, a replica is
// a socket a port.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import type { DriverSpec } from '../../../dataplane/io/device.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { decodeFence, encodeFence } from '../../../lib/fence.ts'
import { STEER_KEYS, steerBucket } from '../../../lib/steer.ts'
import type { Steering } from '../../../node-agent/steering/steering.ts'
import { createUdpSteering } from '../../../node-agent/steering/userspace.ts'
import { FRAMES } from '../../bpf/cases.ts'
import { arp, eth, ip4, udp } from '../../bpf/frames.ts'

const LOG2 = 4
const BUCKETS = 1 << LOG2
const all = (replica: number) => new Uint32Array(BUCKETS + 1).fill(replica)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function socket(port = 0): Promise<Socket> {
  const s = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  s.bind(port, '127.0.0.1')
  await once(s, 'listening')
  return s
}

/** A socket of a replica or of the wire, with what came. */
class End {
  readonly socket: Socket
  readonly got: Uint8Array[] = []
  constructor(s: Socket) {
    this.socket = s
    s.on('message', (frame) => this.got.push(frame))
  }
  get numbers(): number[] {
    return this.got.map((g) => (decodeFence(g, 0, g.length) === null ? numberOf(g) : -1))
  }
}

interface Stage {
  readonly steering: Steering
  readonly wires: readonly End[]
  readonly listens: readonly number[]
  /** Where the steering sends frames for the wire. */
  addReplica(number: number): Promise<{ spec: DriverSpec; ends: End[] }>
}

async function withStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const steering = createUdpSteering()
  const sockets: Socket[] = []
  const end = async (port = 0): Promise<End> => {
    const made = new End(await socket(port))
    sockets.push(made.socket)
    return made
  }
  try {
    const wires = [await end(), await end()]
    const free = [await socket(), await socket()]
    const listens = free.map((s) => s.address().port)
    for (const s of free) s.close()
    await steering.attachService({
      service: 's',
      bucketsLog2: LOG2,
      ports: ['inside', 'outside'].map((name, i) => {
        const peer = wires[i]!.socket.address().port
        return { name, interface: `udp:${listens[i]}:${peer}`, key: 'flow' }
      }),
    })
    const addReplica = async (number: number) => {
      const spec = await steering.attachReplica('s', number)
      const ends = await Promise.all(spec.ports.map((p) => end(p.listen)))
      return { spec, ends }
    }
    await run({ steering, wires, listens, addReplica })
  } finally {
    await steering.close()
    for (const s of sockets) s.close()
  }
}

/** A numbered frame of one of 64 flows. */
function numbered(n: number): Uint8Array {
  const data = Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n)
  return eth(ip4({}, udp(1000 + (n % 64), 53, data)))
}
const numberOf = (g: Uint8Array) => new DataView(g.buffer, g.byteOffset).getUint32(42)

async function until(condition: () => boolean): Promise<boolean> {
  for (let i = 0; i < 400 && !condition(); i++) await sleep(5)
  return condition()
}

test.serial('each frame of the table goes where the kernel would send it', async (t) => {
  await withStage(async ({ steering, wires, listens, addReplica }) => {
    const one = await addReplica(1)
    const two = await addReplica(2)
    const owners = all(1)
    for (let b = 0; b < BUCKETS; b += 2) owners[b] = 2
    await steering.flip({ service: 's', epoch: 1, move: 1, owners, fenceTo: null })
    for (const { frame } of FRAMES) {
      wires[0]!.socket.send(frame, listens[0], '127.0.0.1')
      await sleep(1)
    }
    const want = { one: 0, two: 0 }
    for (const { frame, reasons } of FRAMES) {
      const bucket = steerBucket(frame, 0, frame.length, STEER_KEYS.flow, LOG2)
      if (reasons.includes('fence')) continue
      if (bucket < 0 || bucket % 2 === 1 || reasons.includes('arp_reply_all')) want.one++
      if (bucket % 2 === 0 || reasons.includes('arp_reply_all')) want.two++
    }
    const done = () => one.ends[0]!.got.length + two.ends[0]!.got.length >= want.one + want.two
    await until(done)
    t.is(one.ends[0]!.got.length, want.one)
    t.is(two.ends[0]!.got.length, want.two)
    const { reasons, ports } = await steering.counters('s')
    for (const reason of ['redirected', 'truncated', 'icmp_error', 'fragment', 'other'] as const) {
      const expected = FRAMES.filter((f) => f.reasons.includes(reason)).length
      t.is(reasons[reason], expected, reason)
    }
    t.is(ports.outside!.reasons.redirected, 0)
  })
})

test.serial('flips under traffic: none lost, none reordered, fences behind the last', async (t) => {
  await withStage(async ({ steering, wires, listens, addReplica }) => {
    const replicas = [await addReplica(1), await addReplica(2)]
    await steering.flip({ service: 's', epoch: 1, move: 0, owners: all(1), fenceTo: null })
    let sent = 0
    let epoch = 2
    let flips: Promise<unknown> = Promise.resolve()
    const send = (n: number) => {
      for (let i = 0; i < n; i++) wires[0]!.socket.send(numbered(sent++), listens[0], '127.0.0.1')
    }
    for (let turn = 0; turn < 400; turn++) {
      send(8)
      if (turn % 20 === 10) {
        const to = epoch % 2 === 0 ? 2 : 1
        const request = { service: 's', epoch, move: epoch, owners: all(to), fenceTo: 3 - to }
        flips = flips.then(() => steering.flip(request))
        epoch++
      }
      await sleep(1)
    }
    await flips
    const came = () => replicas.flatMap((r) => r.ends[0]!.numbers.filter((n) => n >= 0))
    await until(() => came().length >= sent)
    t.deepEqual(
      came().sort((a, b) => a - b),
      Array.from({ length: sent }, (_, i) => i),
    )
    const fences = replicas.flatMap((r) => r.ends[1]!.got)
    t.is(fences.length, epoch - 2, 'a fence on the other port for each flip')
    for (const { ends } of replicas) checkTenures(t, ends[0]!)
  })
})

/** Numbers rise all along; what comes after a fence is of a later tenure, so not the next number.
 * */
function checkTenures(t: { true(v: boolean, m?: string): void }, end: End): void {
  let last = -1
  let fenced = false
  for (const n of end.numbers) {
    if (n < 0) {
      fenced = true
      continue
    }
    t.true(n > last)
    if (fenced) t.true(n > last + 1, `${n} after a fence behind ${last}`)
    fenced = false
    last = n
  }
}

test.serial('what replicas send goes to the wire, in order across replicas', async (t) => {
  await withStage(async ({ steering, wires, addReplica }) => {
    const replicas = [await addReplica(1), await addReplica(2)]
    for (let n = 0; n < 200; n++) {
      const { spec, ends } = replicas[n < 100 ? 0 : 1]!
      ends[1]!.socket.send(numbered(n), spec.ports[1]!.peer, '127.0.0.1')
    }
    await until(() => wires[1]!.got.length >= 200)
    t.deepEqual(
      wires[1]!.numbers,
      Array.from({ length: 200 }, (_, i) => i),
    )
    t.is((await steering.counters('s')).ports.outside!.sent, 200)
  })
})

test.serial('a forged fence is dropped; ARP requests go to the primary', async (t) => {
  await withStage(async ({ steering, wires, listens, addReplica }) => {
    const one = await addReplica(1)
    const two = await addReplica(2)
    const owners = all(1)
    owners[BUCKETS] = 2
    await steering.flip({ service: 's', epoch: 1, move: 1, owners, fenceTo: null })
    const forged = encodeFence({ move: 9, epoch: 9, port: 0 })
    wires[0]!.socket.send(forged, listens[0], '127.0.0.1')
    wires[0]!.socket.send(eth(arp(1), 0x0806), listens[0], '127.0.0.1')
    await until(() => two.ends[0]!.got.length > 0)
    t.is(one.ends[0]!.got.length, 0)
    t.is(two.ends[0]!.got.length, 1)
    const { reasons } = await steering.counters('s')
    t.is(reasons.fence, 1)
    t.is(reasons.non_ip_primary, 1)
  })
})

test.serial(
  'a replica that is gone: its frames are counted; its ports may be given anew',
  async (t) => {
    await withStage(async ({ steering, wires, listens, addReplica }) => {
      await addReplica(1)
      await steering.flip({ service: 's', epoch: 1, move: 1, owners: all(1), fenceTo: null })
      await steering.detachReplica('s', 1)
      await steering.detachReplica('s', 1)
      await addReplica(2)
      wires[0]!.socket.send(numbered(0), listens[0], '127.0.0.1')
      await sleep(50)
      t.is((await steering.counters('s')).reasons.no_owner, 1, 'not the newcomer')
    })
  },
)

test.serial('wrong ports and ports in use are refused, and nothing is left', async (t) => {
  const steering = createUdpSteering()
  const taken = await socket()
  const spec = (text: string) => ({
    service: 's',
    bucketsLog2: LOG2,
    ports: [{ name: 'inside', interface: text, key: 'flow' as const }],
  })
  const code = async (text: string) =>
    ((await t.throwsAsync(steering.attachService(spec(text)))) as ClickUpError).code
  t.is(await code('eth0'), 'INTERFACE')
  t.is(await code('udp:0:1'), 'INTERFACE')
  t.is(await code('udp:1:99999'), 'INTERFACE')
  const error = await t.throwsAsync(steering.attachService(spec(`udp:${taken.address().port}:9`)), {
    instanceOf: ClickUpError,
  })
  t.regex(error!.message, /port 'inside', udp:.*EADDRINUSE/)
  taken.close()
  await steering.close()
})
