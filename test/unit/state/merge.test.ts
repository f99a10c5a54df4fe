// Shared state that meets the target's own: by rule, repeated, withdrawn, undone.

import test from 'ava'
import { SnapshotSource } from '../../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../../dataplane/state-target.ts'
import { finish, planOf, type Replica, replica } from './fixture.ts'

const ALL = [0, 1, 2, 3, 4, 5, 6, 7]

function setUp(prepare: (from: Replica, to: Replica) => void, retire = true) {
  const from = replica({ nowMs: 1_000_000 })
  const to = replica({ nowMs: 9_000_000 })
  prepare(from, to)
  const plan = planOf(from, to)
  const source = new SnapshotSource(from.store, plan, retire ? ALL : [0], { retire })
  const target = new SnapshotTarget(to.store, plan)
  const flow = () => {
    for (let c = source.next(4096); c !== null; c = source.next(4096)) target.apply(c)
  }
  flow()
  return { from, to, source, target, flow }
}

test('sum: what the source says replaces what it said before', (t) => {
  const { from, to, flow } = setUp((f, o) => {
    f.count.packets = 10
    o.count.packets = 100
  })
  t.is(to.count.packets, 110)
  from.count.packets = 12
  flow()
  t.is(to.count.packets, 112)
  to.count.packets += 5
  from.count.packets = 20
  flow()
  t.is(to.count.packets, 125)
  // What was counted here meanwhile stays counted, however often the source speaks after that.
  from.count.packets = 30
  flow()
  t.is(to.count.packets, 135)
})

test('sum: a source that does not retire keeps its share', (t) => {
  const { to, source, target } = setUp((f, o) => {
    f.count.packets = 10
    o.count.packets = 100
  }, false)
  finish(source, target)
  t.is(to.count.packets, 100)
})

test('sum: given away, it is nothing at the source', (t) => {
  const { from, source, target } = setUp((f) => {
    f.count.packets = 10
    f.peak.rate = 3
  })
  finish(source, target)
  while (!source.forget(10)) {}
  t.is(from.count.packets, 0)
  t.is(from.peak.rate, 3)
})

test("max: the larger stands; where nothing was, exactly the source's", (t) => {
  const own = setUp((f, o) => {
    f.peak.rate = 5
    o.peak.rate = 7
  })
  t.is(own.to.peak.rate, 7)
  own.from.peak.rate = 9
  own.flow()
  t.is(own.to.peak.rate, 9)
  own.from.peak.rate = 6
  own.flow()
  t.is(own.to.peak.rate, 7)
  const fresh = setUp((f) => {
    f.peak.rate = -5
  })
  t.is(fresh.to.peak.rate, -5)
})

test('max: what was seen here meanwhile stays, however often the source speaks after that', (t) => {
  const { from, to, target, flow } = setUp((f, o) => {
    f.peak.rate = 3
    o.peak.rate = 1
  })
  to.peak.rate = 9
  for (const rate of [4, 5]) {
    from.peak.rate = rate
    flow()
    t.is(to.peak.rate, 9)
  }
  target.discard()
  t.is(to.peak.rate, 9)
})

test('last writer: by the idle column, as ages', (t) => {
  const { from, to, flow } = setUp((f, o) => {
    const put = (r: Replica, ip: number, age: number, n: number) => {
      const row = r.arp.insert(-1, ip)
      row.seen = r.clock.nowMs - age
      row.mac = new Uint8Array(8).fill(n)
    }
    put(f, 1, 500, 1)
    put(o, 1, 100, 2)
    put(f, 2, 100, 1)
    put(o, 2, 500, 2)
    put(o, 3, 500, 2)
    put(f, 4, 0, 1)
  })
  const macs = () => [1, 2, 3, 4].map((ip) => to.arp.get(ip)?.mac[0])
  t.deepEqual(macs(), [2, 1, 2, 1])
  from.arp.get(1).seen = from.clock.nowMs
  flow()
  t.deepEqual(macs(), [1, 1, 2, 1])
  from.arp.remove(1)
  from.arp.remove(2)
  from.arp.remove(4)
  flow()
  t.deepEqual(macs(), [2, 2, 2, undefined], 'what stood here before is back')
})

test('undone: own values are back, own changes since are kept', (t) => {
  const { to, target } = setUp((f, o) => {
    f.count.packets = 10
    f.count.bytes = 1000
    o.count.packets = 100
    f.peak.rate = 50
    o.peak.rate = 4
    f.arp.insert(-1, 9).seen = 5
  })
  to.count.packets += 3
  target.discard()
  t.deepEqual([to.count.packets, to.count.bytes, to.peak.rate, to.arp.size], [103, 0, 4, 0])
})
