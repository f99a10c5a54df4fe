// When mappings go: idle times by protocol and state, capacity and guarantees.

import test from 'ava'
import { type IpFields, ipPacket } from '../ip/packets.ts'
import type { Lab } from '../lab.ts'
import { back, NAT, nat, OUT } from './nat.ts'

/** Sends out, and in again after `ms`; true: the mapping was still there. */
function alive(lab: Lab, ms: number, f: IpFields): boolean {
  lab.wait(ms)
  lab.send('in1', ipPacket(f))
  return lab.take().length === 1
}

test('UDP mappings go when idle, streaming ones later', async (t) => {
  const specs = `${NAT}, UDP_TIMEOUT 10, UDP_STREAMING_TIMEOUT 60, REAP_INTERVAL 1`
  const udp = { ...OUT, proto: 17 }
  const lab = await nat(specs)
  lab.send('in0', ipPacket(udp))
  lab.take()
  t.true(alive(lab, 9_000, back(3000, udp)))
  t.false(alive(lab, 11_000, back(3000, udp)))
  t.is(lab.read('rw.size'), '0')
  const busy = await nat(specs)
  for (let i = 0; i < 3; i++) busy.send('in0', ipPacket(udp))
  busy.take()
  t.true(alive(busy, 1_000, back(3000, udp)))
  t.true(alive(busy, 59_000, back(3000, udp)))
  t.false(alive(busy, 61_000, back(3000, udp)))
})

test('one direction in use keeps the other', async (t) => {
  const udp = { ...OUT, proto: 17 }
  const lab = await nat(`${NAT}, UDP_TIMEOUT 10, REAP_INTERVAL 1`)
  for (let i = 0; i < 5; i++) {
    lab.send('in0', ipPacket(udp))
    lab.wait(8_000)
  }
  t.is(lab.take().length, 5)
  t.true(alive(lab, 1, back(3000, udp)))
})

test('TCP: by data, by FIN from both sides, by RST', async (t) => {
  const specs = `${NAT}, TCP_TIMEOUT 100, TCP_NODATA_TIMEOUT 30, TCP_DONE_TIMEOUT 5, REAP_INTERVAL 1`
  const run = async (packets: readonly ['out' | 'back', number, number][]) => {
    const lab = await nat(specs)
    for (const [way, flags, payload] of packets) {
      const f = way === 'out' ? OUT : back(3000)
      lab.send(way === 'out' ? 'in0' : 'in1', ipPacket({ ...f, flags, payload }))
    }
    lab.take()
    for (const s of [4, 6, 29, 31, 99, 101]) {
      const fresh = lab.nowMs
      lab.nowMs += s * 1000
      lab.router.turn()
      const there = lab.read('rw.tcp_lookup', '18.26.4.44 3000 10.0.0.4 40') !== ''
      lab.nowMs += 2000 // past SWEEP_PASS_MS, so that the next look sweeps again
      for (let i = 0; i < 5; i++) lab.router.turn()
      lab.nowMs = fresh
      if (!there) return s
    }
    return 999
  }
  t.is(await run([['out', 2, 0]]), 31)
  t.is(
    await run([
      ['out', 2, 0],
      ['back', 18, 0],
      ['out', 16, 5],
      ['back', 16, 5],
    ]),
    101,
  )
  t.is(
    await run([
      ['out', 16, 5],
      ['back', 16, 5],
      ['out', 17, 0],
    ]),
    101,
  )
  t.is(
    await run([
      ['out', 16, 5],
      ['back', 16, 5],
      ['out', 17, 0],
      ['back', 17, 0],
    ]),
    6,
  )
  t.is(
    await run([
      ['out', 16, 5],
      ['back', 20, 0],
    ]),
    6,
  )
  // A new connection on the same ports is not done any more.
  t.is(
    await run([
      ['out', 17, 0],
      ['back', 17, 0],
      ['out', 2, 0],
      ['back', 18, 0],
    ]),
    31,
  )
})

test('at capacity the mapping goes that would time out first, once its guarantee is over', async (t) => {
  const lab = await nat(`${NAT}, MAPPING_CAPACITY 3, GUARANTEE 5`)
  const send = (sport: number) => {
    lab.send('in0', ipPacket({ ...OUT, sport }))
    return lab.take().length === 1
  }
  for (const sport of [2001, 2002, 2003]) {
    t.true(send(sport))
    lab.nowMs += 1000
    lab.router.turn()
  }
  t.false(send(2004))
  t.is(lab.read('rw.mapping_failures'), '1')
  lab.send('in1', ipPacket(back(2001))) // in use: the next oldest goes in its place
  lab.take()
  lab.wait(3_500)
  t.true(send(2005))
  t.is(lab.read('rw.size'), '3')
  t.is(lab.read('rw.tcp_lookup', '18.26.4.44 2002 10.0.0.4 40'), '')
  t.is(lab.read('rw.tcp_lookup', '18.26.4.44 2001 10.0.0.4 40'), '1.0.0.1 2001 10.0.0.4 40')
  lab.write('rw.capacity', '1')
  t.is(lab.read('rw.size'), '1')
  t.is(lab.read('rw.capacity'), '1')
})

test('without a guarantee that goes which would time out first, the new flow too', async (t) => {
  const specs = `${NAT}, MAPPING_CAPACITY 2, GUARANTEE 0`
  const lab = await nat(specs)
  for (let sport = 2001; sport <= 2003; sport++) {
    lab.send('in0', ipPacket({ ...OUT, sport }))
    lab.wait(1000)
  }
  t.is(lab.take().length, 3)
  t.is(lab.read('rw.mapping_failures'), '0')
  t.is(lab.read('rw.tcp_lookup', '18.26.4.44 2001 10.0.0.4 40'), '')
  // Connections in use time out in a day, a new one in minutes.
  const busy = await nat(specs)
  for (let sport = 2001; sport <= 2003; sport++) {
    busy.send('in0', ipPacket({ ...OUT, sport, payload: 5 }))
    busy.send('in1', ipPacket({ ...back(sport), payload: 5 }))
  }
  t.is(busy.take().length, 4)
  t.is(busy.read('rw.mapping_failures'), '1')
})

test('what has timed out is there until the next reaping, and a packet renews it', async (t) => {
  const lab = await nat(`${NAT}, UDP_TIMEOUT 10, REAP_INTERVAL 100`)
  const udp = { ...OUT, proto: 17 }
  lab.send('in0', ipPacket(udp))
  lab.take()
  t.true(alive(lab, 95_000, back(3000, udp)))
  t.true(alive(lab, 95_000, back(3000, udp))) // at 190 s; reaped at 100 s, when it was fresh
  t.is(lab.read('rw.size'), '1')
  lab.wait(15_000)
  t.is(lab.read('rw.size'), '0')
})

test('a large table at capacity gives way to new flows, and shrinks to a lower capacity', async (t) => {
  const lab = await nat(`${NAT}, MAPPING_CAPACITY 2000, GUARANTEE 5`)
  const send = (i: number) => {
    lab.send('in0', ipPacket({ ...OUT, src: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }))
    return lab.take().length
  }
  for (let i = 0; i < 2000; i++) t.is(send(i), 1)
  t.is(send(5000), 0)
  lab.nowMs += 6000
  lab.router.turn()
  for (let i = 0; i < 300; i++) t.is(send(10_000 + i), 1)
  t.is(lab.read('rw.size'), '2000')
  lab.write('rw.capacity', '500')
  t.true(Number(lab.read('rw.size')) < 1000)
  lab.nowMs += 6000
  lab.router.turn()
  for (let i = 0; i < 600; i++) send(20_000 + i)
  t.is(lab.read('rw.size'), '500')
})
