import test from 'ava'
import { Spin, spinMsFor } from '../../../dataplane/io/spin.ts'
import { SPIN_MS } from '../../../lib/limits.ts'

test('looking begins when packets come soon, and ends when they do not', (t) => {
  const spin = new Spin(0.05)
  t.is(spin.ms, 0)
  for (let i = 0; i < 7; i++) spin.came(0.03)
  t.is(spin.ms, 0)
  spin.came(0.05)
  t.is(spin.ms, 0.05)
  for (let i = 0; i < 100; i++) spin.came(0.01)
  // Two that took longer are an accident, three are not.
  spin.came(0.06)
  spin.came(1)
  t.is(spin.ms, 0.05)
  spin.came(Infinity)
  t.is(spin.ms, 0)
})

test('a machine of few processors sleeps', (t) => {
  t.is(spinMsFor(2), 0)
  t.is(spinMsFor(4), SPIN_MS)
  const never = new Spin(0)
  for (let i = 0; i < 100; i++) never.came(0.001)
  t.is(never.ms, 0)
})
