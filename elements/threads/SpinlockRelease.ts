/*
=c

SpinlockRelease(LOCK)

=s threads

releases a spinlock

=d

Gives the lock LOCK back, which a SpinlockInfo element defines. One thread works on all packets of a
replica: the lock is always free, and only its name is checked.

=e

  SpinlockInfo(table);
  ... -> SpinlockAcquire(table) -> ... -> SpinlockRelease(table) -> ...

=a SpinlockInfo, SpinlockAcquire
*/

import { spinlock } from '../lib/spinlock.ts'

export default spinlock('SpinlockRelease', 'a/a')
