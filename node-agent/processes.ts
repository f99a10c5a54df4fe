// Replica processes: started in a session of their own (a Ctrl-C meant for the agent does not reach
// them), written down so that the next agent finds what a killed one left, stopped politely first.
//
//   <dir>/replicas/nat.1.json   what it was started with
//   <dir>/replicas/nat.1.pid    process id and start time: an id alone may be someone else's by now
//   <dir>/services/nat.json     that it is attached
//   <dir>/logs/nat.1.log        what it printed: a file, not a pipe, so that it outlives the agent

import { spawn } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { LOG_BYTES_MAX, REPLICA_STOP_MS } from '../lib/limits.ts'
import { atOrdinary } from '../lib/priority.ts'
import type { ReplicaId, ReplicaSpec, ServiceSettings } from '../lib/wire/messages.ts'

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
  stream(replica: ReplicaId): string {
    return join(this.dir, 'streams', replica)
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
  /** What a replica that is gone needs no more. Its log stays. */
  forget(replica: ReplicaId): void {
    for (const file of [this.spec(replica), this.pid(replica), this.stream(replica)])
      rmSync(file, { force: true })
  }
}

/** @param main the dataplane's entry (build/dataplane/main.js) */
export function startReplica(
  main: string,
  spec: ReplicaSpec,
  files: RunFiles,
  clock: Clock,
): ReplicaProcess {
  const specFile = files.spec(spec.replica)
  writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 })
  const log = openSync(files.log(spec.replica), 'a', 0o600)
  // It raises its priority itself, where that matters.
  const child = atOrdinary(() =>
    spawn(process.execPath, [main, specFile], {
      stdio: ['ignore', log, log],
      detached: true,
    }),
  )
  closeSync(log)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
  const { pid } = child
  if (pid === undefined)
    throw new ClickUpError(
      'SYSCALL',
      `spawn ${process.execPath} for ${spec.replica} failed`,
      'is that file there, and memory and process ids left?',
    )
  writeFileSync(files.pid(spec.replica), `${pid} ${startTime(pid)}`)
  const kill = () => {
    child.kill('SIGKILL')
  }
  return {
    pid,
    exited,
    alive: () => isAlive(pid),
    kill,
    async end() {
      child.kill('SIGTERM')
      const timer = clock.after(REPLICA_STOP_MS, kill)
      const exit = await exited
      timer.cancel()
      return exit
    },
  }
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
