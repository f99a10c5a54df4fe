// The packet that a full socket did not take: it moves, and goes out of the new replica before what
// its queue holds. All elements with sockets and devices share this (elements/lib/transport-element.ts).

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import type { PacketsEntry } from '../../dataplane/state.ts'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { graphOf, Side } from './metamorphic.ts'
import { ipFrame } from './traffic.ts'

test('ToSocket: what was not sent moves, and goes first', async (t) => {
  const server = createSocket('udp4')
  const came: string[] = []
  server.on('message', (bytes) => came.push(bytes.toString('hex')))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const config = `FromDevice(in0) -> Queue -> x :: ToSocket(UDP, 127.0.0.1, ${server.address().port});`
  const graph = await graphOf(config)
  const [o, n] = [0, 5e8].map((offset) => new Side(graph, { ports: ['in0'] }, offset, []))
  t.teardown(() => o!.router.close())
  t.teardown(() => n!.router.close())
  const frames = [1, 2, 3].map((host) =>
    ipFrame({ src: `10.0.0.${host}`, dst: '192.0.2.1', proto: 17, payload: 9 }),
  )
  const held = (side: Side, element: string, state: string) =>
    (side.store.entry(element, state) as PacketsEntry).fifo
  for (const [k, bytes] of frames.entries()) {
    const p = o!.pool.allocLength(bytes.length)!
    p.mem.set(bytes, p.off)
    held(o!, k === 0 ? 'x' : 'Queue@2', k === 0 ? 'pending' : 'queue').push(p)
  }
  const planned = planTransfer(o!.store.schemas(), n!.store.schemas())
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings))
  const source = new SnapshotSource(o!.store, planned.plan, new Uint8Array(16).fill(1))
  const target = new SnapshotTarget(n!.store, planned.plan)
  for (let c = source.finish(256); c !== null; c = source.finish(256)) target.apply(c)
  target.commit()
  while (!source.forget(5)) {}
  t.is(o!.pool.available, o!.pool.frames)
  n!.router.activate()
  for (let k = 0; k < 100 && came.length < frames.length; k++) {
    n!.router.turn()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  t.deepEqual(
    came,
    frames.map((bytes) => Buffer.from(bytes).toString('hex')),
  )
})
