// The transport over ZeroMQ: `ipc://` inside a host, `tcp://` between hosts. The only file that
// imports zeromq.
//
//   Server = ROUTER (peers by identity; a reconnecting peer takes its name over)
//   Client = DEALER (reconnects by itself; what is queued meanwhile waits)
//
// Nothing is dropped silently: a ROUTER is `mandatory` (a peer that is gone is an error), no socket
// of the control path has a high-water mark of its own: the outbox in front of it has, and says so.
// The state stream is a ROUTER/DEALER pair of raw frames with a low mark: its sender waits.

import { rmSync } from 'node:fs'
import { Dealer, Router } from 'zeromq'
import type { Clock } from '../clock.ts'
import { realClock } from '../clock.ts'
import { ClickUpError, DEFECT_HINT } from '../errors.ts'
import {
  CLOSE_LINGER_MS,
  MESSAGE_BYTES_MAX,
  OUTBOX_MESSAGES,
  SOCKET_PATH_MAX,
  STREAM_CREDIT,
} from '../limits.ts'
import type { Log } from '../log.ts'
import { silentLog } from '../log.ts'
import { Desk } from './desk.ts'
import type {
  Client,
  ClientOptions,
  FrameHandler,
  Handler,
  RequestOptions,
  Server,
  StreamClient,
  StreamServer,
} from './transport.ts'

const CONTROL = {
  sendHighWaterMark: 0,
  receiveHighWaterMark: 0,
  maxMessageSize: MESSAGE_BYTES_MAX,
  linger: CLOSE_LINGER_MS,
}
/**
 * `mandatory`: a peer that is gone is an error, not a dropped message. Without any peer such a
 * socket is never writable; as it has no mark, waiting for that has no other cause: no time for it.
 */
const SERVING = { sendHighWaterMark: 0, sendTimeout: 0, mandatory: true, handover: true }
/** Together at most STREAM_CREDIT frames wait on either side of the connection. */
const STREAM = { ...CONTROL, sendHighWaterMark: STREAM_CREDIT, receiveHighWaterMark: STREAM_CREDIT }
/** Time for a socket's monitor to come to rest before the socket goes. */
const MONITOR_REST_MS = 30
/** A DEALER tries again after 20 ms, then less often, up to each second. */
const RECONNECT = { reconnectInterval: 20, reconnectMaxInterval: 1_000 }

const CLOSING = 'this side is ending: look at `click-up status` once it runs again'

interface Settings {
  readonly clock?: Clock
  readonly log?: Log
}

/** Serves an endpoint. Throws SYSCALL where it cannot be bound. */
export async function bindServer(endpoint: string, settings: Settings = {}): Promise<Server> {
  const socket = new Router({ ...CONTROL, ...SERVING })
  await bind(socket, endpoint)
  return new ZmqServer(socket, endpoint, settings)
}

/** Connects to a server; returns at once, and goes on trying until closed. */
export function connectClient(
  endpoint: string,
  identity: string,
  options: ClientOptions & Settings = {},
): Client {
  checkEndpoint(endpoint)
  const socket = new Dealer({ ...CONTROL, ...RECONNECT, routingId: identity })
  return new ZmqClient(socket, endpoint, identity, options)
}

/** Receives streams of frames; the handler is awaited, and meanwhile the senders wait. */
export async function bindStream(endpoint: string, onFrame: FrameHandler): Promise<StreamServer> {
  // The answers (credit) are few and small: they never wait for a slow reader.
  const socket = new Router({ ...STREAM, ...SERVING })
  await bind(socket, endpoint)
  const outbox = new Outbox((parts) => sendTo(socket, parts))
  read(socket, async (parts) => {
    if (parts.length === 2) await onFrame(parts[0]!.toString(), parts[1]!)
  })
  return {
    endpoint,
    send: (peer, frame) => outbox.put([peer, checkFrame(frame)]),
    close: () => shut(socket, outbox, endpoint),
  }
}

/** Opens a stream under a name. A frame that was sent must not be changed afterwards. */
export function connectStream(
  endpoint: string,
  identity: string,
  onFrame: (frame: Uint8Array) => void | Promise<void>,
): StreamClient {
  checkEndpoint(endpoint)
  const socket = new Dealer({ ...STREAM, ...RECONNECT, routingId: identity })
  socket.connect(endpoint)
  const outbox = new Outbox((parts) => socket.send(parts as [Uint8Array]))
  read(socket, async (parts) => {
    if (parts.length === 1) await onFrame(parts[0]!)
  })
  return {
    send: (frame) => outbox.put([checkFrame(frame)]),
    close: () => shut(socket, outbox),
  }
}

class ZmqServer implements Server {
  readonly endpoint: string
  readonly #desk: Desk
  readonly #socket: Router
  readonly #outbox: Outbox
  readonly #peers = new Set<string>()

  constructor(socket: Router, endpoint: string, settings: Settings) {
    this.endpoint = endpoint
    this.#socket = socket
    this.#outbox = new Outbox((parts) => sendTo(socket, parts))
    const send = async (peer: string, bytes: Uint8Array) => {
      try {
        await this.#outbox.put([peer, bytes])
      } catch (cause) {
        this.#peers.delete(peer)
        throw cause
      }
    }
    this.#desk = new Desk(send, settings.clock ?? realClock, settings.log ?? silentLog)
    read(socket, (parts) => {
      const peer = parts[0]!.toString()
      // A frame too many or too few is garbage like any other: the desk counts it.
      const bytes = parts.length === 2 ? parts[1]! : new Uint8Array(0)
      if (parts.length === 2) this.#peers.add(peer)
      this.#desk.receive(peer, bytes)
    })
  }

  get refused(): number {
    return this.#desk.refused
  }
  handle(kind: string, handler: Handler): void {
    this.#desk.handle(kind, handler)
  }
  request(peer: string, kind: string, body: unknown, options: RequestOptions = {}) {
    return this.#desk.request(peer, kind, body, options)
  }
  notify(peer: string, kind: string, body: unknown): Promise<void> {
    return this.#desk.notify(peer, kind, body)
  }
  peers(): string[] {
    return [...this.#peers]
  }
  async close(): Promise<void> {
    this.#desk.close()
    await shut(this.#socket, this.#outbox, this.endpoint)
  }
}

class ZmqClient implements Client {
  readonly identity: string
  connected = false
  readonly #desk: Desk
  readonly #socket: Dealer
  readonly #outbox: Outbox
  readonly #endpoint: string
  readonly #clock: Clock
  #waiting: (() => void)[] = []

  constructor(
    socket: Dealer,
    endpoint: string,
    identity: string,
    options: ClientOptions & Settings,
  ) {
    this.identity = identity
    this.#endpoint = endpoint
    this.#socket = socket
    this.#clock = options.clock ?? realClock
    this.#outbox = new Outbox((parts) => socket.send(parts as [Uint8Array]))
    this.#desk = new Desk(
      (_peer, bytes) => this.#outbox.put([bytes]),
      this.#clock,
      options.log ?? silentLog,
    )
    void this.#watch(options)
    socket.connect(endpoint)
    read(socket, (parts) => {
      this.#desk.receive('', parts.length === 1 ? parts[0]! : new Uint8Array(0))
    })
  }

  get refused(): number {
    return this.#desk.refused
  }
  handle(kind: string, handler: Handler): void {
    this.#desk.handle(kind, handler)
  }
  request(kind: string, body: unknown, options: RequestOptions = {}): Promise<unknown> {
    return this.#desk.request('', kind, body, options)
  }
  notify(kind: string, body: unknown): Promise<void> {
    return this.#desk.notify('', kind, body)
  }

  ready(timeoutMs: number): Promise<void> {
    if (this.connected) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting = this.#waiting.filter((w) => w !== done)
        reject(unreachable(`nothing answers at ${this.#endpoint}`, 'is the other side started?'))
      })
      const done = () => {
        timer.cancel()
        resolve()
      }
      this.#waiting.push(done)
    })
  }

  /**
   * What is queued goes first, then what the monitor has to say: a socket that is closed while its
   * monitor is being written to now and then ends the process (libzmq 4.3.5, an assertion in pipe.cpp).
   */
  async close(): Promise<void> {
    this.#desk.close()
    await this.#outbox.close(CLOSE_LINGER_MS)
    await this.#clock.sleep(MONITOR_REST_MS)
    await shut(this.#socket, this.#outbox)
  }

  /** Follows the connection's state: a DEALER itself hides losses and reconnections. */
  async #watch(options: ClientOptions): Promise<void> {
    for await (const event of this.#socket.events) {
      if (event.type === 'handshake') {
        this.connected = true
        for (const done of this.#waiting.splice(0)) done()
        options.onConnect?.()
      } else if (event.type === 'disconnect') {
        this.connected = false
        options.onDisconnect?.()
      }
    }
  }
}

type Parts = readonly (string | Uint8Array)[]

/** Sends one message after another: a ZeroMQ socket takes only one at a time. */
class Outbox {
  readonly #write: (parts: Parts) => Promise<void>
  readonly #queue: { parts: Parts; sent: () => void; failed: (cause: unknown) => void }[] = []
  #sending: Promise<void> | null = null
  #closed = false

  constructor(write: (parts: Parts) => Promise<void>) {
    this.#write = write
  }

  put(parts: Parts): Promise<void> {
    if (this.#closed) return Promise.reject(unreachable('the socket is closed', CLOSING))
    if (this.#queue.length >= OUTBOX_MESSAGES)
      return Promise.reject(
        new ClickUpError(
          'LIMIT',
          `${OUTBOX_MESSAGES} messages wait already (OUTBOX_MESSAGES)`,
          'the other side is away or hangs: look at `click-up status`',
        ),
      )
    return new Promise((sent, failed) => {
      this.#queue.push({ parts, sent, failed })
      this.#sending ??= this.#drain()
    })
  }

  /** Resolves when all is handed over to ZeroMQ, or the time is over. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true
    if (this.#sending === null) return
    let timer: { cancel(): void } | null = null
    const late = new Promise<void>((resolve) => {
      timer = realClock.after(withinMs, resolve)
    })
    await Promise.race([this.#sending, late])
    timer!.cancel()
    for (const { failed } of this.#queue.splice(0))
      failed(unreachable('closed before it was sent', CLOSING))
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const { parts, sent, failed } = this.#queue.shift()!
      try {
        await this.#write(parts)
        sent()
      } catch (cause) {
        failed(cause)
      }
    }
    this.#sending = null
  }
}

/** Sends to a peer by name; UNREACHABLE where there is none of that name. */
async function sendTo(socket: Router, parts: Parts): Promise<void> {
  try {
    await socket.send(parts as [string, Uint8Array])
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code !== 'EHOSTUNREACH' && code !== 'EAGAIN') throw cause
    throw unreachable(`${parts[0]} is not connected`, 'it has ended, or is about to connect')
  }
}

/** Reads until the socket is closed. A failure here is a defect: it ends the process. */
function read(socket: Router | Dealer, take: (parts: Buffer[]) => void | Promise<void>): void {
  void readAll(socket, take)
}

async function readAll(
  socket: Router | Dealer,
  take: (parts: Buffer[]) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    let parts: Buffer[]
    try {
      parts = await socket.receive()
    } catch (cause) {
      if (socket.closed) return
      throw cause
    }
    await take(parts)
  }
}

/** @param bound the endpoint of a server: its socket file goes before this returns */
async function shut(
  socket: Router | Dealer,
  outbox: Outbox,
  bound: string | null = null,
): Promise<void> {
  if (socket.closed) return
  await outbox.close(CLOSE_LINGER_MS)
  if (socket.closed) return
  if (bound !== null) {
    await socket.unbind(bound).catch(() => {})
    // ZeroMQ leaves it. Nobody else has bound it meanwhile: who may is decided by a lock.
    if (bound.startsWith('ipc://')) rmSync(bound.slice('ipc://'.length), { force: true })
  }
  socket.close()
}

function unreachable(message: string, hint: string): ClickUpError {
  return new ClickUpError('UNREACHABLE', message, hint)
}

async function bind(socket: Router, endpoint: string): Promise<void> {
  checkEndpoint(endpoint)
  try {
    await socket.bind(endpoint)
  } catch (cause) {
    socket.close()
    const { code, message } = cause as { code?: string; message: string }
    throw new ClickUpError(
      'SYSCALL',
      `bind ${endpoint}: ${code ?? message}`,
      'is its directory there and yours? Another one: --dir',
    )
  }
}

/** Throws LIMIT for an `ipc://` path that no unix socket can have. */
export function checkEndpoint(endpoint: string): void {
  if (!endpoint.startsWith('ipc://')) return
  const bytes = Buffer.byteLength(endpoint.slice('ipc://'.length))
  if (bytes > SOCKET_PATH_MAX)
    throw new ClickUpError(
      'LIMIT',
      `socket path of ${bytes} bytes, at most ${SOCKET_PATH_MAX} fit: ${endpoint}`,
      'choose a shorter run directory with --dir',
    )
}

function checkFrame(frame: Uint8Array): Uint8Array {
  if (frame.length > MESSAGE_BYTES_MAX)
    throw new ClickUpError(
      'LIMIT',
      `state frame of ${frame.length} bytes, more than ${MESSAGE_BYTES_MAX} (MESSAGE_BYTES_MAX)`,
      DEFECT_HINT,
    )
  return frame
}
