// The gate's verdicts and transitions.

import test from 'ava'
import {
  AWAY,
  DROP_FOREIGN,
  DROP_HOPS,
  FOREIGN,
  FORWARD,
  Gate,
  HOLD,
  INCOMING,
  OWNED,
  PROCESS,
} from '../../../lib/move/gate.ts'

test('verdicts follow the state of the bucket', (t) => {
  const gate = Gate.make(4)
  gate.states.set([FOREIGN, OWNED, INCOMING, AWAY])
  t.deepEqual(
    [0, 1, 2, 3].map((b) => gate.admit(b, false)),
    [DROP_FOREIGN, PROCESS, HOLD, FORWARD],
  )
  t.deepEqual(
    [0, 1, 2, 3].map((b) => gate.admit(b, true)),
    [DROP_HOPS, PROCESS, HOLD, DROP_HOPS],
  )
})

test('packets without a bucket go by the entry of the primary', (t) => {
  const gate = Gate.make(4)
  t.is(gate.admit(-1, false), DROP_FOREIGN) // steered here by a flip that was taken back
  gate.incoming([], true)
  t.is(gate.admit(-1, false), HOLD)
  gate.own([], true)
  gate.away([], true)
  t.is(gate.admit(-1, false), FORWARD)
})

test('a close that comes late does not touch buckets that were moved back', (t) => {
  const gate = Gate.make(4)
  gate.own([[0, 4]], true)
  gate.away([[0, 4]], true)
  gate.incoming([[1, 2]], false)
  gate.close([[0, 4]], true)
  t.deepEqual([...gate.states], [FOREIGN, INCOMING, FOREIGN, FOREIGN, FOREIGN])
  gate.discard([[0, 4]], true)
  t.is(gate.count(FOREIGN), 4)
})

test('incoming does not take away what is owned', (t) => {
  const gate = Gate.make(2)
  gate.own([[0, 1]], false)
  gate.incoming([[0, 2]], false)
  t.deepEqual([...gate.states], [OWNED, INCOMING, FOREIGN])
})

test('ranges beyond the table are ignored', (t) => {
  const gate = Gate.make(2)
  gate.own([[1, 99]], false)
  t.deepEqual([...gate.states], [FOREIGN, OWNED, FOREIGN])
})
