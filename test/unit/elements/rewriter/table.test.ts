// The mapping table's two versions, and both directions' rows in one bucket.

import test from 'ava'
import type { TableDecl } from '../../../../dataplane/declare.ts'
import v1 from '../../../../deploy/examples/nat/v1/IPRewriter.ts'
import newest from '../../../../elements/tcpudp/IPRewriter.ts'
import { ipPacket } from '../ip/packets.ts'
import { Lab } from '../lab.ts'

const flows = (spec: { state?: unknown }) => (spec.state as { flows: TableDecl }).flows

test('version 2 counts, version 3 knows who made a row; it goes up and down again', (t) => {
  const [one, three] = [flows(v1), flows(newest)]
  t.is(one.version, 1)
  t.is(three.version, 3)
  t.deepEqual(
    Object.keys(three.row).filter((c) => !(c in one.row)),
    ['packets', 'bytes', 'input', 'protocol', 'annotation'],
  )
  const row = { saddr: 1, daddr: 2, ports: 3, proto: 6, new_saddr: 4, output: 1, seen: 12 }
  const two = three.upgrade![1]!(row)
  t.deepEqual(two, { ...row, packets: 0, bytes: 0 })
  const up = three.upgrade![2]!(two!)
  t.deepEqual(up, { ...two, input: 0, protocol: 6, annotation: 0 })
  const down = three.downgrade![2]!({ ...up, input: 4, packets: 5, bytes: 99 })
  t.deepEqual(three.downgrade![1]!(down!), row)
})

for (const [name, classes] of [
  ['version 1', new Map([['IPRewriter', v1]])],
  ['version 3', new Map()],
] as const) {
  test(`${name}: both rows of a mapping are in the inside flow's bucket`, async (t) => {
    const lab = await Lab.make(
      `i0 :: TestIn; i1 :: TestIn; rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
       i0 -> rw -> o0 :: TestOut; i1 -> [1]rw[1] -> o1 :: TestOut;`,
      { bucketsLog2: 6, classes },
    )
    const p = ipPacket({ src: '10.0.0.1', sport: 5, dst: '9.9.9.9', dport: 53 })
    p.bucket = 33
    lab.send('i0', p)
    t.is(lab.take().length, 1)
    const entry = lab.store.entry('rw', 'flows')
    if (entry?.kind !== 'table') throw new Error('no table rw.flows')
    const buckets: number[] = []
    const { rows } = entry
    for (let r = 0; r < rows.top; r++) if (rows.isLive(r)) buckets.push(rows.bucketOf(r))
    t.deepEqual(buckets, [33, 33])
  })
}
