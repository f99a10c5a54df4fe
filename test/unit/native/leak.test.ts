// Opening and closing a thousand times leaves nothing behind: no descriptor, no mapping, no memory.
// The kernel waits for grace periods in each close, so several threads do it side by side, which
// also shows that the addon bears that. Attaching and detaching a program cannot go side by side
// (60 ms a round, and one lock for all): whole xdp drivers are opened fewer times.

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import type { DriverSpec } from '../../../dataplane/io/device.ts'
import { packetLacks, xdpLacks } from '../../../dataplane/io/open.ts'
import { Lab, rootSkip } from '../../lab/netns.ts'
import type { LeakWork } from './leak-worker.ts'

const THREADS = 8
const WARM_UP = 15
/** V8's own heaps come and go: far below one mapping, or the frames' memory, a round. */
const MAPPINGS_ROOM = 150
const RESIDENT_ROOM = 128 * 1024 * 1024

const CASES = [
  {
    title: 'AF_XDP sockets on shared memory',
    driver: 'xdp',
    socketsOnly: true,
    rounds: 1000,
    frames: 512,
  },
  { title: 'xdp driver', driver: 'xdp', socketsOnly: false, rounds: 64, frames: 512 },
  { title: 'packet driver', driver: 'packet', socketsOnly: false, rounds: 1000, frames: 256 },
] as const

interface Usage {
  readonly descriptors: number
  readonly mappings: number
  readonly residentBytes: number
}

function usage(): Usage {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mappings: readFileSync('/proc/self/maps', 'latin1').split('\n').length,
    residentBytes: process.memoryUsage.rss(),
  }
}

async function run(workers: readonly Worker[], rounds: number): Promise<Usage> {
  const done = workers.map((worker) => once(worker, 'message'))
  for (const worker of workers) worker.postMessage(rounds)
  await Promise.all(done)
  return usage()
}

async function specOf(lab: Lab, i: number, what: (typeof CASES)[number]): Promise<DriverSpec> {
  const { path } = await lab.netns(`${i}`)
  const ports = [0, 1].map((k) => ({ name: `port${k}`, interface: `eth${k}` }))
  for (const k of [0, 1])
    await lab.veth({ netns: `${i}`, name: `eth${k}` }, { netns: `${i}`, name: `peer${k}` })
  return { driver: what.driver, netns: path, frames: what.frames, ports }
}

const noRoot = rootSkip()
for (const what of CASES) {
  const { title, driver, socketsOnly, rounds } = what
  const lack = noRoot ?? (driver === 'xdp' ? xdpLacks() : packetLacks())
  const runTest = lack === null ? test.serial : test.skip
  const note = lack === null ? '' : ` (skipped: needs ${lack})`
  runTest(`${title}: opened and closed ${rounds} times, nothing is left${note}`, async (t) => {
    t.timeout(120_000)
    const lab = await Lab.create(`leak${rounds}${driver}`)
    const workers: Worker[] = []
    try {
      for (let i = 0; i < THREADS; i++) {
        const workerData: LeakWork = { spec: await specOf(lab, i, what), socketsOnly }
        workers.push(new Worker(new URL('./leak-worker.js', import.meta.url), { workerData }))
      }
      const before = await run(workers, Math.min(WARM_UP, rounds / THREADS))
      const after = await run(workers, rounds / THREADS)
      t.log(before, after)
      t.is(after.descriptors, before.descriptors)
      t.true(after.mappings < before.mappings + MAPPINGS_ROOM)
      t.true(after.residentBytes < before.residentBytes + RESIDENT_ROOM)
    } finally {
      for (const worker of workers) worker.postMessage(0)
      await Promise.all(workers.map((worker) => worker.terminate()))
      await lab.close()
    }
  })
}
