import test from 'ava'
import { arg } from '../../../dataplane/element.ts'
import { type ConfigDecl, parseArgs, splitArgs } from '../../../lib/click/args.ts'

function run<C extends ConfigDecl>(decl: C, config: string) {
  const errors: string[] = []
  const values = parseArgs(decl, splitArgs(config), {
    addresses: { lookup: (name, kind) => (name === 'me' && kind === 'ip' ? '1.2.3.4' : null) },
    find: (name) => (name === 'q' ? { name: 'box/q' } : null),
    error: (message) => errors.push(message),
    warning: () => {},
  })
  return { values, errors }
}

const queue = { CAPACITY: arg.count(1000).at(), BURST: arg.int(1), NAME: arg.string() }

test('by position, by keyword, by default', (t) => {
  t.deepEqual(run(queue, '5, BURST 2'), {
    values: { CAPACITY: 5, BURST: 2, NAME: undefined },
    errors: [],
  } as never)
  t.is(run(queue, 'NAME "a b", CAPACITY 0x10').values.CAPACITY, 16)
  t.is(run(queue, '').values.CAPACITY, 1000)
})

test('mistakes are all reported', (t) => {
  t.deepEqual(run(queue, '1, 2, COLOUR red, BURST x').errors, [
    "BURST: parse error: 'x' is not an integer",
    'COLOUR: unknown argument',
    'too many arguments',
  ])
  t.deepEqual(run(queue, '-1').errors, ['CAPACITY: out of range, bound 0'])
  t.deepEqual(run({ A: arg.ip().at().must() }, '').errors, ['A: required argument missing'])
  t.deepEqual(run({ A: arg.u8().at() }, '300').errors, ['A: out of range, bound 255'])
})

test('a positional argument after a keyword is one too many', (t) => {
  t.deepEqual(run(queue, 'BURST 1, 5').errors, ['too many arguments'])
})

test('what looks like a keyword fills a mandatory position', (t) => {
  const decl = { SPEC: arg.text().at().must(), N: arg.int() }
  t.deepEqual(run(decl, 'src host 1.2.3.4, N 1'), {
    values: { SPEC: 'src host 1.2.3.4', N: 1 },
    errors: [],
  } as never)
  t.deepEqual(run({ SPEC: arg.text().at() }, 'src x').errors, ['src: unknown argument'])
})

test('of a keyword given twice the last counts', (t) => {
  t.is(run(queue, 'BURST 1, BURST 2').values.BURST, 2)
})

test('a keyword alone is a value', (t) => {
  t.is(run({ NAME: arg.string().at() }, 'NAME').values.NAME, 'NAME')
})

test('every type', (t) => {
  const one = (a: ReturnType<typeof arg.text>, text: string) => {
    const { values, errors } = run({ A: a }, `A ${text}`)
    return errors[0] ?? values.A
  }
  // biome-ignore lint/suspicious/noExplicitAny: one helper for types of all sorts
  const is = (a: any, text: string, value: unknown) =>
    t.deepEqual(one(a, text), value as never, text)
  is(arg.ip(), 'me', 0x01020304)
  is(arg.ip(), 'you', "A: parse error: 'you' is not an IP address")
  is(arg.ipnet(), '10.0.0.0/8', { addr: 0x0a000000, mask: -0x1000000 })
  is(arg.eth(), '0:0:0:0:0:1', Uint8Array.of(0, 0, 0, 0, 0, 1))
  is(arg.bool(), 'yes', true)
  is(arg.seconds(), '10ms', 0.01)
  is(arg.bandwidth(), '8kbps', 1000)
  is(arg.real(), '1.5', 1.5)
  is(arg.u16(), '0x800', 0x800)
  is(arg.u32(), '-1', 'A: out of range, bound 0')
  is(arg.string(), '"x y"', 'x y')
  is(arg.text(), '"x y"', '"x y"')
  is(arg.filename(), '"a b.pcap"', 'a b.pcap')
  is(arg.element(), 'q', 'box/q')
  is(arg.element(), 'nobody', "A: 'nobody' does not name an element")
  is(arg.anno(), 'PAINT', 'PAINT')
  is(arg.anno(), 'HUE', "A: parse error: 'HUE' is not an annotation")
})
