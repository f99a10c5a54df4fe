// A lock that one process holds and that no crash can leave behind: two unix sockets that only their
// holder answers on (unix(7)). An abstract one, named after the directory, which the kernel frees
// when the process ends, however it ends: taking it is atomic, but it spans one network namespace.
// And one in the directory, which is seen from every namespace; its file may go stale, so what
// counts is whether somebody answers. Who asks is told the holder's process id.
//
// Not kept apart: two that start in two namespaces within the same milliseconds, after a crash.

import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { ClickUpError } from './errors.ts'

/** How long a holder may take to say who it is. */
const ASK_MS = 500
const LOCK_HINT = 'is the directory yours to write in? Another one: --dir'

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
  const abstract = await listen(name, dir)
  if (abstract === null) throw taken(dir, role, await holder(name))
  const file = join(dir, `${role}.lock`)
  const pid = await holder(file)
  if (pid !== '') {
    await close(abstract)
    throw taken(dir, role, pid)
  }
  rmSync(file, { force: true })
  const seen = await listen(file, dir)
  if (seen === null) {
    await close(abstract)
    throw taken(dir, role, await holder(file))
  }
  return {
    release: async () => {
      await close(seen) // removes the file
      await close(abstract)
    },
  }
}

/** A socket that tells our process id to who connects; null: the name is taken. */
async function listen(name: string, dir: string): Promise<net.Server | null> {
  const server = net.createServer((peer) => {
    peer.on('error', () => {})
    peer.end(String(process.pid))
  })
  server.unref()
  return await new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') resolve(null)
      else reject(new ClickUpError('SYSCALL', `lock of ${dir}: ${cause.code}`, LOCK_HINT))
    })
    server.listen(name, () => resolve(server))
  })
}

function close(server: net.Server): Promise<void> {
  return new Promise((done) => server.close(() => done()))
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
