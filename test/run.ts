// What `make test` runs: every test, in groups, with one line of progress a file and a failure's
// whole text; the last line is `N passed, N failed`. Tests are found by convention, not listed.
//
// Groups that share the machine with nothing else (real processes under traffic) come last, one file
// at a time, so that a busy neighbour is not mistaken for a defect.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chooseDriver } from '../dataplane/io/open.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** One file at a time: they measure loss or use the machine's cores. */
const ALONE = ['compliance', 'e2e']

interface Counts {
  passed: number
  failed: number
  skipped: number
}

function testFiles(group: string): string[] {
  const dir = join('build', 'test', group)
  return readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(dir, name))
    .filter((name) => existsSync(join(ROOT, sourceOf(name))))
    .sort()
}

/** A test whose source is gone is a left-over of an earlier build. */
function sourceOf(built: string): string {
  return built.replace(/^build\//, '').replace(/\.js$/, '.ts')
}

/** Runs files under ava, prints what failed, and counts. */
async function ava(files: readonly string[], concurrency: number): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const args = ['node_modules/.bin/ava', '--tap', '-c', String(concurrency), ...files]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  let inFailure = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^(ok|not ok) /.test(line)) {
      inFailure = line.startsWith('not ok')
      if (/# [A-Z]{4}\b/.test(line)) counts.skipped++
      else if (inFailure) counts.failed++
      else counts.passed++
      if (inFailure || /# SKIP/.test(line)) console.log(line.replace(/^ok \d+ - /, 'skip '))
    } else if (inFailure || !/^(TAP|#|1\.\.|\s*$| {2})/.test(line)) console.log(line)
    if (/^\s*\.\.\.$/.test(line)) inFailure = false
  }
  const code = await new Promise<number>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode)
    else child.once('close', (c) => resolve(c ?? 1))
  })
  // A file that crashes before its first test counts as a failure too.
  if (code !== 0 && counts.failed === 0) counts.failed++
  return counts
}

/** The end-to-end tests run with the best driver that this machine allows. */
function sayDriver(): void {
  const { driver, reason, refused } = chooseDriver()
  for (const r of refused) console.log(`driver ${r.driver} refused: ${r.reason}`)
  console.log(`end-to-end tests run with driver ${driver === 'xdp' ? 'xdp' : 'udp'}: ${reason}`)
}

async function main(): Promise<number> {
  const only = process.argv.slice(2)
  sayDriver()
  const groups = readdirSync(join(ROOT, 'build', 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, 'test', entry.name)))
    .map((entry) => entry.name)
    .filter((name) => only.length === 0 || only.includes(name))
  const shared = groups.filter((g) => !ALONE.includes(g)).flatMap(testFiles)
  const total: Counts = { passed: 0, failed: 0, skipped: 0 }
  const add = (name: string, counts: Counts, startMs: number) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const { passed, failed, skipped } = counts
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`)
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  let startMs = performance.now()
  if (shared.length > 0) add('unit and property', await ava(shared, 2), startMs)
  for (const group of ALONE.filter((g) => groups.includes(g))) {
    startMs = performance.now()
    const files = testFiles(group)
    if (files.length > 0) add(group, await ava(files, 1), startMs)
  }
  if (total.skipped > 0) console.log(`skipped: ${total.skipped} (each says what it needs)`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

process.exitCode = await main()
