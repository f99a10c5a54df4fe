// `node build/test/clicktest/main.js [-v] [-j N] [--bin FOLDER] [--chaos-upgrade N]
// [NAME=VALUE]... FILE|FOLDER...`
// Runs .clicktest files, and prints PASS, FAIL or SKIP for each case and `N of M` at the end.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { casesThatCannotApply } from '../../cli/doc/compatibility.ts'
import { classFiles } from '../../dataplane/classes.ts'
import { binWithOptions } from './chaos-bin.ts'
import { parseClicktest, type TestCase } from './parse.ts'
import { type Outcome, runCase } from './run.ts'

const BIN = fileURLToPath(new URL('../../../deploy/click-bin', import.meta.url))
const SECONDS = 30
/** With a hand-over after every packet, a case takes many times as long. */
const CHAOS_SECONDS = 300

/** Every case of the files, and of those below the folders. */
export function findCases(paths: readonly string[]): TestCase[] {
  return paths.flatMap((path) => {
    const base = statSync(path).isDirectory() ? path : dirname(path)
    return filesBelow(path).flatMap((file) => {
      const include = (name: string) => readFileSync(join(dirname(file), name), 'latin1')
      return parseClicktest(readFileSync(file, 'latin1'), relative(base, file), include)
    })
  })
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).sort()
  return names
    .map((name) => join(path, name))
    .flatMap((one) => {
      if (statSync(one).isDirectory()) return filesBelow(one)
      return one.endsWith('.clicktest') ? [one] : []
    })
}

async function main(argv: readonly string[]): Promise<number> {
  const paths: string[] = []
  let verbose = false
  let workers = 1
  let bin = BIN
  let chaos: string | null = null
  const env: Record<string, string> = {}
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const define = /^(\w+)=(.*)$/.exec(word)
    if (word === '-v') verbose = true
    else if (word === '-j') workers = Number(rest.shift())
    else if (word === '--bin') bin = rest.shift() ?? bin
    else if (word === '--chaos-upgrade') chaos = rest.shift() ?? ''
    else if (define !== null) env[define[1]!] = define[2]!
    else paths.push(word)
  }
  const cases = findCases(paths)
  // Every `click` of the cases hands over to a copy of itself after so many packets or calls.
  const madeBin = chaos === null ? null : binWithOptions(bin, ['--chaos-upgrade', chaos])
  if (madeBin !== null) bin = madeBin
  const seconds = chaos === null ? SECONDS : CHAOS_SECONDS
  const outcomes: Outcome[] = []
  let next = 0
  const work = async () => {
    while (next < cases.length) {
      const test = cases[next++]!
      const outcome = await runCase(test, { bin, seconds, env })
      outcomes.push(outcome)
      console.log(`${outcome.kind.toUpperCase()} ${test.name}`)
      if (outcome.kind === 'skip') console.log(`  skipped: ${outcome.why}`)
      if (outcome.kind === 'fail' && verbose)
        console.log(`  ${outcome.why.replaceAll('\n', '\n  ')}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  if (madeBin !== null) rmSync(madeBin, { recursive: true })
  const count = (kind: Outcome['kind']) => outcomes.filter((o) => o.kind === kind).length
  const list = casesThatCannotApply(new Set(classFiles().keys()))
  console.log(`${list.length} cases of Click's suite cannot apply: doc/click-compatibility.md`)
  console.log(`${count('pass')} of ${cases.length} pass, ${count('skip')} skipped`)
  return count('fail') === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exit(await main(process.argv.slice(2)))
