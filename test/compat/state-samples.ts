// The contents of the saved samples in test/compat/state-v1: chunks as this release's format
// writes them. The samples are never written again: a release that cannot read them cannot take
// over from a running older one. A new format gets a folder of its own.
//
//   node build/test/compat/state-samples.js     writes samples that do not exist yet

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { packet, planOf, type Replica, replica } from '../unit/state/fixture.ts'

export const SAMPLES = new URL('../../../test/compat/state-v1/', import.meta.url)
export const BUCKETS = [0, 1, 2, 3, 4, 5, 6, 7]

/** A replica with something in every state, the same for every version of the flow table. */
export function sampleReplica(version: number, nowMs: number): Replica {
  const r = replica({ version, nowMs })
  for (let k = 0; k < 40; k++) {
    const key = version === 3 ? [k % 3, -k] : [-k, k % 3]
    const row = r.flows.insert((k % 9) - 1, ...key)
    row.x = k * 1_000_003
    row.n = k / 8
    row.used = k === 0 ? 0 : nowMs - k
    if (version >= 2) row.y = 1
  }
  for (let k = 0; k < 3; k++) {
    const row = r.arp.insert(-1, k)
    row.mac = Uint8Array.of(2, 0, 0, 0, 0, k, 0, 0)
    row.seen = nowMs - k * 10
  }
  r.count.packets = 12
  r.count.bytes = 2 ** 40
  r.peak.rate = 0.1
  for (let k = 0; k < 7; k++) r.queue.push(packet(r.pool, k - 1, k))
  return r
}

function write(): void {
  mkdirSync(SAMPLES, { recursive: true })
  for (const version of [1, 2, 3]) {
    const from = sampleReplica(version, 1e6)
    const plan = planOf(from, from)
    const source = new SnapshotSource(from.store, plan, BUCKETS)
    const save = (name: string, bytes: string | Uint8Array) => {
      const file = new URL(name, SAMPLES)
      if (!existsSync(file)) writeFileSync(file, bytes)
    }
    save(`schemas-${version}.json`, `${JSON.stringify(from.store.schemas(), null, 2)}\n`)
    save(`rows-${version}.bin`, new Uint8Array(source.next(65_536)!))
    from.flows.remove(...(version === 3 ? [0, -39] : [-39, 0]))
    from.count.packets++
    save(`deltas-${version}.bin`, new Uint8Array(source.next(65_536)!))
    save(`packets-${version}.bin`, new Uint8Array(source.finish(65_536)!))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) write()
