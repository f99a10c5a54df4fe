import test from 'ava'
import { machineClock, SimulatedClock } from '../../../dataplane/clock.ts'
import { Loop } from '../../../dataplane/loop.ts'
import { standalone } from '../../../dataplane/standalone.ts'

async function start(config: string, clock = machineClock) {
  const { router } = await standalone(config, { filename: 'config', clock, print: () => undefined })
  router.activate()
  return { router, loop: new Loop(router, null, clock) }
}

test('runs until the router stops', async (t) => {
  const { router, loop } = await start('InfiniteSource(LIMIT 1000, STOP true) -> d :: Discard')
  await loop.run()
  t.is(router.readHandler('d.count'), '1000')
})

test('a handler from outside wakes a loop that sleeps', async (t) => {
  const { router, loop } = await start(
    's :: InfiniteSource(LIMIT 7, ACTIVE false, STOP true) -> d :: Discard',
  )
  const done = loop.run()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(router.readHandler('d.count'), '0')
  router.writeHandler('s.active', 'true')
  await done
  t.is(router.readHandler('d.count'), '7')
})

test('simulated time takes no time', async (t) => {
  const clock = new SimulatedClock(0)
  const { router, loop } = await start(
    'TimedSource(INTERVAL 3600, LIMIT 24, STOP true) -> d :: Discard',
    clock,
  )
  await loop.run()
  t.is(router.readHandler('d.count'), '24')
  t.true(clock.nowMs() >= 24 * 3_600_000)
})

test('a router is replaced between two turns', async (t) => {
  const first = await start('InfiniteSource -> d :: Discard')
  const second = await start('InfiniteSource(LIMIT 3, STOP true) -> d :: Discard')
  const done = first.loop.run()
  await new Promise((resolve) => setImmediate(resolve))
  first.router.deactivate()
  first.loop.replace(second.router)
  await done
  t.is(second.router.readHandler('d.count'), '3')
})
