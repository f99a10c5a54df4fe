// A lock that one process holds and that no crash can leave behind: an abstract unix socket, named
// after a directory (unix(7), "abstract"). The kernel frees it when the process ends, however it
// ends; there is no file to go stale and no race in taking it. Who asks it is told the holder's
// process id. It spans one network namespace: where processes of two of them share a directory,
// nothing here keeps them apart.

import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import net from 'node:net'
import { ClickUpError } from './errors.ts'

/** How long a holder may take to say who it is. */
const ASK_MS = 500

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the lock of a directory; throws RUNNING, naming the holder, where it is taken.
 * @param role 'coordinator' or 'agent': also the words of the error
 */
export async function takeLock(dir: string, role: string): Promise<Lock> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const name = lockName(dir, role)
  const server = net.createServer((peer) => {
    peer.on('error', () => {})
    peer.end(String(process.pid))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE')
        reject(new ClickUpError('SYSCALL', `lock of ${dir}: ${cause.code}`))
      else void holder(name).then((pid) => reject(taken(dir, role, pid)))
    })
    server.listen(name, () => resolve())
  })
  server.unref()
  return { release: () => new Promise((done) => server.close(() => done())) }
}

function lockName(dir: string, role: string): string {
  const hash = createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 32)
  return `\0click-up/${role}/${hash}`
}

function taken(dir: string, role: string, pid: string): ClickUpError {
  const who = pid === '' ? '' : ` (process ${pid})`
  return new ClickUpError(
    'RUNNING',
    `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role} already runs on ${dir}${who}`,
    'stop it first, or choose another directory with --dir',
  )
}

/** Process id of the holder; '' where it does not say. */
function holder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const peer = net.connect(name)
    const end = () => {
      peer.destroy()
      resolve(/^\d+$/.test(text) ? text : '')
    }
    peer.setTimeout(ASK_MS, end)
    peer.on('data', (data) => {
      text += data
    })
    peer.on('end', end)
    peer.on('error', end)
  })
}
