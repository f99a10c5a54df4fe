import test from 'ava'
import { lab } from './lab.ts'

test('a puller sleeps while its queue is empty, and is woken', async (t) => {
  const { router, run, read, write } = await lab(`
    s :: InfiniteSource(LIMIT 3, ACTIVE false) -> Queue -> Null -> u :: Unqueue -> d :: Discard`)
  run(1)
  t.is(read('u.scheduled'), 'false')
  t.false(router.turn())
  write('s.active', 'true')
  run(1)
  t.is(read('d.count'), '3')
  t.is(read('u.scheduled'), 'false')
})

test('a source stops while every queue behind it is full, and goes on after', async (t) => {
  const { run, read, write } = await lab(`
    s :: InfiniteSource -> q :: Queue(5) -> u :: Unqueue(ACTIVE false, LIMIT 7) -> d :: Discard`)
  run(1)
  t.is(read('s.count'), '5')
  t.is(read('q.drops'), '0')
  t.is(read('s.scheduled'), 'false')
  write('u.active', 'true')
  run(1)
  t.is(read('d.count'), '7')
  t.is(read('q.length'), '5')
  t.is(read('q.drops'), '0')
})

test('SimpleQueue says nothing: the source goes on and packets are dropped', async (t) => {
  const { run, read } = await lab(`
    InfiniteSource(LIMIT 20) -> q :: SimpleQueue(5) -> Unqueue(ACTIVE false) -> Discard`)
  run(1)
  t.is(read('q.length'), '5')
  t.is(read('q.drops'), '15')
  t.is(read('q.highwater_length'), '5')
})

test('a source with another way out than the queue never waits', async (t) => {
  const { run, read } = await lab(`
    s :: InfiniteSource(LIMIT 30) -> rr :: RoundRobinSwitch -> q :: Queue(2) -> Idle;
    rr[1] -> Discard`)
  run(1)
  t.is(read('s.count'), '30')
  t.is(read('q.drops'), '13')
})

test('a smaller capacity drops the newest; a larger one wakes the source', async (t) => {
  const { run, read, write } = await lab(`
    s :: InfiniteSource -> q :: Queue(10) -> Unqueue(ACTIVE false) -> Discard`)
  run(1)
  write('q.capacity', '4')
  t.is(read('q.length'), '4')
  t.is(read('q.drops'), '6')
  write('q.capacity', '12')
  run(1)
  t.is(read('q.length'), '12')
  t.throws(() => write('q.capacity', 'many'), { message: /unsigned integer/ })
})
