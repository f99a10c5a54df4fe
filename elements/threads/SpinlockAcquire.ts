/*
=c

SpinlockAcquire(LOCK)

=s threads

acquires a spinlock

=d

Takes the lock LOCK, which a SpinlockInfo element defines. One thread works on all packets of a
replica: the lock is always free, and only its name is checked.

=e

  SpinlockInfo(table);
  ... -> SpinlockAcquire(table) -> ... -> SpinlockRelease(table) -> ...

=a SpinlockInfo, SpinlockRelease
*/

import { spinlock } from '../lib/spinlock.ts'

export default spinlock('SpinlockAcquire', 'a/a')
