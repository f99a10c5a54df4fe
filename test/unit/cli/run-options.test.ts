import test from 'ava'
import { parseRunOptions, SIMTIME_START, UsageError } from '../../../cli/run-options.ts'

const parse = (line: string) => parseRunOptions(line.split(' ').filter((word) => word !== ''))

test('a file, standard input, an expression', (t) => {
  t.like(parse('nat.click'), { file: 'nat.click', expression: null })
  t.like(parse(''), { file: '-', expression: null })
  t.like(parse('-f nat.click -q'), { file: 'nat.click', quit: true })
  t.like(parseRunOptions(['-e', 'Idle -> Discard']), { expression: 'Idle -> Discard' })
  t.like(parse('--file=x'), { file: 'x' })
})

test('options after the file, short ones together, a value attached', (t) => {
  t.like(parse('conf -qo- -hc.count -h d.count'), {
    file: 'conf',
    quit: true,
    output: '-',
    handlers: ['c.count', 'd.count'],
  })
  t.like(parseRunOptions(['-qe', 'Idle']), { quit: true, expression: 'Idle' })
})

test('long options may be cut to what is unique', (t) => {
  t.like(parse('--exp Idle'), { expression: 'Idle' })
  t.like(parse('--hand c.count --out=-'), { handlers: ['c.count'], output: '-' })
  t.throws(() => parse('--e x'), { instanceOf: UsageError, message: /ambiguous.*expression/ })
  t.throws(() => parse('--bogus'), { instanceOf: UsageError, message: /unrecognized/ })
})

test('flags and their opposites', (t) => {
  t.like(parse('-w'), { warnings: false })
  t.like(parse('--no-warnings'), { warnings: false })
  t.like(parse('--warnings'), { warnings: true })
  t.like(parse('-R'), { reconfigure: true })
  t.like(parse('-R --no-allow-reconfigure'), { reconfigure: false })
  t.like(parse('-j 4 --affinity=1 --no-affinity -t'), { time: true })
})

test('simulated time, with a start or without', (t) => {
  t.is(parse('--simtime').simulated, SIMTIME_START)
  t.is(parse('--simtime=5').simulated, 5)
  t.is(parse('x').simulated, null)
})

test('NAME=VALUE defines; -- ends options', (t) => {
  t.deepEqual(parse('conf WHO=A N=').defines, { WHO: 'A', N: '' })
  t.like(parse('-- -x'), { file: '-x' })
  t.throws(() => parse('A=1 A=2'), { instanceOf: UsageError, message: /multiply defined/ })
})

test('ports: a number, or the next that is free', (t) => {
  t.deepEqual(parse('-p 7777 -p 41900+ -u /tmp/s').ports, ['7777', '41900+'])
  for (const bad of ['0', '65536', 'http', '7-'])
    t.throws(() => parse(`-p ${bad}`), { instanceOf: UsageError, message: /TCP port/ })
})

test('what is said twice or not at all', (t) => {
  t.throws(() => parse('a b'), { instanceOf: UsageError, message: /specified twice/ })
  t.throws(() => parse('-o a -o b'), { instanceOf: UsageError, message: /output file/ })
  t.throws(() => parse('-h'), { instanceOf: UsageError, message: /requires an argument/ })
  t.throws(() => parse('--quit=x'), { instanceOf: UsageError, message: /can't take/ })
})
