// Further cases of the drivers' suite: bursts, tags, what a ring cannot take, waking.

import type { ExecutionContext } from 'ava'
import type { Driver, Port } from '../../dataplane/io/device.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { numbered, numberOf, type Rig, receive } from './driver.ts'

const HEADER = 14
/** Of MTU, header and one tag. */
const LONGEST = 1518

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

/** Numbers of what comes, in order of arrival; the frames go back. */
async function collect(driver: Driver, port: Port, count: number): Promise<number[]> {
  const seen: number[] = []
  await receive(driver, port, count, (p) => {
    seen.push(numberOf(p))
    driver.pool.free(p)
  })
  return seen
}

/** A burst that is flushed once comes whole and in order, also where it is taken a few at a time. */
export async function bursts(t: ExecutionContext, rig: Rig): Promise<void> {
  for (const count of [1, 2, 63, 64, 65, 200]) {
    for (let n = 0; n < count; n++) t.true(rig.a.ports[0]!.send(numbered(rig.a, n, 60 + n)))
    rig.a.ports[0]!.flush()
    const seen: number[] = []
    const few: Packet[] = new Array(7)
    for (let turns = 0; seen.length < count && turns < 2_000; turns++) {
      if (rig.b.blocking) rig.b.wait(1)
      else await new Promise((resolve) => setTimeout(resolve, 1))
      const got = rig.b.ports[0]!.receive(few, few.length)
      t.true(got <= few.length)
      for (let i = 0; i < got; i++) {
        seen.push(numberOf(few[i]!))
        rig.b.pool.free(few[i]!)
      }
    }
    t.deepEqual(seen, numbers(count))
  }
}

/** Both directions and both ports at once: nothing gets to the wrong place. */
export async function crossing(t: ExecutionContext, rig: Rig): Promise<void> {
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < 32; n++)
      for (const driver of [rig.a, rig.b])
        for (const [index, port] of driver.ports.entries())
          t.true(port.send(numbered(driver, n * 10 + index + (driver === rig.a ? 4 : 0), 80)))
    for (const driver of [rig.a, rig.b]) for (const port of driver.ports) port.flush()
    for (const [driver, from] of [
      [rig.a, 0],
      [rig.b, 4],
    ] as const)
      for (const [index, port] of driver.ports.entries())
        t.deepEqual(
          await collect(driver, port, 32),
          numbers(32).map((n) => n * 10 + index + from),
        )
  }
}

/** Tags of both kinds stay where they are, one or two of them, up to the longest frame. */
export async function tags(t: ExecutionContext, rig: Rig): Promise<void> {
  const kinds = [[0x8100], [0x88a8], [0x88a8, 0x8100]]
  let n = 0
  for (const kind of kinds)
    for (const length of [60, 61, 500, LONGEST - 4, LONGEST]) {
      // AF_PACKET gives room for a tag beyond the MTU only where it is of 802.1Q.
      if (length === LONGEST && kind[0] !== 0x8100) continue
      const p = numbered(rig.a, ++n, length)
      for (const [i, type] of kind.entries()) {
        const at = p.off + 12 + 4 * i
        p.mem.set([type >> 8, type & 0xff, 0x60 + i, n, 0x88, 0xb6], at)
      }
      const sent = p.mem.slice(p.off, p.end)
      t.true(rig.a.ports[0]!.send(p))
      rig.a.ports[0]!.flush()
      const seen: Uint8Array[] = []
      await receive(rig.b, rig.b.ports[0]!, 1, (q) => {
        seen.push(q.mem.slice(q.off, q.end))
        rig.b.pool.free(q)
      })
      t.true(
        seen.length === 1 && Buffer.compare(seen[0]!, sent) === 0,
        `${kind.map((k) => k.toString(16))}, ${length} bytes`,
      )
    }
}

/** More than a ring takes at a time, flushed once: each frame is sent or counted, and order is kept. */
export async function beyondRings(t: ExecutionContext, rig: Rig): Promise<void> {
  const port = rig.a.ports[0]!
  let taken = 0
  let offered = 0
  for (let p = rig.a.pool.alloc(); p !== null && offered < 6_000; p = rig.a.pool.alloc()) {
    p.end = p.off + 64
    new DataView(p.mem.buffer, p.mem.byteOffset).setUint32(p.off + HEADER, offered++)
    p.mem.fill(2, p.off, p.off + 12)
    p.mem[p.off + 12] = 0x88
    p.mem[p.off + 13] = 0xb6
    if (port.send(p)) taken++
  }
  let last = -1
  let ordered = true
  const got = await receive(
    rig.b,
    rig.b.ports[0]!,
    taken,
    (q) => {
      const n = new DataView(q.mem.buffer, q.mem.byteOffset).getUint32(q.off + HEADER)
      if (n <= last) ordered = false
      last = n
      rig.b.pool.free(q)
      port.flush()
    },
    300,
  )
  port.flush()
  t.true(ordered)
  const { txPackets, txDropped } = port.counters
  t.is(txPackets + txDropped, offered, 'each was sent or counted')
  t.true(got + rig.b.ports[0]!.counters.rxDropped <= txPackets)
  t.true(got > 0)
}

/** A packet that is there already, and one that comes, both end a sleep. */
export async function wakesForPackets(t: ExecutionContext, rig: Rig): Promise<void> {
  if (!rig.b.blocking) {
    t.false(rig.b.blocking)
    return
  }
  for (const index of rig.b.ports.keys())
    for (let n = 0; n < 5; n++) {
      rig.a.ports[index]!.send(numbered(rig.a, n, 100))
      rig.a.ports[index]!.flush()
      const start = performance.now()
      rig.b.wait(2_000)
      t.true(performance.now() - start < 1_900, 'woken, not slept out')
      t.deepEqual(await collect(rig.b, rig.b.ports[index]!, 1), [n])
    }
}
