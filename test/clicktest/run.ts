// Runs one case in an empty folder of its own, with `click` first on the path.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compare } from './compare.ts'
import type { Expectation, TestCase } from './parse.ts'

export type Outcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'skip'; readonly why: string }
  | { readonly kind: 'fail'; readonly why: string; readonly at?: FailedCommand | null }

/** The command of a script that failed: where in the script, counted from 1, and what. */
export interface FailedCommand {
  readonly line: number
  readonly command: string
}

export interface RunOptions {
  /** Folder with `click`. */
  readonly bin: string
  readonly seconds: number
  /** Variables for the case's shell. */
  readonly env?: Readonly<Record<string, string>>
  /** Shell of the script: with bash, which command failed can be told. */
  readonly shell?: 'sh' | 'bash'
}

/** Output of a case that is read at most. A longer one fails the comparison, not the runner. */
const OUTPUT_MAX = 4 * 1024 * 1024

export async function runCase(test: TestCase, options: RunOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'clicktest-'))
  try {
    if (test.require.trim() !== '') {
      const required = await shell(test.require, folder, null, options)
      if (required.status !== 0)
        return { kind: 'skip', why: `needs: ${test.require.trim().replaceAll('\n', '; ')}` }
    }
    for (const { name, content } of test.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content, 'latin1')
    }
    // Folders of expected files are there, as for input files.
    for (const { file } of test.expectations)
      mkdirSync(dirname(join(folder, file)), { recursive: true })
    const ran = await shell(test.script, folder, test.stdin, options)
    const outcome = judge(test, folder, ran, options.seconds)
    return outcome.kind === 'fail' ? { ...outcome, at: failedCommand(folder, ran) } : outcome
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Ran {
  /** Null: killed at the time limit. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What the trap of the prelude has written; null: no command failed, or the shell has no trap. */
function failedCommand(folder: string, ran: Ran): FailedCommand | null {
  const m = /^(\d+) (.*)/s.exec(contentOf(FAILED, folder, ran))
  if (m === null || ran.status === 0) return null
  return { line: Number(m[1]) - PRELUDE_LINES, command: m[2]!.trimEnd() }
}

function judge(test: TestCase, folder: string, ran: Ran, seconds: number): Outcome {
  if (ran.status === null) return { kind: 'fail', why: `not finished after ${seconds} s` }
  if (ran.status !== 0)
    return { kind: 'fail', why: `status ${ran.status}: ${ran.stderr.trim().slice(-400)}` }
  const groups = new Map<string, Expectation[]>()
  test.expectations.forEach((e, i) => {
    const key = e.alternative ? e.file : `${i}`
    groups.set(key, [...(groups.get(key) ?? []), e])
  })
  for (const group of groups.values()) {
    const reasons = group.map((e) => compare(contentOf(e.file, folder, ran), e, test.ignores))
    if (!reasons.includes(null)) {
      const [file] = group.map((e) => e.file)
      const trace = file === 'stderr' ? '' : `\n${ran.stderr.trim().slice(-400)}`
      return { kind: 'fail', why: `${reasons[0]}${trace}` }
    }
  }
  return { kind: 'pass' }
}

function contentOf(file: string, folder: string, ran: Ran): string {
  if (file === 'stdout') return ran.stdout
  if (file === 'stderr') return ran.stderr
  try {
    return readFileSync(join(folder, file), 'latin1')
  } catch {
    return ''
  }
}

const FAILED = '.clicktest-failed'

/** What a script may use besides Click; and, in bash, a note of the command that fails. */
const PRELUDE = `clicktest_subtest () {
  echo "clicktest_subtest $1"; echo "clicktest_subtest $1" 1>&2
}
[ -z "$BASH_VERSION" ] || trap 'echo "$LINENO $BASH_COMMAND" >"$clicktest_failed"' ERR
`
const PRELUDE_LINES = PRELUDE.split('\n').length - 1

function shell(
  script: string,
  folder: string,
  stdin: string | null,
  options: RunOptions,
): Promise<Ran> {
  const env = {
    ...process.env,
    LC_ALL: 'C',
    VALGRIND: '',
    rundir: process.cwd(),
    ...options.env,
    clicktest_failed: join(folder, FAILED),
    PATH: `${options.bin}:${process.env.PATH ?? ''}`,
  }
  const file = join(folder, '.clicktest-script')
  writeFileSync(file, PRELUDE + script, 'latin1')
  const child = spawn(options.shell ?? 'sh', ['-e', file], { cwd: folder, env, detached: true })
  child.stdin.on('error', () => undefined) // a script need not read it
  child.stdin.end(Buffer.from(stdin ?? '', 'latin1'))
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('latin1')
    child[name].on('data', (text: string) => {
      if (out[name].length < OUTPUT_MAX) out[name] += text
    })
  }
  return new Promise((resolve) => {
    let late = false
    const limit = setTimeout(() => {
      late = true
      killGroup(child.pid)
    }, options.seconds * 1000)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      killGroup(child.pid) // what the script left in the background
      rmSync(file, { force: true })
      resolve({ status: late ? null : (code ?? (signal === null ? 1 : 128)), ...out })
    })
  })
}

/** The script's own process group: it was started as the leader of one. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // none of it is left
  }
}
