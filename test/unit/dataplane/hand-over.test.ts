// Hand-over inside a process (dataplane/hand-over.ts), and what is built on it.

import test from 'ava'
import { Chaos } from '../../../dataplane/chaos.ts'
import { SimulatedClock } from '../../../dataplane/clock.ts'
import { type AnyElement, element } from '../../../dataplane/element.ts'
import {
  copyOf,
  prepare,
  Refused,
  replaceBy,
  type Standalone,
  type StandaloneOptions,
  standalone,
} from '../../../dataplane/standalone.ts'
import { staleReferences } from '../../property/stale.ts'

interface Setup {
  readonly options: StandaloneOptions
  readonly clock: SimulatedClock
  readonly printed: string[]
}

function setup(classes: readonly AnyElement[] = []): Setup {
  const clock = new SimulatedClock(1_000_000_000)
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const byName = new Map(classes.map((spec) => [spec.name, spec]))
  return { options: { filename: 'config', clock, print, classes: byName }, clock, printed }
}

async function start(config: string, { options }: Setup): Promise<Standalone> {
  const running = await standalone(config, options)
  running.router.activate()
  return running
}

function turns({ router }: Standalone, n = 50): void {
  for (let k = 0; k < n; k++) router.turn()
}

const read = ({ router }: Standalone, path: string): string => router.readHandler(path).trim()

const FIVE = 'InfiniteSource(LIMIT 5) -> c :: Counter -> q :: Queue(10) -> Idle'

test('a new configuration takes what queues hold; counters start anew', async (t) => {
  const s = setup()
  const old = await start(FIVE, s)
  turns(old)
  t.deepEqual([read(old, 'c.count'), read(old, 'q.length')], ['5', '5'])
  const text = 'Idle -> c :: Counter -> q :: Queue(20) -> Idle; r :: Queue; Idle -> r -> Idle'
  const next = replaceBy(await prepare(text, s.options), old)
  t.deepEqual([read(next, 'c.count'), read(next, 'q.length')], ['0', '5'])
  t.is(read(next, 'r.length'), '0')
  t.is(next.router.pool.available, next.router.pool.frames - 5)
  t.deepEqual(s.printed, [])
})

test('a queue that comes full says so: its source waits, and nothing is dropped', async (t) => {
  const s = setup()
  const text = 'InfiniteSource(LIMIT 50) -> q :: Queue(5) -> u :: Unqueue(ACTIVE false) -> Discard'
  const old = await start(text, s)
  turns(old)
  const next = replaceBy(await prepare(text, s.options), old)
  next.router.activate()
  turns(next)
  t.deepEqual([read(next, 'q.length'), read(next, 'q.drops')], ['5', '0'])
})

test('what finds no room is lost, and said so', async (t) => {
  const s = setup()
  const old = await start(FIVE, s)
  turns(old)
  const next = replaceBy(await prepare('Idle -> q :: Queue(3) -> Idle', s.options), old)
  t.is(read(next, 'q.length'), '3')
  t.is(next.router.pool.available, next.router.pool.frames - 3)
  t.regex(
    s.printed.join('\n'),
    /config:1: While hot-swapping state into 'q :: Queue':\n {2}warning/,
  )
  t.regex(s.printed.join('\n'), /some packets lost \(old length 5, new capacity 3\)/)
})

test('an element of another class takes nothing', async (t) => {
  const s = setup()
  const old = await start(FIVE, s)
  turns(old)
  const next = replaceBy(await prepare('Idle -> q :: FrontDropQueue -> Idle', s.options), old)
  t.is(read(next, 'q.length'), '0')
})

test('a refused configuration leaves the running one untouched', async (t) => {
  const s = setup()
  const old = await start(FIVE, s)
  turns(old, 2)
  for (const bad of [
    'Idle -> Nope -> Idle',
    'Idle -> q :: Queue(x) -> Idle',
    // Refused only when it is initialised: the handler is not there.
    'Idle -> Counter(COUNT_CALL 1 no.handler) -> q :: Queue(2) -> Idle',
  ])
    await t.throwsAsync(async () => replaceBy(await prepare(bad, s.options), old), {
      instanceOf: Refused,
    })
  turns(old)
  t.deepEqual([read(old, 'c.count'), read(old, 'q.length')], ['5', '5'])
})

test('a copy goes on in everything: counters, settings, timers, tasks, scripts', async (t) => {
  const config = `
    TimedSource(INTERVAL 1) -> c :: Counter -> s :: Switch(0) -> a :: Counter -> Discard;
    s[1] -> b :: Counter -> q :: Queue(10) -> u :: Unqueue(ACTIVE false) -> d :: Discard;
    z :: Script(TYPE PASSIVE, set x 1, label again, wait, set x $(add $x 1), goto again)`
  const seen = async (every: number): Promise<string[]> => {
    const s = setup()
    let now = await start(config, s)
    for (let k = 1; k <= 12; k++) {
      s.clock.advanceTo(k * 700)
      turns(now, 3)
      if (k === 4) now.router.writeHandler('s.switch', '1')
      if (k === 9) now.router.writeHandler('u.active', 'true')
      now.router.writeHandler('z.step', '')
      if (every > 0 && k % every === 0) now = copyOf(now)
    }
    return ['c.count', 'a.count', 'b.count', 'q.length', 'd.count', 's.switch', 'z.get x'].map(
      (path) => {
        const [handler = '', argument = ''] = path.split(' ')
        return `${path} ${now.router.readHandler(handler, argument)}`
      },
    )
  }
  const never = await seen(0)
  t.is(never[0], 'c.count 8')
  t.deepEqual(await seen(1), never)
  t.deepEqual(await seen(5), never)
})

test('an instance that was handed over refuses to work', async (t) => {
  const s = setup()
  const running = await start(FIVE, s)
  const old = running.router.element('q')!
  copyOf(running)
  t.not(running.router.element('q'), old)
  t.throws(() => old.schedule(), { message: /used after another had taken over/ })
  t.throws(() => old.timerAt(1), { message: /used after another had taken over/ })
})

test('chaos: as many hand-overs as were asked for, and the same results', async (t) => {
  const s = setup()
  const now = await start(FIVE, s)
  const chaos = new Chaos(1, () => now)
  for (let k = 0; k < 20; k++) chaos.turn()
  t.is(chaos.handOvers, 5)
  t.deepEqual([read(now, 'c.count'), read(now, 'q.length')], ['5', '5'])
  t.is(chaos.rest().readHandler('q.length'), '5')
  t.is(chaos.handOvers, 6) // the read handlers above were calls
})

const Keeper = element({
  name: 'Keeper',
  ports: '0/0',
  config: {},
  local: 'a test',
  open: (self): { me: unknown } => ({ me: self }),
})

const Careful = element({
  name: 'Careful',
  ports: '0/0',
  config: {},
  local: 'a test',
  open: (self): { me: unknown } => ({ me: self }),
  adopt: (self) => ({ me: self }),
})

test('a resource that refers to the old instance is found; adopt is what helps', async (t) => {
  const found = async (config: string): Promise<string[]> => {
    const running = await start(config, setup([Keeper, Careful]))
    const { instances } = running.router
    copyOf(running)
    return staleReferences(instances, running.router)
  }
  t.deepEqual(await found('k :: Keeper'), ['k'])
  t.deepEqual(await found('c :: Careful'), [])
})

const Socketish = element({
  name: 'Socketish',
  ports: '0/0',
  config: 'raw',
  local: 'a test',
  configure: (_config, context) => ({ address: context.args[0] ?? '' }),
  open: (): { opened: number; closed: number } => ({ opened: 1, closed: 0 }),
  carries: (self, old) => self.plan.address === old.plan.address,
  close(self) {
    self.resource.closed++
  },
})

test('carries: an open resource goes on in the new configuration; else it is closed', async (t) => {
  const s = setup([Socketish])
  const old = await start('a :: Socketish(1); b :: Socketish(1)', s)
  const [a, b] = ['a', 'b'].map((name) => old.router.element(name)!.resource)
  const next = replaceBy(await prepare('a :: Socketish(1); b :: Socketish(2)', s.options), old)
  t.is(next.router.element('a')!.resource, a)
  t.not(next.router.element('b')!.resource, b)
  t.deepEqual(
    [a, b],
    [
      { opened: 1, closed: 0 },
      { opened: 1, closed: 1 },
    ],
  )
})
