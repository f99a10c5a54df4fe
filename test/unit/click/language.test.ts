import test from 'ava'
import { parseConfig } from '../../../lib/click/index.ts'
import { errors, flat, known } from './helpers.ts'

test('declarations, shared declarations and connections', (t) => {
  t.deepEqual(flat('a, b :: Idle; c :: Queue(10);\na -> c; b[1] -> [2]c[3] -> a;'), [
    'a :: Idle;',
    'b :: Idle;',
    'c :: Queue(10);',
    'c [3] -> a -> c;',
    'b [1] -> [2] c;',
  ])
})

test('anonymous elements are numbered by their place', (t) => {
  t.deepEqual(flat('a :: Idle -> Null -> Null(x) -> b :: Discard; Idle'), [
    'a :: Idle;',
    'Null@2 :: Null;',
    'Null@3 :: Null(x);',
    'b :: Discard;',
    'Idle@5 :: Idle;',
    'a -> Null@2 -> Null@3 -> b;',
  ])
  t.is(flat('Null; Null@1 :: Idle')[0], 'Null@2 :: Null;', 'taken numbers are passed over')
})

test('many to one, one to many, many to many', (t) => {
  const three = 'a, b, c :: Idle; '
  const lines = (text: string) => flat(three + text).slice(3)
  t.deepEqual(lines('a, b[1] -> c'), ['a -> c;', 'b [1] -> c;'])
  t.deepEqual(lines('a -> b, [1]c'), ['a -> b;', 'a -> [1] c;'])
  t.deepEqual(lines('a => b, c, [2]c'), ['a -> b;', 'a [1] -> c;', 'a [2] -> [2] c;'])
  t.deepEqual(lines('a [1-3] => [0,2,4] b'), ['a [1] -> b;', 'a [2] -> [2] b;', 'a [3] -> [4] b;'])
  t.deepEqual(lines('a [1,] => [0,1,2] b'), ['a [1] -> b;', 'a [2] -> [1] b;', 'a [3] -> [2] b;'])
  t.deepEqual(errors(`${three}\na [0,1] => [0,1,2] b;\na [0,1] -> [0,1] b;\na[] => []b`), [
    'config:2: connection mismatch: 2 outputs connected to 3 inputs',
    "config:3: syntax error: many-to-many connections require '=>'",
    'config:4: at most one expandable port allowed per connection',
  ])
})

test('groups are detours without a scope of their own', (t) => {
  const two = 'x, y :: Idle; '
  const lines = (text: string) => flat(two + text).filter((line) => line.includes('->'))
  t.deepEqual(lines('x -> (->) -> y'), ['x -> y;'])
  t.deepEqual(lines('x => ( [0] -> [0]; [1] -> Null -> [0] ) -> y'), [
    'x -> y;',
    'x [1] -> Null@6 -> y;',
  ])
  t.deepEqual(lines('x -> ( input -> n :: Null -> output ) -> y; n[1] -> y'), [
    'n [1] -> y;',
    'x -> n -> y;',
  ])
  t.deepEqual(errors(`${two}x => ( [0] -> [0]; [2] -> Idle ) -> y`), [
    "config:1: '<anonymous group>' input 1 missing",
    "config:1: '<anonymous group>' has no input 1",
  ])
  t.deepEqual(errors(`${two}x => [0] ( [0] -> [0]; [1] -> Idle ) -> y`), [
    "config:1: '<anonymous group>' input 1 unused",
  ])
})

test('compound elements, in each other', (t) => {
  const text = `
    elementclass Two { input -> Null -> a :: Null -> output }
    elementclass Four { input -> one :: Two -> Two -> output }
    x :: Idle -> f :: Four -> { -> Null -> } -> Discard;`
  t.deepEqual(flat(text), [
    'x :: Idle;',
    'Discard@4 :: Discard;',
    'f/one/Null@1 :: Null;',
    'f/one/a :: Null;',
    'f/Two@2/Null@1 :: Null;',
    'f/Two@2/a :: Null;',
    '@3/Null@1 :: Null;',
    'x -> f/one/Null@1 -> f/one/a -> f/Two@2/Null@1 -> f/Two@2/a -> @3/Null@1 -> Discard@4;',
  ])
})

test('a class is visible from its end on, and may take the name of another', (t) => {
  const text = `
    elementclass Queue { input -> Queue(5) -> output }
    elementclass Old Queue;
    elementclass Queue { input -> Old -> output }
    Idle -> q :: Queue -> Discard`
  t.deepEqual(
    flat(text).filter((line) => line.startsWith('q')),
    ['q/Old@1/Queue@1 :: Queue(5);'],
  )
  t.deepEqual(errors('elementclass R { input -> R -> output } Idle -> R -> Discard', { known }), [
    "config:1: undeclared element 'R'",
  ])
})

test('parameters: positions, keywords, the rest, in their scopes', (t) => {
  const text = `
    define($x 1)
    elementclass P { $a, KEY $k, __REST__ $r | Print($a, $k, $r, $x) }
    elementclass Q { $x | P(\${x}, KEY \${x}\${x}) }
    P(7, B 2, KEY 3, C 4); Q(9)`
  t.deepEqual(flat(text), [
    'P@1/Print@1 :: Print(7, 3, B 2, C 4, 1);',
    'Q@2/P@1/Print@1 :: Print(9, 99, , 1);',
  ])
})

test('an inner class sees the variables of where it was written', (t) => {
  const text = `
    elementclass Outer { $a |
      elementclass Show { $b | Print($a $b) }
      elementclass Hide { $a | Show($a) }
      Hide(inner)
    }
    Outer(outer)`
  t.deepEqual(flat(text), ['Outer@1/Hide@1/Show@1/Print@1 :: Print(outer inner);'])
})

test('variables: defaults, words, quotes, the command line', (t) => {
  const one = (config: string, defines = {}) =>
    flat(`define($a "x y", $w one two three, $n 1) P(${config})`, { defines })[0]!.slice(7)
  t.is(one('$a'), 'P("x y");')
  t.is(one(`\${b-none} \${a-none}`), 'P(none "x y");')
  t.is(one(`\${w[1]} \${w[$n]} \${w[9]}`), 'P(two two );')
  t.is(one('\'$a\' "$n" \\$n $'), 'P(\'$a\' "1" \\1 $);')
  t.is(one('"$a"'), 'P("\\"x y\\"");', 'quoted again inside quotes')
  t.is(one(`$n$n \${n}2 /* $n */ $unknown`), 'P(11 12 /* $n */ $unknown);')
  t.is(one('$n', { n: '42' }), 'P(42);')
  t.is(flat('P($later) define($later 1)')[0], 'P@1 :: P(1);')
})

test('overloads: by ports and arguments, the first that fits; extended ones fall back', (t) => {
  const text = `
    elementclass F { input -> Print(ports) -> output || $a | Print($a) || $a, $b | Print($b $a) }
    elementclass F { $a, $b, $c | Print(three) || ... }
    elementclass Queue { $x, $y | input -> Queue($y) -> output || ... }
    F(1); F(1, 2); F(1, 2, 3); Idle -> F -> Queue(9, 5) -> Queue(7) -> Discard`
  t.deepEqual(
    flat(text)
      .filter((line) => line.includes('::'))
      .map((line) => line.split(':: ')[1]),
    [
      'Idle;',
      'Queue(7);',
      'Discard;',
      'Print(1);',
      'Print(2 1);',
      'Print(three);',
      'Print(ports);',
      'Queue(5);',
    ],
  )
  t.deepEqual(errors('elementclass F { $a | || $b, KEY $c | }\nf :: F(1, 2, 3)'), [
    "config:2: no match for 'F[3 arguments, 0 inputs, 0 outputs]'\ncandidates are:\n" +
      '  config:1: F(<arg>)[0 inputs, 0 outputs]\n  config:1: F(<arg>, KEY)[0 inputs, 0 outputs]',
  ])
})

test('requirements', (t) => {
  const { graph } = parseConfig('require(package a, b, compact_config) require(a); provide')
  t.deepEqual(graph.requirements, ['package a', 'package b', 'compact_config'])
  t.deepEqual(errors('require(x y z)\nrequire(library nope.click)\n{ require(library l) }'), [
    'config:1: syntax error at requirement',
    "config:2: library 'nope.click' not found in CLICKPATH/conf",
    "config:3: 'require library' must be used at file scope",
  ])
  const library = () => ({ filename: 'lib.click', text: 'elementclass L { Idle }' })
  t.deepEqual(
    flat('require(library l, library l) L', { library }),
    ['require(library l);', 'L@1/Idle@1 :: Idle;'].slice(1),
  )
})

test('comments, line directives and configuration strings', (t) => {
  const text = 'a/* :: */ :: /* ( */ P(x // )\n "y)" \')\' (z) /* ) */ \\<29 // )\n 29>) // end'
  t.is(flat(text).join('\n'), 'a :: P(x // )\n "y)" \')\' (z) /* ) */ \\<29 // )\n 29>);')
  const where = (config: string) => errors(config, { known })[0]
  t.is(where('\n\nNope'), "config:3: undeclared element 'Nope'")
  t.is(where('# 7 "f.click"\nNope'), "f.click:7: undeclared element 'Nope'")
  t.is(where('#line 7 "f"\n# 3 ""\nNope'), "config:3: undeclared element 'Nope'")
  t.is(where('Idle(\n# 20 "g"\n)\r\nNope'), "g:21: undeclared element 'Nope'")
  t.is(where('/* \r \n */ "'), `config:3: syntax error near '"'`)
  t.is(where('#define X'), 'config:1: unknown preprocessor directive')
})

test('mistakes are found together, each with its line', (t) => {
  const text = `a :: Idle; a :: Idle;
Nope -> a;
b :: Strange;
elementclass G { input -> Null
Idle :: Queue;
`
  t.deepEqual(errors(text, { known }), [
    "config:6: expected '}'",
    "config:1: redeclaration of element 'a'",
    "config:1: element 'a' previously declared here",
    "config:2: undeclared element 'Nope'",
    "config:3: unknown element class 'Strange'",
    "config:5: class 'Idle' used as element name",
  ])
})

test('syntax errors', (t) => {
  const first = (text: string) => errors(text)[0]
  t.is(first('-> Null'), "config:1: syntax error near '->'")
  t.is(first('a :: ;'), 'config:1: missing element type in declaration')
  t.is(first('Idle -> '), 'config:1: syntax error at end of file')
  t.is(first('Idle)'), "config:1: syntax error near ')'")
  t.is(first('Idle -> [x] Null'), 'config:1: syntax error: port number should be integer')
  t.is(first('elementclass {}'), 'config:1: expected element type name')
  t.is(first('define(x 1)'), "config:1: bad 'define' declaration: not a variable")
  t.is(first('define($x 1, $x 2)'), "config:1: parameter '$x' multiply defined")
  t.is(first('Idle(('), "config:1: expected ')'")
  t.is(first('1 :: Idle'), "config:1: element name '1' has all-digit component")
  t.is(
    first('elementclass F { $a, K $b, $c | }')?.split('\n')[0],
    'config:1: compound element parameters out of order',
  )
  t.is(
    first('elementclass F { ... }'),
    "config:1: '...' should occur last, after one or more compounds",
  )
  t.is(first('Idle [0]'), 'config:1: output ports ignored at end of chain')
  t.is(first('a :: Idle; a(1) -> a'), 'config:1: configuration string ignored on element reference')
})

test('ports of compound elements that only one side uses', (t) => {
  const head = 'elementclass C { input -> Null -> output }\n'
  t.deepEqual(errors(`${head}c :: C -> Discard`), ["config:2: 'c' input 0 unused"])
  t.deepEqual(errors(`${head}Idle -> c :: C -> Discard; c[1] -> Discard`), [
    "config:2: 'c' has no output 1",
  ])
  t.deepEqual(errors('elementclass C { input -> Null; input[2] -> Null; Null -> input }'), [
    "config:1: 'C' pseudoelement 'input' may only be used as output",
    "config:1: 'C' input 1 missing",
  ])
})

test('a chain that begins with an arrow may be warned about', (t) => {
  const { warnings } = parseConfig('{ -> Null; -> Null -> }')
  t.deepEqual(
    warnings.map((w) => w.message),
    ["suggest 'input ->' or '[0] ->' to start connection"],
  )
})
