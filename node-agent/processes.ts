// Replica processes: started in a session of their own (a Ctrl-C meant for the agent does not reach
// them), written down so that the next agent finds what a killed one left, stopped politely first.
//
// A process starts blank: it loads its code and waits on standard input to be told which replica it
// is. Blank ones end by themselves when the agent goes, however it goes.
//
//   <dir>/replicas/nat.1.json   what it was started with
//   <dir>/replicas/nat.1.pid    process id and start time: an id alone may be someone else's by now
//   <dir>/services/nat.json     that it is attached
//   <dir>/logs/nat.1.log        what it printed: a file, not a pipe, so that it outlives the agent
//   <dir>/logs/.spare-1.log     the same of a blank one; its log is renamed when it becomes a replica

import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { LOG_BYTES_MAX, REPLICA_STOP_MS } from '../lib/limits.ts'
import { atOrdinary } from '../lib/priority.ts'
import type { ReplicaId, ReplicaSpec, ServiceSettings } from '../lib/wire/messages.ts'
import { WARM_FD } from '../lib/wire/messages.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

export interface ReplicaProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** False as soon as it is dead, before its exit has come through the event loop. */
  alive(): boolean
  /** SIGTERM, then SIGKILL after REPLICA_STOP_MS; resolves when it is gone. */
  end(): Promise<Exit>
  kill(): void
}

/** Files of the agent's run directory. */
export class RunFiles {
  readonly dir: string
  constructor(dir: string) {
    this.dir = dir
    for (const sub of ['replicas', 'logs', 'artifacts', 'streams', 'services'])
      mkdirSync(join(dir, sub), { recursive: true, mode: 0o700 })
  }
  spec(replica: ReplicaId): string {
    return join(this.dir, 'replicas', `${replica}.json`)
  }
  pid(replica: ReplicaId): string {
    return join(this.dir, 'replicas', `${replica}.pid`)
  }
  log(replica: ReplicaId): string {
    return join(this.dir, 'logs', `${replica}.log`)
  }
  /** Of a blank process. */
  spareLog(number: number): string {
    return join(this.dir, 'logs', `.spare-${number}.log`)
  }
  stream(replica: ReplicaId): string {
    return join(this.dir, 'streams', replica)
  }
  /** See expedited.ts. */
  get expedited(): string {
    return join(this.dir, 'expedited')
  }
  get artifacts(): string {
    return join(this.dir, 'artifacts')
  }
  get endpoint(): string {
    return `ipc://${join(this.dir, 'agent.sock')}`
  }
  /** Writes down that a service is attached, for the next agent if this one is killed. */
  noteService(settings: ServiceSettings): void {
    const file = join(this.dir, 'services', `${settings.service}.json`)
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 })
  }
  forgetService(service: string): void {
    rmSync(join(this.dir, 'services', `${service}.json`), { force: true })
  }
  notedServices(): ServiceSettings[] {
    const dir = join(this.dir, 'services')
    const found: ServiceSettings[] = []
    for (const name of readdirSync(dir)) {
      try {
        found.push(JSON.parse(readFileSync(join(dir, name), 'utf8')) as ServiceSettings)
      } catch {
        rmSync(join(dir, name)) // killed while it was written: nothing was attached yet
      }
    }
    return found
  }
  /** Logs of blank processes, whose agent is gone. */
  forgetSpares(): void {
    const dir = join(this.dir, 'logs')
    for (const name of readdirSync(dir).filter((n) => n.startsWith('.spare-')))
      rmSync(join(dir, name), { force: true })
  }
  /** What a replica that is gone needs no more. Its log stays. */
  forget(replica: ReplicaId): void {
    for (const file of [this.spec(replica), this.pid(replica), this.stream(replica)])
      rmSync(file, { force: true })
  }
}

/** Node.js reads all of them at its start, 35 ms; a replica has no use for any. */
const NO_CERTIFICATES = { NODE_EXTRA_CA_CERTS: undefined }

/** A process that is no replica yet. */
export interface BlankProcess {
  readonly exited: Promise<Exit>
  /** Resolves when it has loaded its code; never, where it ends before. */
  readonly warm: Promise<void>
  alive(): boolean
  kill(): void
  /** Tells it what it is; from now on it outlives the agent. */
  become(spec: ReplicaSpec): ReplicaProcess
}

/**
 * @param main the dataplane's entry (build/deploy/replica.cjs)
 * @param log file for what it prints
 */
export function startBlank(
  main: string,
  log: string,
  files: RunFiles,
  clock: Clock,
  env: Readonly<Record<string, string>> = {},
): BlankProcess {
  const output = openSync(log, 'a', 0o600)
  // It raises its priority itself, where that matters.
  const child = atOrdinary(() =>
    spawn(process.execPath, [main], {
      stdio: ['pipe', output, output, 'pipe'],
      detached: true,
      env: { ...process.env, ...env, ...NO_CERTIFICATES, [WARM_FD]: '3' },
    }),
  )
  closeSync(output)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
  const { pid } = child
  if (pid === undefined)
    throw new ClickUpError(
      'SYSCALL',
      `spawn ${process.execPath} for a replica failed`,
      'is that file there, and memory and process ids left?',
    )
  // One that has ended does not read any more, which its exit says.
  child.stdin!.on('error', () => {})
  const said = child.stdio[3] as Readable
  said.on('error', () => {})
  const kill = () => {
    child.kill('SIGKILL')
  }
  return {
    exited,
    warm: new Promise((resolve) => said.once('data', () => resolve())),
    alive: () => isAlive(pid),
    kill,
    become(spec) {
      writeFileSync(files.spec(spec.replica), JSON.stringify(spec), { mode: 0o600 })
      writeFileSync(files.pid(spec.replica), `${pid} ${startTime(pid)}`)
      takeLog(log, files.log(spec.replica))
      child.stdin!.end(`${JSON.stringify(spec)}\n`)
      return { pid, exited, alive: () => isAlive(pid), kill, end: () => end(child, exited, clock) }
    },
  }
}

async function end(child: ChildProcess, exited: Promise<Exit>, clock: Clock): Promise<Exit> {
  child.kill('SIGTERM')
  const timer = clock.after(REPLICA_STOP_MS, () => child.kill('SIGKILL'))
  const exit = await exited
  timer.cancel()
  return exit
}

/** Gives a log another name; what was there under that name stays, before what this one has. */
function takeLog(log: string, name: string): void {
  if (log === name) return
  if (existsSync(name)) {
    const own = readFileSync(log)
    // Appended to, as the process does: what it prints meanwhile is not written over.
    if (own.length > 0) truncateSync(log)
    appendFileSync(log, readFileSync(name))
    appendFileSync(log, own)
  }
  renameSync(log, name)
}

/** Kills replicas that an agent which was killed itself left behind. Returns their names. */
export async function killLeftOvers(files: RunFiles, clock: Clock): Promise<ReplicaId[]> {
  const killed: ReplicaId[] = []
  for (const name of readdirSync(join(files.dir, 'replicas'))) {
    const replica = /^(.+)\.(?:pid|json)$/.exec(name)?.[1]
    if (replica === undefined) continue
    const pid = recordedPid(files.pid(replica))
    if (pid !== null) {
      process.kill(pid, 'SIGKILL')
      while (recordedPid(files.pid(replica)) !== null) await clock.sleep(5)
      killed.push(replica)
    }
    files.forget(replica)
  }
  return killed
}

/** The process of a pid file, if it is still that very process; null otherwise. */
function recordedPid(file: string): number | null {
  if (!existsSync(file)) return null
  const [pid, start] = readFileSync(file, 'utf8').split(' ')
  const now = startTime(Number(pid))
  return now !== '' && now === start ? Number(pid) : null
}

/** When a process started (field 22 of proc(5) stat); '' for none, or one that is dead already. */
function startTime(pid: number): string {
  const fields = statOf(pid)
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '')
}

/** Of the kernel's task flags (field 9 of proc(5) stat; include/linux/sched.h): it is ending. */
const PF_EXITING = 4

/** A replica takes tens of milliseconds to end, its memory is large; it runs no more meanwhile. */
function isAlive(pid: number): boolean {
  return startTime(pid) !== '' && (Number(statOf(pid)[6]) & PF_EXITING) === 0
}

/** Fields of proc(5) stat from the third on; none where there is no such process. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** Bounds a log: the full file is kept once, and the one that the process writes to starts anew. */
export function boundLog(file: string): void {
  try {
    if (statSync(file).size < LOG_BYTES_MAX) return
    copyFileSync(file, `${file}.1`)
    truncateSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}

/** The last lines of a replica's log. Throws NOT_FOUND where there is none. */
export function lastLines(files: RunFiles, replica: ReplicaId, lines: number): string[] {
  const file = files.log(replica)
  if (!existsSync(file))
    throw new ClickUpError(
      'NOT_FOUND',
      `no log of a replica '${replica}'`,
      'replicas are named SERVICE.NUMBER, and `click-up status` lists them',
    )
  const old = existsSync(`${file}.1`) ? readFileSync(`${file}.1`, 'utf8') : ''
  const all = `${old}${readFileSync(file, 'utf8')}`.split('\n')
  if (all.at(-1) === '') all.pop()
  return all.slice(-lines)
}
