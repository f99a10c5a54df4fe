import test from 'ava'
import { type AnyElement, arg, element } from '../../../dataplane/element.ts'
import { type Graph, resolveGraph } from '../../../dataplane/graph.ts'
import { parseConfig } from '../../../lib/click/index.ts'
import { ClickUpError } from '../../../lib/errors.ts'

const config = 'raw' as const

const SPECS: readonly AnyElement[] = [
  element({ name: 'Source', ports: '0/1', processing: 'h/h', config }),
  element({ name: 'Sink', ports: '1/0', processing: 'h/h', config }),
  element({ name: 'Drain', ports: '1/0', processing: 'l/l', config }),
  element({ name: 'Queue', ports: '1/1', processing: 'h/l', config }),
  element({ name: 'Unqueue', ports: '1/1', processing: 'l/h', config }),
  element({ name: 'Null', ports: '1/1', config }),
  element({ name: 'Check', ports: '1/1-2', processing: 'a/ah', config }),
  element({ name: 'Tee', ports: '1/-', processing: 'h/h', config }),
  element({ name: 'Same', ports: '-/=', flow: '#/#', config }),
  element({ name: 'More', ports: '1-/=+', flow: 'xy/x', config }),
  element({ name: 'Idle', ports: '-/-', flow: 'x/y', config }),
  element({
    name: 'Conf',
    ports: '0/0',
    config: { N: arg.u8().at().must(), IP: arg.ip(), OF: arg.element() },
    configure(values, context) {
      if (values.N === 13) context.error('N is unlucky')
      if (values.N === 14) throw new ClickUpError('CONFIG', 'N is thrown')
      if (values.N === 15) context.warning('N is odd')
      if (values.N === 16) context.message?.('N is even')
      return { twice: values.N * 2 }
    },
  }),
]

function resolve(text: string) {
  const parsed = parseConfig(text)
  if (parsed.errors.length > 0) throw new Error(parsed.errors[0]!.message)
  return resolveGraph(parsed.graph, (name) => SPECS.find((spec) => spec.name === name))
}

function graphOf(text: string): Graph {
  const { graph, errors } = resolve(text)
  if (graph === null) throw new Error(errors.map((e) => e.message).join('\n'))
  return graph
}

const errorsOf = (text: string) => resolve(text).errors.map((e) => `${e.where}: ${e.message}`)

/** Kinds of an element's ports: 'h/l'. */
function kinds(graph: Graph, name: string): string {
  const e = graph.elements.find((one) => one.name === name)!
  const letters = (list: readonly string[]) => list.map((k) => (k === 'push' ? 'h' : 'l')).join('')
  return `${letters(e.inputKinds)}/${letters(e.outputKinds)}`
}

test('push and pull spread through agnostic elements, both ways', (t) => {
  const graph = graphOf('Source -> a :: Null -> Queue -> b :: Null -> c :: Null -> Drain')
  t.deepEqual(
    ['a', 'b', 'c'].map((name) => kinds(graph, name)),
    ['h/h', 'l/l', 'l/l'],
  )
  t.is(kinds(graphOf('a :: Null -> a'), 'a'), 'h/h', 'what nothing decides is push')
})

test('connections are found from both sides', (t) => {
  const graph = graphOf('s :: Source -> q :: Queue -> d :: Drain')
  t.deepEqual(graph.out(0, 0), { element: 1, port: 0 })
  t.is(graph.in(1, 0), null, 'a push input has several sources')
  t.is(graph.out(1, 0), null)
  t.deepEqual(graph.in(2, 0), { element: 1, port: 0 })
  t.deepEqual(
    graph.connections.map((c) => c.kind),
    ['push', 'pull'],
  )
})

test('port counts follow what is connected', (t) => {
  const graph = graphOf(`
    Source -> t :: Tee -> Sink; t[1] -> Sink; t[2] -> c :: Check -> Sink
    Source -> s :: Same -> Sink; Source -> [1] s [1] -> Sink
    Source -> m :: More -> Sink; m[1] -> Sink`)
  const counts = graph.elements
    .filter((e) => e.name.length === 1)
    .map((e) => `${e.name} ${e.ninputs}/${e.noutputs}`)
  t.deepEqual(counts, ['t 1/3', 'c 1/1', 's 2/2', 'm 1/2'])
})

test('port errors', (t) => {
  t.deepEqual(errorsOf('Source -> s :: Sink;\nSource -> [2] s'), [
    "config:2: 's :: Sink' has no input 2",
  ])
  t.deepEqual(errorsOf('Null'), [
    "config:1: 'Null@1 :: Null' input 0 unused",
    "config:1: 'Null@1 :: Null' output 0 unused",
  ])
  t.deepEqual(errorsOf('s :: Source -> Sink; s -> Sink'), [
    "config:1: illegal reuse of 's :: Source' push output 0",
  ])
  t.deepEqual(errorsOf('d :: Drain; Source -> Queue -> d; Source -> Queue -> d'), [
    "config:1: illegal reuse of 'd :: Drain' pull input 0",
  ])
  t.deepEqual(errorsOf('Source -> s :: Sink; Source -> s'), [])
})

test('push and pull conflicts', (t) => {
  t.deepEqual(errorsOf('s :: Source -> d :: Drain'), [
    "config:1: 's :: Source' push output 0 connected to 'd :: Drain' pull input 0",
  ])
  t.deepEqual(errorsOf('q :: Queue; Source -> q;\nq -> s :: Sink'), [
    "config:2: 'q :: Queue' pull output 0 connected to 's :: Sink' push input 0",
  ])
  t.deepEqual(errorsOf('Source -> n :: Null -> Drain'), [
    "config:1: agnostic 'n :: Null' in mixed context: push input 0, pull output 0",
  ])
})

test('flow codes part an element: what does not flow may differ', (t) => {
  const graph = graphOf(
    `Source -> i :: Idle -> Drain; Source -> s :: Same -> Sink;
    Source -> Queue -> [1]s[1] -> Drain`,
  )
  t.is(kinds(graph, 'i'), 'h/l')
  t.is(kinds(graph, 's'), 'hl/hl')
  t.deepEqual(
    errorsOf('m :: More; Source -> m -> Drain; Idle -> [1]m; m[1] -> Sink; m[2] -> Sink'),
    ["config:1: agnostic 'm :: More' in mixed context: push input 0, pull output 0"],
  )
})

test('arguments and configure', (t) => {
  const graph = graphOf(
    'c :: Conf(7, IP me, OF s); AddressInfo(me 10.0.0.1/8); s :: Source -> Sink',
  )
  const { config: values, plan } = graph.elements[0]!
  t.deepEqual(values, { N: 7, IP: 0x0a000001, OF: 's' })
  t.deepEqual(plan, { twice: 14 })
})

test('errors of all elements come together, each under its name', (t) => {
  const text =
    'a :: Conf(1000, X 1);\nb :: Conf(13); c :: Conf(14); d :: Conf(15); Conf(16)\nWhat -> Null -> Nothing'
  const { errors, warnings, graph } = resolve(text)
  t.is(graph, null)
  t.deepEqual(
    errors.map((e) => `${e.where}: ${e.message}`),
    [
      "config:3: unknown element class 'What'",
      "config:3: unknown element class 'Nothing'",
      "config:1: While configuring 'a :: Conf':\n" +
        '  N: out of range, bound 255\n  X: unknown argument',
      "config:2: While configuring 'b :: Conf':\n  N is unlucky",
      "config:2: While configuring 'c :: Conf':\n  N is thrown",
    ],
  )
  t.deepEqual(
    warnings.map((w) => w.message),
    [
      "While configuring 'd :: Conf':\n  warning: N is odd",
      "While configuring 'Conf@5 :: Conf':\n  N is even",
    ],
  )
})

test('names of addresses hold in their compound and inside it', (t) => {
  const text = `
    AddressInfo(x 1.1.1.1, y x)
    elementclass C {
      AddressInfo(x 2.2.2.2) a :: Conf(1, IP x) b :: Conf(2, IP y) { c :: Conf(3, IP x) }
    }
    C; d :: Conf(4, IP x)`
  const found = graphOf(text).elements.filter((e) => e.className === 'Conf')
  t.deepEqual(
    found.map((e) => [e.name.split('/').at(-1), (e.config.IP as number).toString(16)]),
    [
      ['d', '1010101'],
      ['a', '2020202'],
      ['b', '1010101'],
      ['c', '2020202'],
    ],
  )
  t.deepEqual(errorsOf('AddressInfo(x 1.2.3, y)'), [
    "config:1: While configuring 'AddressInfo@1 :: AddressInfo':\n" +
      "  '1.2.3' is not a recognizable address\n  expected 'NAME [ADDRS]'",
  ])
})

test('an element is found from inside its compound outward', (t) => {
  const text =
    'elementclass C { q :: Source -> Sink; Conf(1, OF q); Conf(2, OF p) } p :: Source -> Sink; C'
  const found = graphOf(text).elements.filter((e) => e.className === 'Conf')
  t.deepEqual(
    found.map((e) => e.config.OF),
    ['C@3/q', 'p'],
  )
})

test('of a text with errors, only what the errors do not explain is reported', (t) => {
  const { graph } = parseConfig('x -> Sink; Idle -> Sink; a :: Conf(1000); s :: Source', {
    known: (name) => SPECS.some((spec) => spec.name === name),
  })
  const classes = (name: string) => SPECS.find((spec) => spec.name === name)
  const { errors } = resolveGraph(graph, classes, { partial: true })
  t.deepEqual(
    errors.map((e) => e.message),
    ["While configuring 'a :: Conf':\n  N: out of range, bound 255"],
  )
})

test('a port number beyond all bounds is refused, not made', (t) => {
  const text = `a :: Idle; b :: Idle; c :: Idle; a [250000] -> [250000] b; b [250000] -> [250000] c`
  t.deepEqual(errorsOf(text), [': too many ports (at most 524288)'])
})
