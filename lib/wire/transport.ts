// How processes talk: requests with answers and progress, notices, and a raw binary stream for
// state. Interfaces only; zeromq.ts implements them, and code that uses them can be tested over
// anything else that keeps these promises:
//
//   - messages between two peers arrive in the order of sending, whole, at most once
//   - nothing is dropped silently: a send waits, or throws, or the request times out (UNREACHABLE)
//   - a time-out means *unknown*: the request may have been carried out
//   - a request is alive while its receiver works on it: the receiver says so every WORKING_MS, so
//     timeoutMs bounds silence, not the work

export interface RequestOptions {
  /** Silence after which the request ends with UNREACHABLE. Default REQUEST_TIMEOUT_MS. */
  readonly timeoutMs?: number
  readonly onProgress?: (event: unknown) => void
}

export interface HandlerContext {
  /** Identity of the peer, as it named itself. */
  readonly peer: string
  /** Sends an event to the one who asked. Does nothing for a notice. */
  progress(event: unknown): void
}

/** Serves one kind of message. What it returns is the answer's value; a ClickUpError travels whole. */
export type Handler = (body: unknown, context: HandlerContext) => unknown

interface Endpoint {
  /** Sets the handler of a kind; a message of a kind without one is answered with PROTOCOL. */
  handle(kind: string, handler: Handler): void
  /** Sends what is queued, then goes. Open requests end with UNREACHABLE. */
  close(): Promise<void>
  /** Messages that were refused: garbage, another version, an unknown kind. */
  readonly refused: number
}

export interface Server extends Endpoint {
  readonly endpoint: string
  /** Asks a peer that has connected. Throws UNREACHABLE at once for one that is not connected. */
  request(peer: string, kind: string, body: unknown, options?: RequestOptions): Promise<unknown>
  /** Tells a peer; resolves when the message is on its way. */
  notify(peer: string, kind: string, body: unknown): Promise<void>
  /** Peers that have sent something and were not found gone since. */
  peers(): string[]
}

export interface Client extends Endpoint {
  readonly identity: string
  readonly connected: boolean
  /** Resolves once connected; throws UNREACHABLE after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>
  request(kind: string, body: unknown, options?: RequestOptions): Promise<unknown>
  /** Waits in the queue while the other side is away. Throws LIMIT at OUTBOX_MESSAGES. */
  notify(kind: string, body: unknown): Promise<void>
}

export interface ClientOptions {
  /** Called on every connection, the first and each after a loss: say hello here. */
  readonly onConnect?: () => void
  readonly onDisconnect?: () => void
}

/** A frame of the state stream is to be read, and copied where it goes on to a worker: its memory is the transport's. */
export type FrameHandler = (peer: string, frame: Uint8Array) => void | Promise<void>

export interface StreamServer {
  readonly endpoint: string
  /** Resolves when the frame is on its way; throws UNREACHABLE for a peer that is not connected. */
  send(peer: string, frame: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface StreamClient {
  /** Resolves when there is room for the next: STREAM_CREDIT frames wait at most. */
  send(frame: Uint8Array): Promise<void>
  close(): Promise<void>
}
