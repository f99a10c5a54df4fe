/*
=c

SpinlockInfo(NAME, ...)

=s threads

defines names of spinlocks

=d

Gives names to spinlocks, for SpinlockAcquire, SpinlockRelease and SpinlockPush.

=e

  SpinlockInfo(table);
  ... -> SpinlockAcquire(table) -> ... -> SpinlockRelease(table) -> ...

=a SpinlockAcquire, SpinlockRelease, SpinlockPush
*/

import { element } from '../../dataplane/element.ts'

export default element({ name: 'SpinlockInfo', ports: '0/0', config: 'raw' })
