/*
=c

SpinlockPush(LOCK)

=s threads

holds a spinlock while a packet is pushed

=d

Takes the lock LOCK, which a SpinlockInfo element defines, until all that a packet is pushed through
has been done. One thread works on all packets of a
replica: the lock is always free, and only its name is checked.

=e

  SpinlockInfo(table);
  ... -> SpinlockPush(table) -> ...

=a SpinlockInfo, SpinlockAcquire
*/

import { spinlock } from '../lib/spinlock.ts'

export default spinlock('SpinlockPush', 'h/h')
