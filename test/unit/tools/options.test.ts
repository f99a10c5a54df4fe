// Command lines of the tools.

import test from 'ava'
import {
  optionsHelp,
  parseToolOptions,
  type ToolOption,
  UsageError,
} from '../../../cli/tools/options.ts'
import { CommandLine } from '../../../cli/tools/tool.ts'

const OPTIONS: readonly ToolOption[] = [
  { long: 'file', short: 'f', value: 'FILE', help: 'a file' },
  { long: 'filter', short: 'p', help: 'filter' },
  { long: 'verbose', short: 'V', help: 'more' },
  { long: 'combine', help: 'combine', negatable: true },
]
const parse = (...argv: string[]) => parseToolOptions(argv, OPTIONS)
const given = (...argv: string[]) => parse(...argv).map((g) => `${g.option}=${g.value}`)

test('options, values and plain arguments in order', (t) => {
  t.deepEqual(given('x', '-f', 'a', '-Vpfb', '--file=c', '--file', 'd', 'y'), [
    '=x',
    'file=a',
    'verbose=',
    'filter=',
    'file=b',
    'file=c',
    'file=d',
    '=y',
  ])
  t.deepEqual(given('-'), ['=-'])
  t.deepEqual(given('--', '-f', '--x'), ['=-f', '=--x'])
})

test('long options may be cut to what is unique', (t) => {
  t.deepEqual(given('--verb'), ['verbose='])
  t.true(parse('--no-comb')[0]!.negated)
  t.throws(() => parse('--fil'), {
    instanceOf: UsageError,
    message: /ambiguous.*\n.*'--file', '--filter'/,
  })
  t.notThrows(() => parse('--file=x'))
})

test('what is wrong with a command line', (t) => {
  const wrong = (pattern: RegExp, ...argv: string[]) =>
    t.throws(() => parse(...argv), { instanceOf: UsageError, message: pattern }, argv.join(' '))
  wrong(/unrecognized option '--bogus'/, '--bogus')
  wrong(/unrecognized option '-q'/, '-Vq')
  wrong(/'-f' requires an argument/, '-f')
  wrong(/'--verbose' can't take an argument/, '--verbose=1')
  wrong(/unrecognized option '--no-verbose'/, '--no-verbose')
})

test('variables, sources, and what may be given once', (t) => {
  const line = new CommandLine(parse('a.click', 'X=1', 'Y=a=b'))
  t.deepEqual(line.defines, { X: '1', Y: 'a=b' })
  t.deepEqual(line.onlySource(), { file: 'a.click', text: null })
  t.deepEqual(new CommandLine(parse()).onlySource(), { file: '-', text: null })
  const twice = new CommandLine(parse('-f', 'a', 'b'))
  t.throws(() => twice.onlySource(), { message: /specified twice/ })
  t.throws(() => new CommandLine(parse('X=1', 'X=2')), { message: /'X' multiply defined/ })
})

test('help lists every option with its value', (t) => {
  const help = optionsHelp(OPTIONS)
  t.regex(help, /^ {2}-f, --file FILE +a file\n/)
  t.regex(help, / {6}--\[no-\]combine +combine\n$/)
})
