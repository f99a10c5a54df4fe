// A lock that two agents on one host cannot both hold and that a crash lets go of: a Unix socket
// with an abstract name. The name lives in the network namespace, as interfaces do.

import { createServer, type Server } from 'node:net'

export interface Lock {
  release(): Promise<void>
}

/** Takes the lock, or returns null where another process (or this one) holds it. */
export async function takeLock(name: string): Promise<Lock | null> {
  const server: Server = createServer((socket) => socket.destroy())
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(`\0click-up/${name}`, () => resolve(true))
  })
  if (!taken) return null
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}
