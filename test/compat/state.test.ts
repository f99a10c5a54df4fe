// Chunks that earlier releases wrote are read for ever: state-v1 is the first format.

import { readFileSync } from 'node:fs'
import test from 'ava'
import type { StateSchema } from '../../dataplane/schema.ts'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { arpRows, flowRows, queued, replica } from '../unit/state/fixture.ts'
import { SAMPLES, sampleReplica } from './state-samples.ts'

const read = (name: string) => readFileSync(new URL(name, SAMPLES))

for (const [from, to] of [
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 2],
  [2, 3],
  [3, 3],
] as const)
  test(`state-v1: rows of version ${from} into version ${to}`, (t) => {
    const schemas = JSON.parse(read(`schemas-${from}.json`).toString()) as StateSchema[]
    const target = replica({ version: to, nowMs: 7e9 })
    const planned = planTransfer(schemas, target.store.schemas())
    if (!planned.ok) return t.fail(JSON.stringify(planned.findings))
    const snapshot = new SnapshotTarget(target.store, planned.plan)
    for (const part of ['rows', 'deltas', 'packets']) {
      const bytes = Uint8Array.from(read(`${part}-${from}.bin`))
      snapshot.apply(bytes.buffer)
    }
    snapshot.commit()
    const wanted = sampleReplica(to, 7e9)
    wanted.flows.remove(...(to === 3 ? [0, -39] : [-39, 0]))
    t.deepEqual(flowRows(target), flowRows(wanted))
    t.deepEqual(arpRows(target), arpRows(wanted))
    t.deepEqual(queued(target), queued(wanted))
    t.deepEqual([target.count.packets, target.count.bytes, target.peak.rate], [13, 2 ** 40, 0.1])
    if (to >= 2) t.is(target.flows.get(...(to === 3 ? [1, -1] : [-1, 1])).y, 1)
  })
