// Cells in other versions: the one row is converted, or left behind; shared counts are added as ever.

import test from 'ava'
import { type CellDecl, cell, type Step } from '../../../dataplane/declare.ts'
import { Pool } from '../../../dataplane/packet.ts'
import { StateStore } from '../../../dataplane/state.ts'
import { planTransfer } from '../../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../../dataplane/state-target.ts'

const V1 = { scope: 'shared', merge: 'sum', row: { packets: 'f64' } } as const

function side(decl: CellDecl, className = 'X') {
  const store = new StateStore({ bucketsLog2: 2, clock: { nowMs: 5 }, pool: new Pool(4) })
  // biome-ignore lint/suspicious/noExplicitAny: the row of any cell
  const row: any = store.instantiate('x', className, 'count', decl, 1, null, () => null)
  return { store, row }
}

type Any = ReturnType<typeof side>

function move(o: Any, n: Any, late: () => void = () => {}): void {
  const planned = planTransfer(o.store.schemas(), n.store.schemas())
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings))
  const source = new SnapshotSource(o.store, planned.plan, new Uint8Array(4).fill(1))
  const target = new SnapshotTarget(n.store, planned.plan)
  const first = source.next(512)
  if (first !== null) target.apply(first)
  late()
  for (let c = source.finish(512); c !== null; c = source.finish(512)) target.apply(c)
  target.commit()
  while (!source.forget(5)) {}
}

const v1 = () => cell({ ...V1, version: 1 }) as CellDecl
const v2 = (up: Step, down?: Step) =>
  cell({
    ...V1,
    version: 2,
    row: { packets: 'f64', bytes: 'f64' },
    upgrade: { 1: up },
    ...(down === undefined ? {} : { downgrade: { 1: down } }),
  }) as CellDecl

test('a cell is converted, with what changes meanwhile, and added to what is there', (t) => {
  const o = side(v1())
  o.row.packets = 5
  const n = side(v2((r) => ({ ...r, bytes: Number(r.packets) * 10 })))
  n.row.packets = 1
  move(o, n, () => {
    o.row.packets = 7
  })
  t.deepEqual([n.row.packets, n.row.bytes, o.row.packets], [8, 70, 0])
})

test('back again by the source, and left behind where a step says so', (t) => {
  const drop: Step = (r) => (r.packets === 3 ? null : { packets: r.packets! })
  for (const [packets, wanted] of [
    [2, 2],
    [3, 0],
  ]) {
    const o = side(v2((r) => ({ ...r, bytes: 0 }), drop))
    o.row.packets = packets
    const n = side(v1())
    move(o, n)
    t.is(n.row.packets, wanted)
  }
})

test("another class's cell", (t) => {
  const o = side(v1(), 'Old')
  o.row.packets = 4
  const to = cell({
    ...V1,
    version: 1,
    row: { seen: 'f64' },
    takes: { 'Old.count': { 1: { to: 1, row: (r) => ({ seen: r.packets! }) } } },
  }) as CellDecl
  const n = side(to)
  move(o, n)
  t.is(n.row.seen, 4)
})
