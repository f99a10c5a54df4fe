// The listening socket behind a ControlSocket, and its connections.
//
// It belongs to a name and an address, not to one router: when a configuration is replaced, the new
// router's ControlSocket takes the open server over, and clients go on talking to the new router.
// Binding is done by the event loop; the port is needed at once (`PORT+`, the `port` handler), so a
// free one is found first by a synchronous probe.

import { unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { RouterServices } from '../../dataplane/element.ts'
import { ControlSession } from './control-session.ts'
import { probePort } from './probe-port.ts'

export type ServerAddress =
  | { readonly kind: 'UNIX'; readonly file: string }
  | { readonly kind: 'TCP'; readonly port: number; readonly orNext: boolean; readonly host: string }

/** Ports that `PORT+` tries. */
const NEXT_PORTS = 100
const RETRY_MS = 1000

export class ControlServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ControlSession>()
  readonly port: number
  #router: RouterServices
  #closed = false

  /** Throws where the address is taken and is not to be tried again. */
  static open(
    address: ServerAddress,
    readonly: boolean,
    verbose: boolean,
    retries: number,
    router: RouterServices,
  ): ControlServer {
    const port = address.kind === 'TCP' ? freePort(address, retries > 0) : 0
    return new ControlServer(address, port, readonly, verbose, retries, router)
  }

  constructor(
    address: ServerAddress,
    port: number,
    readonly: boolean,
    verbose: boolean,
    retries: number,
    router: RouterServices,
  ) {
    this.port = port
    this.#router = router
    this.#server = createServer((socket) => this.#connect(socket, readonly, verbose))
    let left = retries
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      if (left-- > 0 && error.code === 'EADDRINUSE')
        setTimeout(() => this.#listen(address), RETRY_MS)
      else this.#router.print(`ControlSocket: ${error.message}`)
    })
    this.#listen(address)
  }

  close(): void {
    this.#closed = true
    for (const session of this.#sessions) session.finish()
    this.#server.close()
    for (const socket of this.#sockets) socket.destroySoon()
  }

  /** From here on connections speak to another router. */
  serve(router: RouterServices): void {
    this.#router = router
  }

  #listen(address: ServerAddress): void {
    if (this.#closed) return
    if (address.kind === 'TCP') this.#server.listen(this.port, address.host)
    else {
      removeStale(address.file)
      this.#server.listen(address.file)
    }
  }

  #connect(socket: Socket, readonly: boolean, verbose: boolean): void {
    const session = new ControlSession(
      () => this.#router,
      readonly,
      (bytes) => socket.write(bytes),
    )
    this.#sockets.add(socket)
    this.#sessions.add(session)
    if (verbose) this.#router.print(`ControlSocket: connection from ${socket.remoteAddress ?? ''}`)
    socket.on('data', (bytes: Buffer) => {
      session.feed(bytes.toString('latin1')).then(
        (goOn) => {
          if (!goOn) socket.end()
        },
        (error: Error) => this.#router.print(`ControlSocket: ${error.message}`),
      )
    })
    socket.on('end', () => session.finish())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#sessions.delete(session)
    })
  }
}

function freePort(address: ServerAddress & { kind: 'TCP' }, later: boolean): number {
  const last = address.orNext ? Math.min(address.port + NEXT_PORTS, 65_535) : address.port
  for (let port = address.port; port <= last; port++) {
    if (probePort(address.host, port)) return port
  }
  if (later) return address.port
  throw new Error(`bind: TCP port ${address.port} is in use`)
}

/** A socket file that nobody listens on any more. */
function removeStale(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // there is none
  }
}
