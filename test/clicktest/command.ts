// `clicktest`: the runner with the options and the words of Click's own (clicktest(1)). What it says
// goes to standard error; it exits with 0 when no case failed, 1 when some did.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  optionsHelp,
  parseToolOptions,
  type ToolOption,
  UsageError,
} from '../../cli/tools/options.ts'
import { CommandLine } from '../../cli/tools/tool.ts'
import { findCases } from './main.ts'
import type { TestCase } from './parse.ts'
import { type Outcome, runCase } from './run.ts'

const BIN = fileURLToPath(new URL('../../../deploy/click-bin', import.meta.url))
const SECONDS = 60

const OPTIONS: readonly ToolOption[] = [
  { long: 'jobs', short: 'j', value: 'N', help: 'run up to N cases at a time' },
  { long: 'path', short: 'p', value: 'DIR', help: 'put DIR in front of PATH' },
  { long: 'expand', short: 'e', help: 'write the files of a case here, and do not run it' },
  { long: 'verbose', short: 'V', help: 'also tell of cases that pass' },
  { long: 'superverbose', help: 'the same' },
  { long: 'quiet', short: 'q', help: 'accepted: nothing is shown while cases run' },
  { long: 'help', help: 'print this message' },
  { long: 'version', short: 'v', help: 'print the version' },
]

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function main(argv: readonly string[]): Promise<number> {
  const line = new CommandLine(parseToolOptions(argv, OPTIONS))
  if (line.has('help')) {
    process.stdout.write(
      `Usage: clicktest [OPTION]... [VARIABLE=VALUE]... [FILE]...\n\n${optionsHelp(OPTIONS)}`,
    )
    return 0
  }
  if (line.has('version')) {
    process.stdout.write('clicktest (CLICK-UP)\n')
    return 0
  }
  const cases = findCases(line.plain)
  if (line.has('expand')) {
    for (const one of cases) expand(one)
    return 0
  }
  for (const problem of cases.flatMap((one) => one.problems)) say(problem)
  const outcomes = await runAll(line, cases)
  const count = (kind: Outcome['kind']) => outcomes.filter((o) => o.kind === kind).length
  const [pass, fail, skip] = [count('pass'), count('fail'), count('skip')]
  const of = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`
  const words = [of(pass, 'success', 'successes'), of(fail, 'failure', 'failures')]
  say(`clicktest: ${words.join(', ')}, ${skip} skipped`)
  return fail > 0 || (pass === 0 && skip > 0) ? 1 : 0
}

async function runAll(line: CommandLine, cases: readonly TestCase[]): Promise<Outcome[]> {
  const hasBash = spawnSync('bash', ['-c', ':']).status === 0
  const bin = [...line.all('path'), BIN].join(':')
  const options = {
    bin,
    seconds: SECONDS,
    env: line.defines,
    shell: hasBash ? 'bash' : 'sh',
  } as const
  const verbose = line.has('verbose') || line.has('superverbose')
  const outcomes: Outcome[] = []
  const turns: Promise<Outcome>[] = []
  const jobs = Math.max(1, Number(line.all('jobs').at(-1) ?? 1) || 1)
  for (const [i, one] of cases.entries()) {
    if (i >= jobs) outcomes.push(await told(cases[i - jobs]!, turns[i - jobs]!, verbose))
    turns.push(runCase(one, options))
  }
  for (let i = Math.max(0, cases.length - jobs); i < cases.length; i++)
    outcomes.push(await told(cases[i]!, turns[i]!, verbose))
  return outcomes
}

/** Says what became of a case, in the order of the cases. */
async function told(one: TestCase, turn: Promise<Outcome>, verbose: boolean): Promise<Outcome> {
  const outcome = await turn
  const { name } = one
  if (outcome.kind === 'pass' && verbose) say(`${name}: Success!`)
  if (outcome.kind === 'skip' && verbose) say(`${name}: skipped: ${outcome.why}`)
  if (outcome.kind !== 'fail') return outcome
  const at = outcome.at ?? null
  if (at === null) say(`${name}: ${outcome.why}`)
  else say(`${name}:${one.scriptLine + at.line - 1}: failure at '${at.command}'`)
  return outcome
}

function expand({ files, script, stdin, expectations }: TestCase): void {
  const all = [...files, { name: '%script', content: script }]
  if (stdin !== null) all.push({ name: 'stdin', content: stdin })
  for (const { file, content } of expectations) all.push({ name: `${file}.expect`, content })
  for (const { name, content } of all) {
    mkdirSync(dirname(name), { recursive: true })
    writeFileSync(name, content, 'latin1')
  }
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (cause) {
  if (!(cause instanceof UsageError)) say(`clicktest: ${(cause as Error).message}`)
  else say(`clicktest: ${cause.message}\nTry 'clicktest --help' for more information.`)
  process.exit(2)
}
