// The listening socket behind a ControlSocket or ChatterSocket, and its connections.
//
// It can be handed on: when a configuration is replaced, the new router's element takes the open
// server over, and clients go on talking to the new router.
// Binding is done by the event loop; the port is needed at once (`PORT+`, the `port` handler), so a
// free one is found first by a synchronous probe.

import { createServer, type Server, Socket } from 'node:net'
import type { ErrorContext, RouterServices } from '../../dataplane/element.ts'
import { isFileServed, probePort } from './probe-port.ts'

export type ServerAddress =
  | { readonly kind: 'UNIX'; readonly file: string }
  | { readonly kind: 'TCP'; readonly port: number; readonly orNext: boolean; readonly host: string }
  /** A connection that is open already. */
  | { readonly kind: 'SOCKET'; readonly fd: number }

/** What a connection's protocol does. */
export interface Session {
  /** False: the connection is to be closed. */
  feed(bytes: string): Promise<boolean>
  /** The client sends no more. False: the connection is to be closed. */
  finish(): Promise<boolean>
  /** The server is closed: resolves when what is under way is done. */
  stop(): Promise<void>
  /** The connection has gone. */
  gone?(): void
}

export interface ServerSettings {
  /** Of the element: 'cs :: ControlSocket'. */
  readonly label: string
  readonly address: ServerAddress
  readonly verbose: boolean
  readonly retries: number
  readonly retryWarnings: boolean
  /**
   * Makes a connection's session; `write` gives the number of bytes that wait to be sent, `drop` ends
   * the connection at once.
   */
  session(router: () => RouterServices, write: (bytes: Buffer) => number, drop: () => void): Session
}

/** Ports that `PORT+` tries. */
const NEXT_PORTS = 100
const RETRY_MS = 1000
const IN_USE = 'bind: Address already in use'

// hidden-state: the server's socket and clients, a resource of ControlSocket; they stay in the process
export class ControlServer {
  readonly #settings: ServerSettings
  readonly #server: Server
  readonly #sockets = new Map<Socket, Session>()
  #port = 0
  #left: number
  #router: RouterServices
  #closed = false
  #opened = 0

  /** Throws where the address is taken and is not to be tried again. */
  static open(
    settings: ServerSettings,
    router: RouterServices,
    errors: ErrorContext,
  ): ControlServer {
    const server = new ControlServer(settings, router)
    server.#start(errors)
    return server
  }

  private constructor(settings: ServerSettings, router: RouterServices) {
    this.#settings = settings
    this.#router = router
    this.#left = settings.retries
    // Half open: a client may end its side and still read the answers.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#connect(socket))
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? IN_USE : error.message
      if (!this.#closed) this.#retry(why, (text) => this.#router.print(text))
    })
  }

  /** TCP port; 0: there is none. */
  get port(): number {
    return this.#port
  }

  /** From here on connections speak to another router. */
  serve(router: RouterServices): void {
    this.#router = router
  }

  close(): void {
    this.#closed = true
    this.#server.close()
    for (const [socket, session] of this.#sockets) {
      session.stop().then(
        () => socket.destroySoon(),
        () => socket.destroy(),
      )
    }
  }

  #start(errors: ErrorContext): void {
    const { address, retries } = this.#settings
    if (address.kind === 'SOCKET') {
      this.#connect(new Socket({ fd: address.fd, allowHalfOpen: true }))
      return
    }
    if (this.#listen(retries > 0)) return
    if (retries <= 0) throw new Error(IN_USE)
    this.#retry(IN_USE, (text) => errors.warning(text.replace('warning: ', '')))
  }

  /** False: the address is in use. */
  #listen(again: boolean): boolean {
    const { address } = this.#settings
    if (address.kind === 'TCP') {
      const port = freePort(address)
      this.#port = port === 0 && again ? address.port : port
      if (port === 0) return false
      this.#server.listen(port, address.host)
    } else if (address.kind === 'UNIX') {
      if (isFileServed(address.file)) return false
      this.#server.listen(address.file)
    }
    return true
  }

  /** Says what failed; tries again in a second, as often as it was told to. */
  #retry(why: string, say: (text: string) => void): void {
    const { retryWarnings } = this.#settings
    if (this.#left <= 0) {
      say(why)
      this.#router.stop()
      return
    }
    const tries = this.#left === 1 ? 'try' : 'tries'
    if (retryWarnings) say(`warning: ${why} (${this.#left} ${tries} left)`)
    this.#left--
    setTimeout(() => {
      if (!this.#closed && !this.#listen(true))
        this.#retry(IN_USE, (text) => this.#router.print(text))
    }, RETRY_MS)
  }

  #connect(socket: Socket): void {
    const session = this.#settings.session(
      () => this.#router,
      (bytes) => {
        socket.write(bytes)
        return socket.writableLength
      },
      () => socket.destroy(),
    )
    const { remoteAddress, remotePort } = socket
    const number = ++this.#opened
    const from = remoteAddress === undefined ? '' : ` from ${remoteAddress}.${remotePort}`
    this.#tell(`opened connection ${number}${from}`)
    this.#sockets.set(socket, session)
    const answer = (work: Promise<boolean>) =>
      work.then(
        (goOn) => {
          if (!goOn) socket.end()
        },
        (error: Error) => this.#router.print(`${this.#settings.label}: ${error.message}`),
      )
    socket.on('data', (bytes: Buffer) => void answer(session.feed(bytes.toString('latin1'))))
    socket.on('end', () => void answer(session.finish()))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      session.gone?.()
      this.#tell(`closed connection ${number}`)
    })
  }

  #tell(text: string): void {
    if (this.#settings.verbose) this.#router.print(`${this.#settings.label}: ${text}`)
  }
}

/** 0: none is free. */
function freePort(address: ServerAddress & { kind: 'TCP' }): number {
  const last = address.orNext ? Math.min(address.port + NEXT_PORTS, 65_535) : address.port
  for (let port = address.port; port <= last; port++) {
    if (probePort(address.host, port)) return port
  }
  return 0
}
