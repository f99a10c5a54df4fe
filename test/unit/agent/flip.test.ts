// Owner tables: what a flip makes of one, and when it is refused.

import test from 'ava'
import type { Flip } from '../../../lib/move/events.ts'
import {
  applyFlip,
  ownerRanges,
  primaryOf,
  refuseFlip,
  replicaNumber,
} from '../../../node-agent/flip.ts'
import { NOBODY } from '../../../node-agent/steering/steering.ts'

const flip = (over: Partial<Flip> = {}): Flip => ({
  move: 1,
  epoch: 5,
  expect: 4,
  buckets: [[2, 4]],
  primary: false,
  owner: 'nat.7',
  fenceTo: null,
  ...over,
})

test('only the named buckets change hands', (t) => {
  const now = Uint32Array.of(1, 1, 1, 1, NOBODY, 1)
  t.deepEqual([...applyFlip(now, flip())], [1, 1, 7, 7, NOBODY, 1])
  t.deepEqual([...applyFlip(now, flip({ buckets: [], primary: true }))], [1, 1, 1, 1, NOBODY, 7])
  t.deepEqual([...now], [1, 1, 1, 1, NOBODY, 1])
  t.throws(() => applyFlip(now, flip({ buckets: [[3, 6]] })))
  t.throws(() => applyFlip(now, flip({ owner: 'nat' })))
})

test('older epochs and unexpected ones are refused, repetitions are not', (t) => {
  t.is(refuseFlip(flip(), 4), null)
  t.is(refuseFlip(flip(), 5), null)
  t.is(refuseFlip(flip(), 6)?.code, 'STALE_EPOCH')
  t.is(refuseFlip(flip(), 3)?.code, 'CONFLICT')
  t.is(refuseFlip(flip({ expect: null }), 3), null)
})

test('a table as ranges', (t) => {
  const owners = Uint32Array.of(1, 1, 2, NOBODY, 2)
  t.deepEqual(ownerRanges('nat', owners), [
    { from: 0, to: 2, owner: 'nat.1' },
    { from: 2, to: 3, owner: 'nat.2' },
    { from: 3, to: 4, owner: '' },
  ])
  t.is(primaryOf('nat', owners), 'nat.2')
  t.is(replicaNumber('a-b.12'), 12)
})
