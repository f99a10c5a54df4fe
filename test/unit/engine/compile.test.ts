import test from 'ava'
import { DROP, element, KEPT } from '../../../dataplane/element.ts'
import { lab } from './lab.ts'

const CHAIN = `InfiniteSource(LIMIT 10, STOP true)
  -> a :: Counter -> b :: Counter -> c :: Counter -> d :: Discard;`

test('a chain of actions is one function', async (t) => {
  const { router, run, read } = await lab(CHAIN)
  run(1)
  t.is(read('d.count'), '10')
  t.is(read('a.count'), '10')
  const source = router.generatedSource()
  const fused = source.slice(
    source.indexOf('const push_1_0'),
    source.indexOf('}', source.indexOf('const push_1_0') + 400),
  )
  for (const step of ['f1(s1, p)', 'f2(s2, p)', 'f3(s3, p)']) t.true(fused.includes(step), step)
})

test('every frame comes back: nothing leaks on any way out', async (t) => {
  const { router, run } = await lab(`
    InfiniteSource(LIMIT 500) -> rr :: RoundRobinSwitch;
    rr[0] -> Discard; rr[1] -> t :: Tee -> Discard; t[1] -> Queue(10) -> Unqueue -> Discard;
    rr[2] -> ps :: PaintSwitch -> Idle; rr[3] -> StaticSwitch(-1) -> Idle;
    rr[4] -> CheckPaint(1) -> Discard;`)
  const before = router.pool.available
  run(10)
  t.is(router.pool.available, before)
})

test('outputs that are not connected free the packet', async (t) => {
  const drop = element({ name: 'Side', ports: '1/1-2', config: {}, route: () => 1 })
  const { router, run } = await lab('InfiniteSource(LIMIT 5) -> Side -> Discard', {
    classes: new Map([['Side', drop]]),
  })
  const before = router.pool.available
  run(1)
  t.is(router.pool.available, before)
})

test('route: output by number, DROP frees, KEPT leaves the packet alone', async (t) => {
  const outcomes = [0, 1, 2, DROP, 7, KEPT]
  let n = 0
  const kept: unknown[] = []
  const classes = new Map([
    [
      'Pick',
      element({
        name: 'Pick',
        ports: '1/3',
        processing: 'h/h',
        config: {},
        route(_self, p) {
          const outcome = outcomes[n++]!
          if (outcome === KEPT) kept.push(p)
          return outcome
        },
      }),
    ],
  ])
  const { router, run, read } = await lab(
    `InfiniteSource(LIMIT 6) -> p :: Pick;
     p[0] -> a :: Counter -> d :: Discard; p[1] -> b :: Counter -> d; p[2] -> c :: Counter -> d;`,
    { classes },
  )
  const before = router.pool.available
  run(1)
  t.deepEqual([read('a.count'), read('b.count'), read('c.count')], ['1', '1', '1'])
  t.is(kept.length, 1)
  t.is(router.pool.available, before - 1)
})

test('a loop in the graph is recursion, not endless code', async (t) => {
  const { run, read } = await lab(`
    InfiniteSource(LIMIT 3) -> [0]j :: Null -> ps :: PaintSwitch;
    ps[0] -> Paint(1) -> j; ps[1] -> Paint(2) -> j; ps[2] -> d :: Discard;`)
  run(1)
  t.is(read('d.count'), '3')
})

test('pull: a chain of actions up to the queue, and drops on the way', async (t) => {
  const { run, read } = await lab(`
    InfiniteSource(LIMIT 100) -> Queue(200) -> a :: Counter -> CheckPaint(0) -> b :: Counter
      -> Unqueue -> d :: Discard;`)
  run(1)
  t.deepEqual([read('a.count'), read('b.count'), read('d.count')], ['100', '100', '100'])
})

test('pull: what a route sends to another output is pushed there', async (t) => {
  const { run, read } = await lab(`
    InfiniteSource(LIMIT 10) -> rr :: RoundRobinSwitch -> Paint(1) -> q :: Queue;
    rr[1] -> Paint(2) -> q;
    q -> c :: CheckPaint(1) -> u :: Unqueue -> d :: Discard; c[1] -> e :: Counter -> Discard;`)
  run(1)
  t.is(read('e.count'), '5')
  t.is(Number(read('d.count')) + Number(read('q.length')), 5)
})

test('specialize makes the step of each instance', async (t) => {
  const classes = new Map([
    [
      'Even',
      element({
        name: 'Even',
        ports: '1/2',
        processing: 'h/h',
        config: {},
        route: () => DROP,
        specialize: () => {
          let n = 0
          return () => n++ % 2
        },
      }),
    ],
  ])
  const { run, read } = await lab(
    `InfiniteSource(LIMIT 10) -> e :: Even -> a :: Counter -> f :: Even -> b :: Discard;
     e[1] -> c :: Discard; f[1] -> d :: Discard;`,
    { classes },
  )
  run(1)
  t.deepEqual(
    ['a', 'b', 'c', 'd'].map((n) => read(`${n}.count`)),
    ['5', '3', '5', '2'],
  )
})

test('an action that is emitted to by hand works step by step', async (t) => {
  const twice = element({
    name: 'Twice',
    ports: '1/2',
    config: {},
    processing: 'h/h',
    route(self, p) {
      const copy = self.router.pool.clone(p)
      if (copy !== null) self.out[1]!(copy)
      return 0
    },
  })
  const { run, read, router } = await lab(
    `InfiniteSource(LIMIT 4) -> t :: Twice -> a :: Counter -> Discard;
     t[1] -> Strip(1) -> b :: Counter -> Discard;`,
    { classes: new Map([['Twice', twice]]) },
  )
  const before = router.pool.available
  run(1)
  t.deepEqual([read('a.count'), read('b.count')], ['4', '4'])
  t.is(router.pool.available, before)
})
