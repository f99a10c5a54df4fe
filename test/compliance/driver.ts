// The suite that every driver passes: two drivers, a and b, whose ports of the same index are wired
// together. driver.test.ts makes the wiring for each of them.

import { Worker } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import type { Driver, Port } from '../../dataplane/io/device.ts'
import { nativeFile } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'

export interface Rig {
  readonly a: Driver
  readonly b: Driver
  /** Takes the wire of port 0 away for good; null where there is no interface to take away. */
  readonly vanish: (() => Promise<void>) | null
  /** Sets the interface of b's port 0 down or up; null where there is none. */
  readonly setUp: ((up: boolean) => Promise<void>) | null
  /** Opens b again on the same interfaces, after b.close(). */
  reopen(): Driver
  close(): Promise<void>
}

const HEADER = 14
const BATCH = 64
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A frame with a number in it and a pattern that follows from number and length. */
export function numbered(driver: Driver, n: number, length: number, tag = false): Packet {
  const p = driver.pool.alloc()
  if (p === null) throw new Error('pool is empty')
  p.end = p.off + length
  fill(p, n, tag)
  return p
}

function fill(p: Packet, n: number, tag: boolean): void {
  const { mem, off, end } = p
  mem.fill(0x02, off, off + 12)
  mem[off + 12] = tag ? 0x81 : 0x88
  mem[off + 13] = tag ? 0x00 : 0xb6
  new DataView(mem.buffer, mem.byteOffset).setUint32(off + HEADER, n)
  for (let i = HEADER + 4; i < end - off; i++) mem[off + i] = (n + i) & 0xff
}

/** The number of a frame that is exactly as `numbered` made it, else -1. */
export function numberOf(p: Packet, tag = false): number {
  const n = new DataView(p.mem.buffer, p.mem.byteOffset).getUint32(p.off + HEADER)
  if (p.mem[p.off + 12] !== (tag ? 0x81 : 0x88)) return -1
  for (let i = HEADER + 4; i < p.end - p.off; i++)
    if (p.mem[p.off + i] !== ((n + i) & 0xff)) return -1
  return n
}

/** Receives until `count` packets are there or nothing came for `quietMs`; `each` gets and keeps them. */
export async function receive(
  driver: Driver,
  port: Port,
  count: number,
  each: (p: Packet) => void,
  quietMs = 1000,
): Promise<number> {
  const out: Packet[] = new Array(BATCH)
  let got = 0
  for (let last = Date.now(); got < count && Date.now() - last < quietMs; ) {
    if (driver.blocking) driver.wait(10)
    else await sleep(1)
    const n = port.receive(out, Math.min(BATCH, count - got))
    for (let i = 0; i < n; i++) each(out[i]!)
    got += n
    if (n > 0) last = Date.now()
  }
  return got
}

/** Sends `count` numbered frames from one driver to the other, a few at a time, and checks them. */
async function stream(
  t: ExecutionContext,
  [from, to, index]: readonly [Driver, Driver, number],
  count: number,
  lengthOf: (n: number) => number,
): Promise<void> {
  const numbers: number[] = []
  const sizes: number[] = []
  for (let n = 0; n < count; ) {
    const burst = Math.min(32, count - n)
    for (let i = 0; i < burst; i++, n++)
      t.true(from.ports[index]!.send(numbered(from, n, lengthOf(n))))
    from.ports[index]!.flush()
    await receive(to, to.ports[index]!, burst, (p) => {
      numbers.push(numberOf(p))
      sizes.push(p.end - p.off)
      t.is(p.port, index)
      to.pool.free(p)
    })
  }
  from.ports[index]!.flush()
  t.deepEqual(
    numbers,
    Array.from({ length: count }, (_, n) => n),
  )
  t.deepEqual(
    sizes,
    Array.from({ length: count }, (_, n) => lengthOf(n)),
  )
}

/** Frames come unchanged and in order, both ways, on every port; counters say so; no frame is lost. */
export async function carries(t: ExecutionContext, rig: Rig): Promise<void> {
  const lengthOf = (n: number): number => 60 + n
  const count = 1514 - 60 + 1
  const before = [rig.a.pool.available, rig.b.pool.available]
  for (const index of rig.a.ports.keys()) {
    await stream(t, [rig.a, rig.b, index], count, lengthOf)
    await stream(t, [rig.b, rig.a, index], count, lengthOf)
    const bytes = (count * (60 + 1514)) / 2
    const moved = { rxPackets: count, rxBytes: bytes, txPackets: count, txBytes: bytes }
    for (const driver of [rig.a, rig.b])
      t.deepEqual({ ...driver.ports[index]!.counters }, { ...moved, rxDropped: 0, txDropped: 0 })
  }
  await settled(rig.a, before[0]!)
  await settled(rig.b, before[1]!)
  t.deepEqual([rig.a.pool.available, rig.b.pool.available], before)
}

/** Lets a driver take back what it lent out: drivers keep a batch of frames at hand. */
async function settled(driver: Driver, available: number): Promise<void> {
  for (let i = 0; i < 50 && driver.pool.available !== available; i++) {
    for (const port of driver.ports) port.flush()
    await sleep(2)
  }
}

/** A packet goes on from port to port, with its length changed at the front, and keeps its data. */
export async function forwards(t: ExecutionContext, rig: Rig): Promise<void> {
  const [in0, out1] = [rig.b.ports[0]!, rig.b.ports[1]!]
  for (let n = 0; n < 100; n++) {
    rig.a.ports[0]!.send(numbered(rig.a, n, 100))
    rig.a.ports[0]!.flush()
    await receive(rig.b, in0, 1, (p) => {
      t.is(p.mem, rig.b.pool.mem)
      t.true(p.push(20))
      p.mem.copyWithin(p.off, p.off + 20, p.off + 20 + HEADER)
      out1.send(p)
    })
    out1.flush()
    await receive(rig.a, rig.a.ports[1]!, 1, (p) => {
      t.is(p.end - p.off, 120)
      t.true(p.pull(20))
      p.mem[p.off + 12] = 0x88
      t.is(numberOf(p), n)
      rig.a.pool.free(p)
    })
  }
}

/** Too long, too short, of another memory: sent if it can be, else dropped and counted. */
export async function oddPackets(t: ExecutionContext, rig: Rig): Promise<void> {
  const port = rig.a.ports[0]!
  t.false(port.send(numbered(rig.a, 1, 1600)))
  t.false(port.send(numbered(rig.a, 1, 1519)))
  const short = rig.a.pool.alloc()!
  short.end = short.off + 13
  t.false(port.send(short))
  const huge = rig.a.pool.allocLength(4000)!
  t.is(huge.frame, -1)
  t.false(port.send(huge))
  t.is(port.counters.txDropped, 4)
  // A packet in memory of its own that is short enough.
  const own = rig.a.pool.allocLength(4000)!
  own.end = own.off + 1000
  fill(own, 77, false)
  t.true(port.send(own))
  // A full-length frame with a VLAN tag.
  t.true(port.send(numbered(rig.a, 78, 1518, true)))
  port.flush()
  const seen: number[] = []
  await receive(rig.b, rig.b.ports[0]!, 2, (p) => {
    seen.push(numberOf(p, p.mem[p.off + 12] === 0x81), p.end - p.off)
    rig.b.pool.free(p)
  })
  t.deepEqual(seen, [77, 1000, 78, 1518])
  t.is(port.counters.txPackets, 2)
}

/** A received packet is a fresh one, and its type follows from its destination address. */
export async function annotations(t: ExecutionContext, rig: Rig): Promise<void> {
  const p = numbered(rig.a, 1, 60)
  p.mem.fill(0xff, p.off, p.off + 6)
  p.paint = 7
  p.net = p.off + HEADER
  rig.a.ports[0]!.send(p)
  const multicast = numbered(rig.a, 2, 60)
  multicast.mem.set([1, 0, 0x5e, 0, 0, 1], multicast.off)
  rig.a.ports[0]!.send(multicast)
  rig.a.ports[0]!.flush()
  const types: number[] = []
  await receive(rig.b, rig.b.ports[0]!, 2, (q) => {
    types.push(q.type)
    t.deepEqual([q.paint, q.net, q.mac, q.bucket, q.next], [0, -1, -1, -1, null])
    t.true(q.off - q.base >= 128, 'headroom for encapsulation')
    rig.b.pool.free(q)
  })
  t.deepEqual(types, [1, 2])
}

/** Nobody receives: what does not fit is dropped and counted; then everything works again. */
export async function overload(t: ExecutionContext, rig: Rig): Promise<void> {
  const [from, to] = [rig.a.ports[0]!, rig.b.ports[0]!]
  const before = rig.b.pool.available
  let sent = 0
  for (let n = 0; n < 20_000; n++) {
    const p = rig.a.pool.alloc()
    if (p !== null) {
      p.end = p.off + 1000
      fill(p, n, false)
      if (from.send(p)) sent++
    }
    if (n % 32 === 31) from.flush()
    if (n % 256 === 255) await sleep(0)
  }
  from.flush()
  let last = -1
  let inOrder = true
  const got = await receive(
    rig.b,
    to,
    sent,
    (p) => {
      const n = numberOf(p)
      if (n <= last) inOrder = false
      last = n
      rig.b.pool.free(p)
    },
    300,
  )
  t.true(inOrder)
  t.true(got > 0 && got < sent, `${got} of ${sent} came`)
  t.true(to.counters.rxDropped > 0, 'drops are counted')
  t.is(got + to.counters.rxDropped, sent, 'each frame came or was counted')
  t.is(to.counters.rxPackets, got)
  await settled(rig.b, before)
  t.is(rig.b.pool.available, before)
  await stream(t, [rig.a, rig.b, 0], 100, () => 200)
}

/** `wait` sleeps, and ends for a packet, for the time, and for another thread's wake. */
export async function waits(t: ExecutionContext, rig: Rig): Promise<void> {
  if (!rig.b.blocking) {
    t.is(rig.b.wakeFd, -1)
    let called = 0
    rig.b.onReadable = () => called++
    rig.a.ports[0]!.send(numbered(rig.a, 1, 60))
    await receive(rig.b, rig.b.ports[0]!, 1, (p) => rig.b.pool.free(p))
    t.is(called, 1)
    return
  }
  const started = process.hrtime.bigint()
  rig.b.wait(30)
  t.true(process.hrtime.bigint() - started >= 25_000_000n, 'it slept')
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { eventfdWrite } = require(workerData.addon)
    parentPort.once('message', () => setTimeout(() => eventfdWrite(workerData.fd), 50))
    parentPort.postMessage('ready')`
  const workerData = { addon: nativeFile('clickup.node'), fd: rig.b.wakeFd }
  const waker = new Worker(code, { eval: true, workerData })
  await new Promise((resolve) => waker.once('message', resolve))
  waker.postMessage('go')
  const before = process.hrtime.bigint()
  rig.b.wait(400)
  const slept = Number(process.hrtime.bigint() - before) / 1e6
  t.true(slept < 390, `woken after ${slept} ms`)
  // The wake is used up: the next wait sleeps.
  const again = process.hrtime.bigint()
  rig.b.wait(20)
  t.true(process.hrtime.bigint() - again >= 15_000_000n)
  await waker.terminate()
}

/** The interface of port 0 goes: the port has a fault, sending drops, the other port works on. */
export async function vanishes(t: ExecutionContext, rig: Rig): Promise<void> {
  if (rig.vanish === null) {
    t.is(rig.a.ports[0]!.fault, null)
    return
  }
  await stream(t, [rig.a, rig.b, 0], 64, () => 100)
  const port = rig.b.ports[0]!
  t.is(port.fault, null)
  await rig.vanish()
  for (let i = 0; i < 20 && port.fault === null; i++) rig.b.wait(50)
  t.truthy(port.fault, 'noticed by waiting alone')
  t.regex(port.fault?.message ?? '', /gone/)
  const { txDropped } = port.counters
  t.false(port.send(numbered(rig.b, 1, 100)))
  port.flush()
  t.is(port.counters.txDropped, txDropped + 1)
  t.is(port.receive(new Array(8), 8), 0)
  // The sending side notices by sending.
  for (let i = 0; i < 20 && rig.a.ports[0]!.fault === null; i++) {
    rig.a.ports[0]!.send(numbered(rig.a, i, 100))
    rig.a.ports[0]!.flush()
    rig.a.wait(10)
  }
  t.truthy(rig.a.ports[0]!.fault)
  await stream(t, [rig.a, rig.b, 1], 100, () => 100)
  t.is(rig.b.ports[1]!.fault, null)
}

/** An interface that is only down drops and counts; when it is up again, so is the port. */
export async function downAndUp(t: ExecutionContext, rig: Rig): Promise<void> {
  if (rig.setUp === null) {
    t.is(rig.b.ports[0]!.fault, null)
    return
  }
  await stream(t, [rig.b, rig.a, 0], 64, () => 100)
  const before = rig.b.pool.available
  const port = rig.b.ports[0]!
  await rig.setUp(false)
  for (let n = 0; n < 10_000; n++) {
    const p = rig.b.pool.alloc()
    if (p === null) break
    p.end = p.off + 100
    fill(p, n, false)
    port.send(p)
    if (n % 64 === 63) port.flush()
  }
  t.true(port.counters.txDropped > 0)
  t.true(rig.b.pool.available > 0, 'frames that cannot go do not use up the pool')
  rig.b.wait(10)
  t.is(port.fault, null)
  await rig.setUp(true)
  // What had been queued before the rings were full may still come.
  await receive(rig.a, rig.a.ports[0]!, 10_000, (p) => rig.a.pool.free(p), 300)
  for (let i = 0; i < 50; i++) {
    rig.b.wait(2)
    await receive(rig.a, rig.a.ports[0]!, 10_000, (p) => rig.a.pool.free(p), 2)
  }
  await settled(rig.b, before)
  t.is(rig.b.pool.available, before)
  await stream(t, [rig.b, rig.a, 0], 100, () => 100)
  await stream(t, [rig.a, rig.b, 0], 100, () => 100)
}

/** Closing twice is no error, and the same interfaces can be opened again at once. */
export async function reopens(t: ExecutionContext, rig: Rig): Promise<void> {
  rig.b.close()
  rig.b.close()
  t.truthy(rig.b.ports[0]!.fault)
  const b = rig.reopen()
  try {
    await stream(t, [rig.a, b, 0], 100, () => 100)
    await stream(t, [b, rig.a, 1], 100, () => 100)
  } finally {
    b.close()
  }
}
