import test from 'ava'
import type { Driver, Port } from '../../../dataplane/io/device.ts'
import type { Packet } from '../../../dataplane/packet.ts'
import { Pool } from '../../../dataplane/packet.ts'
import { Refused } from '../../../dataplane/standalone.ts'
import { lab } from './lab.ts'

/** A port that gives what a test puts in, and keeps what is sent. */
class TestPort implements Port {
  readonly where = 'test'
  readonly fault = null
  readonly counters = {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
  readonly name: string
  readonly incoming: Packet[] = []
  readonly sent: Packet[] = []
  flushes = 0
  constructor(name: string) {
    this.name = name
  }
  receive(out: Packet[], max: number): number {
    const n = Math.min(max, this.incoming.length)
    for (let i = 0; i < n; i++) out[i] = this.incoming.shift()!
    return n
  }
  send(p: Packet): boolean {
    this.sent.push(p)
    return true
  }
  flush(): void {
    this.flushes++
  }
}

function driver(pool: Pool, ports: Port[]): Driver {
  const wait = () => undefined
  return {
    name: 'udp',
    pool,
    ports,
    blocking: false,
    wait,
    onReadable: null,
    wakeFd: -1,
    close: wait,
  }
}

function frame(pool: Pool, first: number, port: number): Packet {
  const p = pool.allocLength(60)!
  p.mem.fill(0, p.off, p.end)
  p.mem[p.off] = first
  p.mem[p.off + 37] = port
  return p
}

async function withPorts(config: string) {
  const pool = new Pool(1000)
  const ports = [new TestPort('inside'), new TestPort('outside')]
  const openPorts = () => Promise.resolve(driver(pool, ports))
  return { pool, ports, ...(await lab(config, { openPorts })) }
}

test('FromDevice pushes what came in by its port, ToDevice sends', async (t) => {
  const { pool, ports, router, run, read } = await withPorts(`
    f :: FromDevice(inside) -> o :: ToDevice(outside);
    g :: FromDevice(outside) -> Queue -> q :: ToDevice(inside)`)
  const [inside, outside] = ports as [TestPort, TestPort]
  for (let i = 0; i < 100; i++) inside.incoming.push(frame(pool, 2, i))
  outside.incoming.push(frame(pool, 1, 0))
  t.true(router.turn())
  t.is(outside.sent.length, 64, 'a batch a turn')
  run(1)
  t.is(outside.sent.length, 100)
  t.is(inside.sent.length, 1)
  t.deepEqual([read('f.count'), read('o.count'), read('q.count')], ['100', '100', '1'])
  t.deepEqual(
    outside.sent.map((p) => p.mem[p.off + 37]),
    Array.from({ length: 100 }, (_, i) => i),
  )
  t.true(inside.flushes > 0)
  const p = outside.sent[0]!
  t.deepEqual([p.port, p.mac, p.type, p.timeUs > 0], [0, p.off, 0, true])
  t.is(inside.sent[0]!.type, 2, 'multicast')
})

test('a gate is asked for each packet, with its bucket; inject goes behind FromDevice', async (t) => {
  const { pool, ports, router, run } = await withPorts(`
    FromDevice(inside) -> ToDevice(outside); FromDevice(outside) -> ToDevice(inside)`)
  const [inside, outside] = ports as [TestPort, TestPort]
  const asked: [number, number][] = []
  const held: Packet[] = []
  router.gate = {
    admit(p, port) {
      asked.push([p.bucket, port])
      if (port === 1) held.push(p)
      return port === 0
    },
  }
  inside.incoming.push(frame(pool, 2, 0))
  outside.incoming.push(frame(pool, 2, 0))
  run(1)
  t.deepEqual(asked, [
    [-1, 0],
    [-1, 1],
  ])
  t.is(outside.sent.length, 1)
  t.is(inside.sent.length, 0)
  router.inject(1, held[0]!)
  t.is(inside.sent.length, 1)
})

test('a port that is not there refuses the configuration, with file and line', async (t) => {
  const error = await t.throwsAsync(() => withPorts('FromDevice(inside)\n-> ToDevice(eht0)'), {
    instanceOf: Refused,
  })
  t.is(error!.findings.length, 1)
  t.is(error!.findings[0]!.where, 'config:2')
  t.regex(error!.findings[0]!.message, /no port or interface 'eht0'/)
})

test('standby: no task and no timer runs until it is activated', async (t) => {
  const { router, clock, read } = await lab(`
    InfiniteSource(LIMIT 5) -> a :: Discard; TimedSource(INTERVAL 0.1) -> b :: Discard`)
  router.deactivate()
  clock.advanceTo(1000)
  for (let i = 0; i < 10; i++) router.turn()
  t.deepEqual([read('a.count'), read('b.count')], ['0', '0'])
  t.is(router.nextTimerMs, Infinity)
  router.activate()
  for (let i = 0; i < 10; i++) router.turn()
  t.deepEqual([read('a.count'), read('b.count')], ['5', '1'])
})

test('self is frozen: nothing of it can be replaced', async (t) => {
  const { router } = await lab('Idle -> c :: Counter -> Discard')
  const { self } = router.byName.get('c')!
  t.true(Object.isFrozen(self))
  t.true(Object.isFrozen(self.config))
  t.true(Object.isFrozen(self.state))
  t.throws(() => {
    ;(self.counters as Record<string, number>).other = 1
  })
})

test('stop ends the run; a driver script decides when', async (t) => {
  const plain = await lab('InfiniteSource(LIMIT 1, STOP true) -> Discard')
  plain.run(10)
  t.true(plain.router.stopped)
  const managed = await lab(`
    InfiniteSource(LIMIT 1, STOP true) -> Discard;
    TimedSource(INTERVAL 0.1) -> c :: Counter -> Discard;
    DriverManager(wait_stop, wait_time 0.35s)`)
  managed.run(1000)
  t.true(managed.router.stopped)
  t.is(managed.read('c.count'), '3')
})
