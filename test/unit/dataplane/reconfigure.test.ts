// The write handler `config` (dataplane/reconfigure.ts).

import test from 'ava'
import { copyOf, standalone } from '../../../dataplane/standalone.ts'
import { lab } from '../engine/lab.ts'

test('a queue configured anew keeps its packets as far as they fit', async (t) => {
  const { router, read, write, run } = await lab(
    'InfiniteSource(LIMIT 5) -> q :: Queue(10) -> Idle',
  )
  run(10)
  write('q.config', '3')
  t.deepEqual([read('q.length'), read('q.capacity'), read('q.config')], ['3', '3', '3'])
  t.is(router.pool.available, router.pool.frames - 3)
  t.regex(read('flatconfig'), /q :: Queue\(3\)/)
})

test('a compiled classifier gets new code', async (t) => {
  const { read, write, run } = await lab(`
    s :: InfiniteSource(\\<0800>, LIMIT 2) -> c :: Classifier(0/0800, -);
    c[0] -> a :: Counter -> Discard; c[1] -> b :: Counter -> Discard`)
  run(10)
  write('c.config', '0/0806, -')
  write('s.reset')
  run(10)
  t.deepEqual([read('a.count'), read('b.count')], ['2', '2'])
})

test('wrong arguments are refused, and the element goes on as it was', async (t) => {
  const { read, write } = await lab(
    'Idle -> q :: Queue(10) -> Idle; Idle -> c :: Counter -> Discard',
  )
  const error = t.throws(() => write('q.config', 'abc'))
  t.regex(error!.message, /^CAPACITY/)
  t.notRegex(error!.message, /While configuring/)
  t.deepEqual([read('q.config'), read('q.capacity')], ['10', '10'])
  t.throws(() => write('c.config', ''), { message: /read handler|write handler/ })
})

test('a copy has the new configuration too', async (t) => {
  const { SimulatedClock } = await import('../../../dataplane/clock.ts')
  const clock = new SimulatedClock(1)
  const options = { filename: 'config', clock, print: () => {} }
  const old = await standalone('Idle -> q :: Queue(10) -> Idle', options)
  old.router.writeHandler('q.config', '7')
  const next = copyOf(old)
  t.is(next.router.readHandler('q.config'), '7')
  t.is(next.router.readHandler('q.capacity'), '7')
})
