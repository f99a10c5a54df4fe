// Runs a case with our `click` and with Click's binary, each in a folder of its own with the same
// files, and says what differs: exit status, what is printed, and each file that is written.

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argsOf, type Case, captureOf, configText } from './case.ts'
import { normalized } from './known.ts'

const SECONDS = 8
const OUTPUT_BYTES_MAX = 4 << 20

/** What a run left: 'status', 'stdout', 'stderr' and the files that it wrote. */
export type Outcome = Map<string, string>

export interface Difference {
  readonly where: string
  readonly ours: string
  readonly theirs: string
}

export interface Programs {
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
  /** Folder for the runs' files. */
  readonly folder: string
}

/** Bytes that fresh memory is filled with: what Click makes of memory that it never wrote differs. */
const FILLS = ['17', '165']

/**
 * 'refused': neither program takes the configuration. 'unstable': Click dies, or says something
 * else the second time, so that there is nothing to compare with.
 */
export interface Comparison {
  readonly verdict: 'agree' | 'differ' | 'refused' | 'unstable'
  readonly found: readonly Difference[]
}

export async function compare(one: Case, programs: Programs): Promise<Comparison> {
  const folder = join(programs.folder, 'theirs')
  const theirs = await outcomeOf(one, programs.theirs, folder, FILLS[0]!)
  if (/^SIG/.test(theirs.get('status')!)) return { verdict: 'unstable', found: [] }
  const ours = await outcomeOf(one, programs.ours, join(programs.folder, 'ours'), FILLS[0]!)
  // Only those generators whose matter they are compare messages about mistakes.
  const refused = [ours, theirs].every((of) => REFUSED.test(of.get('stderr')!))
  if (refused && one.errors !== 'loose') return { verdict: 'refused', found: [] }
  const found = compared(one, ours, theirs)
  if (found.length === 0) return { verdict: 'agree', found }
  const second = await outcomeOf(one, programs.theirs, folder, FILLS[1]!)
  if (compared(one, second, theirs).length > 0) return { verdict: 'unstable', found: [] }
  return { verdict: 'differ', found }
}

const REFUSED = /^Router could not be initialized!$/m

function compared(one: Case, ours: Outcome, theirs: Outcome): Difference[] {
  const config = configText(one)
  const refused = [ours, theirs].every((of) => REFUSED.test(of.get('stderr')!))
  const found: Difference[] = []
  for (const where of new Set([...ours.keys(), ...theirs.keys()])) {
    if (where === 'stderr' && one.errors === 'ignored') continue
    const text = (of: Outcome) => {
      const plain = normalized(config, where, of.get(where) ?? '(no such file)')
      return where === 'stderr' && one.errors === 'loose' ? loose(plain) : plain
    }
    const [a, b] = [text(ours), text(theirs)]
    // Of mistakes ours may name more: it goes on where Click stops.
    if (refused && where === 'stderr' && b.split('\n').every((line) => a.includes(line))) continue
    if (a !== b) found.push({ where, ours: a, theirs: b })
  }
  return found
}

/** Messages in any order, without line numbers. */
function loose(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^config:\d+:/, 'config:').trim())
  return [...new Set(lines)].sort().join('\n')
}

export function writeCase(one: Case, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config'), configText(one), 'latin1')
  writeFileSync(join(folder, 'args'), argsOf(one).join('\n'))
  if (one.packets.length > 0) writeFileSync(join(folder, 'in.pcap'), captureOf(one))
  for (const [name, content] of Object.entries(one.files))
    writeFileSync(join(folder, name), content, 'latin1')
}

async function outcomeOf(
  one: Case,
  command: readonly string[],
  cwd: string,
  fill: string,
): Promise<Outcome> {
  writeCase(one, cwd)
  const given = new Set(readdirSync(cwd))
  const outcome = await run([...command, ...argsOf(one)], cwd, fill)
  for (const name of readdirSync(cwd).sort())
    if (!given.has(name)) outcome.set(name, readFileSync(join(cwd, name), 'latin1'))
  return outcome
}

function run([program, ...args]: readonly string[], cwd: string, fill: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, MALLOC_PERTURB_: fill }
    const child = spawn(program!, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const texts = { stdout: '', stderr: '' }
    const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000)
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('latin1').on('data', (text: string) => {
        texts[name] += text
        if (texts[name].length > OUTPUT_BYTES_MAX) child.kill('SIGKILL')
      })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(new Map([['status', `${code ?? signal}`], ...Object.entries(texts)]))
    })
  })
}
