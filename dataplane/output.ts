// Writes to a file descriptor at once and in full: scripts and dumps may not be cut short by a pipe
// that is full for a moment.

import { writeSync } from 'node:fs'

/** False: the reader is gone. */
export function writeAll(fd: number, data: string | Uint8Array): boolean {
  let rest = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return false
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
  return true
}
