// The dataplane process: a replica that does not know yet which. It loads its code in both threads,
// and waits for the word of the agent: a line of JSON (ReplicaSpec) on standard input. Where the
// agent goes away first, it ends. With the path of such a file as its argument it begins at once.
//
// In a build it runs from one file a thread (deploy/replica.cts), which starts the packet loop's
// thread before this one has been loaded.

import { closeSync, readFileSync, writeSync } from 'node:fs'
import { machineMs } from '../lib/clock.ts'
import { PREPARE, type ReplicaSpec, WARM_FD } from '../lib/wire/messages.ts'
import type { WorkerSetup } from './control.ts'
import type { DriverSpec } from './io/device.ts'
import { PacketWorker, startWorker } from './packet-loop.ts'

/** Set by deploy/replica.cts. */
interface Prestarted {
  readonly worker: ConstructorParameters<typeof PacketWorker>[0]
  readonly processAt: number
}

const given = (globalThis as { clickUpPrestarted?: Prestarted }).clickUpPrestarted
const processAt = given?.processAt ?? machineMs()
const worker = new PacketWorker(given?.worker ?? startWorker())

/** The line, or null where there is none: whoever started this is gone. */
function lineFromInput(): Promise<string | null> {
  const { stdin } = process
  let text = ''
  return new Promise((resolve) => {
    stdin.setEncoding('utf8')
    stdin.on('data', (data: string) => {
      text += data
      const end = text.indexOf('\n')
      if (end < 0) return
      resolve(text.slice(0, end))
      // Kept open, since another file would get its number; not listened to any more.
      stdin.pause()
      stdin.unref?.()
    })
    stdin.once('end', () => resolve(null))
    stdin.once('error', () => resolve(null))
  })
}

/** Tells the agent that what is started now waits for nothing. */
function sayWarm(): void {
  const fd = Number(process.env[WARM_FD] ?? -1)
  if (fd < 0) return
  try {
    writeSync(fd, 'warm\n')
    closeSync(fd)
  } catch {
    // It is gone; standard input says so too.
  }
}

function setupOf(spec: ReplicaSpec<DriverSpec>): WorkerSetup {
  return {
    replica: spec.replica,
    artifact: spec.artifact,
    driverSpec: spec.driverSpec,
    bucketsLog2: spec.bucketsLog2,
    steerKeys: spec.ports.map((port) => port.key),
    owner: spec.buckets === 'all',
    seed: process.pid,
  }
}

/** What the packet loop does not wait for: loaded after its code, beside its work. */
const loadRest = async () => {
  await worker.loadedAt
  return await import('./replica.ts')
}

async function run(): Promise<void> {
  const path = process.argv[2]
  let waits = path === undefined
  if (waits)
    void loadRest().then(() => {
      if (waits && process.env[PREPARE] !== undefined) worker.prepare()
      sayWarm()
    })
  const text = path === undefined ? await lineFromInput() : readFileSync(path, 'utf8')
  waits = false
  if (text === null) process.exit(0)
  const specAt = machineMs()
  const spec = JSON.parse(text) as ReplicaSpec<DriverSpec>
  worker.build(setupOf(spec))
  const { runReplica } = await loadRest()
  await runReplica(spec, worker, { processAt, specAt })
}

void run()
