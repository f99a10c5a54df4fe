import test from 'ava'
import fc from 'fast-check'
import { ClickUpError } from '../../../lib/errors.ts'
import { REPLICA_SLOTS } from '../../../lib/limits.ts'
import { checkSpec, Ownership } from '../../../node-agent/steering/ownership.ts'
import { NOBODY } from '../../../node-agent/steering/steering.ts'

const LOG2 = 2
const all = (replica: number) => new Uint32Array((1 << LOG2) + 1).fill(replica)
const flip = (epoch: number, owners: Uint32Array, fenceTo: number | null = null) => ({
  ...{ service: 's', move: 1, epoch, owners, fenceTo },
})

function codeOf(fn: () => unknown): string | null {
  try {
    fn()
    return null
  } catch (error) {
    return error instanceof ClickUpError ? error.code : String(error)
  }
}

test('an older epoch is refused, the same one with the same owners is a repetition', (t) => {
  const o = new Ownership('s', LOG2)
  o.add(1)
  o.add(2)
  t.deepEqual(o.decide(flip(5, all(2))), all(1), 'replica 2 is in slot 1')
  t.is(o.epoch, 0, 'deciding changes nothing')
  o.commit(flip(5, all(2)))
  t.is(o.decide(flip(5, all(2), 1)), null)
  t.is(
    codeOf(() => o.decide(flip(4, all(2)))),
    'STALE_EPOCH',
  )
  t.is(
    codeOf(() => o.decide(flip(5, all(1)))),
    'CONFLICT',
  )
  t.deepEqual(o.decide(flip(6, all(1))), all(0))
})

test('owners and receivers of fences must be attached; nobody may own', (t) => {
  const o = new Ownership('s', LOG2)
  o.add(1)
  t.is(
    codeOf(() => o.decide(flip(1, all(9)))),
    'NOT_FOUND',
  )
  t.is(
    codeOf(() => o.decide(flip(1, all(1), 9))),
    'NOT_FOUND',
  )
  t.deepEqual(o.decide(flip(1, all(NOBODY))), all(NOBODY))
})

test('a newcomer never gets the slot that the table in force means a dead replica by', (t) => {
  const o = new Ownership('s', LOG2)
  const slot = o.add(1)
  o.commit(flip(1, all(1)))
  o.remove(1)
  t.not(o.add(2), slot)
  t.deepEqual(o.decide(flip(2, all(1))), all(slot), 'part of the buckets may stay its own')
  o.commit(flip(2, all(2)))
  t.is(o.add(3), slot, 'free again')
  t.is(
    codeOf(() => o.decide(flip(3, all(1)))),
    'NOT_FOUND',
  )
})

test('slots are limited, distinct, and given back', (t) => {
  const o = new Ownership('s', LOG2)
  const slots = Array.from({ length: REPLICA_SLOTS }, (_, i) => o.add(i))
  t.is(new Set(slots).size, REPLICA_SLOTS)
  t.is(
    codeOf(() => o.add(1000)),
    'LIMIT',
  )
  o.remove(17)
  t.is(o.add(1000), 17)
})

test('any sequence: attached replicas and owners in force have slots of their own', (t) => {
  const op = fc.record({ kind: fc.constantFrom('add', 'remove', 'flip'), replica: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const o = new Ownership('s', LOG2)
      const slotOf = new Map<number, number>()
      for (const { kind, replica } of ops) {
        if (kind === 'add' && o.slot(replica) === null) slotOf.set(replica, o.add(replica))
        if (kind === 'remove') o.remove(replica)
        const request = flip(o.epoch + 1, all(replica))
        if (kind === 'flip' && o.slot(replica) !== null) o.commit(request)
        const live = new Set([...o.replicas, ...o.owners].filter((r) => r !== NOBODY))
        const slots = [...live].map((r) => slotOf.get(r))
        if (new Set(slots).size !== slots.length) throw new Error(`slots ${slots}`)
      }
    }),
    { seed: 1 },
  )
  t.pass()
})

test('a service that does not fit is refused with every finding at once', (t) => {
  const port = { name: 'a', interface: 'x', key: 'flow' } as const
  const bad = { service: 'no spaces', bucketsLog2: 17, ports: [port, { ...port, key: 'none' }] }
  const error = t.throws(() => checkSpec(bad as never), { instanceOf: ClickUpError })
  t.is((error as ClickUpError).code, 'SERVICE_FILE')
  t.deepEqual(
    (error as ClickUpError).findings.map((f) => f.where),
    ['service', 'buckets', 'ports.a', 'ports.a.interface', 'ports.a.key'],
  )
  t.notThrows(() => checkSpec({ service: 'nat', bucketsLog2: 10, ports: [port] }))
})
