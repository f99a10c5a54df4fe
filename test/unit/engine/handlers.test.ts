import test from 'ava'
import { lab } from './lab.ts'

const CONFIG = `elementclass Box {
    input -> c :: Counter -> s :: Script(TYPE PACKET, return 0) -> output }
  Idle -> box :: Box -> d :: Discard; c :: Counter; Idle -> c -> Discard;`

test('by element, by number, global', async (t) => {
  const { read } = await lab('a :: Idle -> b :: Counter -> Discard')
  t.is(read('b.class'), 'Counter')
  t.is(read('2.name'), 'b')
  t.is(read('version'), '2.1')
  t.is(read('list'), '3\na\nb\nDiscard@3\n')
  t.is(read('driver'), 'userlevel')
})

test('names in the same compound come first', async (t) => {
  const { router } = await lab(CONFIG)
  t.is(router.readHandler('c.name', '', 'box/s'), 'box/c')
  t.is(router.readHandler('d.name', '', 'box/s'), 'd')
  t.is(router.readHandler('c.name'), 'c')
})

test('what is not there, and what goes the other way', async (t) => {
  const { read, write, router } = await lab('Idle -> c :: Counter -> Discard')
  t.throws(() => read('nope.count'), { message: "no element named 'nope'" })
  t.throws(() => read('c.nope'), { message: "no 'c.nope' handler" })
  t.throws(() => read('c.reset'), { message: "'c.reset' is a write handler" })
  t.throws(() => write('c.count', '1'), { message: "'c.count' is a read handler" })
  t.is(router.findHandler('x.y').found, 'no element')
  t.is(router.findHandler('c.y').found, 'no handler')
  t.like(router.findHandler('c.count'), { found: 'handler', read: true, write: false })
})

test('every element has name, class, config, ports and handlers', async (t) => {
  const { read } = await lab(`
    i :: Idle -> c :: Counter(COUNT_CALL 3 stop) -> d :: Discard; Idle -> Queue -> e :: Discard`)
  t.is(read('c.config'), 'COUNT_CALL 3 stop')
  t.is(read('c.ports'), '1 input\npush~\t-\ti [0]\n1 output\npush~\t-\t[0] d\n')
  const listed = read('c.handlers')
  for (const line of ['name\tr.', 'count\tr', 'reset\twb', 'count_call\trw'])
    t.true(listed.includes(`${line}\n`), line)
  t.true(read('e.handlers').includes('scheduled\tr.\n'))
})

test('flatconfig is the configuration without compounds', async (t) => {
  const { read } = await lab('elementclass X { input -> Null -> output } Idle -> X -> Discard;')
  t.regex(read('flatconfig'), /X@2\/Null@1 :: Null;/)
})
