// Commits two records with the same number, again and again, and prints each number once it is
// confirmed: killed in the middle of it by store.test.ts.

import { openStore } from '../../../coordinator/lmdb.ts'
import type { ServiceRecord } from '../../../coordinator/store.ts'
import { settings } from './lab.ts'

const store = openStore(process.argv[2]!)
const record = (name: string, epoch: number): ServiceRecord => ({
  settings: settings(name),
  host: 'h',
  wanted: null,
  previous: null,
  versions: [],
  owner: null,
  epoch,
  nextReplica: 1,
  change: null,
})
for (let n = (store.service('a')?.epoch ?? 0) + 1; ; n++) {
  await store.commit([
    { put: 'service', record: record('a', n) },
    { put: 'service', record: record('b', n) },
  ])
  process.stdout.write(`${n}\n`)
}
