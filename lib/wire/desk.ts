// The desk of an endpoint: matches answers to requests, calls handlers, answers for them, keeps
// time. Knows nothing of sockets: it is given bytes and a way to send them.
//
//   request ──▶ open[id] ──▶ peer            bytes ──▶ decode ──▶ answer ──▶ open[re] settles
//                 ▲ restarted by                                  progress ─▶ onProgress
//                 │ 'working', 'progress'                         request ──▶ handler ──▶ answer

import type { Clock, Timer } from '../clock.ts'
import type { ErrorCode, Finding } from '../errors.ts'
import { ClickUpError, DEFECT_HINT, ERROR_CODES, messageOf } from '../errors.ts'
import { REQUEST_TIMEOUT_MS, WORKING_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import { decode, encode, versionFault } from './codec.ts'
import type { Answer, Envelope } from './messages.ts'
import { PROTOCOL_MAJOR } from './messages.ts'
import type { Handler, HandlerContext, RequestOptions } from './transport.ts'

/** Sends bytes to a peer; rejects with a ClickUpError where that is not possible. */
export type SendBytes = (peer: string, bytes: Uint8Array) => Promise<void>

interface Open {
  readonly kind: string
  readonly peer: string
  readonly onProgress: ((event: unknown) => void) | undefined
  readonly restart: () => void
  readonly settle: (answer: Answer | ClickUpError) => void
}

export class Desk {
  refused = 0
  readonly #send: SendBytes
  readonly #clock: Clock
  readonly #log: Log
  readonly #handlers = new Map<string, Handler>()
  readonly #open = new Map<string, Open>()
  /** Makes ids that a restarted process of the same name does not use again. */
  readonly #nonce = `${process.pid.toString(36)}${process.hrtime.bigint().toString(36)}`
  #next = 1
  #closed = false

  constructor(send: SendBytes, clock: Clock, log: Log) {
    this.#send = send
    this.#clock = clock
    this.#log = log
  }

  handle(kind: string, handler: Handler): void {
    this.#handlers.set(kind, handler)
  }

  async notify(peer: string, kind: string, body: unknown): Promise<void> {
    await this.#send(peer, encode(envelope(kind, null, null, body)))
  }

  request(peer: string, kind: string, body: unknown, options: RequestOptions): Promise<unknown> {
    if (this.#closed) return Promise.reject(closedError(kind))
    const id = `${this.#nonce}.${this.#next++}`
    const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      let timer: Timer
      const settle = (answer: Answer | ClickUpError) => {
        timer.cancel()
        this.#open.delete(id)
        if (answer instanceof ClickUpError) reject(answer)
        else if (answer.ok) resolve(answer.value)
        else reject(errorOf(answer))
      }
      const start = () => {
        timer = this.#clock.after(timeoutMs, () => settle(silence(peer, kind, timeoutMs)))
      }
      const restart = () => {
        timer.cancel()
        start()
      }
      start()
      this.#open.set(id, { kind, peer, onProgress: options.onProgress, restart, settle })
      try {
        this.#send(peer, encode(envelope(kind, id, null, body))).catch((cause: unknown) => {
          this.#open.get(id)?.settle(asClickUpError(cause))
        })
      } catch (cause) {
        settle(asClickUpError(cause))
      }
    })
  }

  /** Takes a message in. Never throws: what cannot be used is counted and logged. */
  receive(peer: string, bytes: Uint8Array): void {
    let message: Envelope
    try {
      message = decode(bytes)
    } catch (cause) {
      this.#refuse(peer, asClickUpError(cause))
      return
    }
    const fault = versionFault(message)
    if (message.re !== null) this.#takeAnswer(peer, message, fault)
    else if (fault !== null) {
      this.#refuse(peer, fault)
      if (message.id !== null) this.#reply(peer, 'answer', message.id, failed(fault))
    } else this.#serve(peer, message)
  }

  /** Ends open requests; nothing is sent from here on. */
  close(): void {
    this.#closed = true
    for (const open of [...this.#open.values()]) open.settle(closedError(open.kind))
  }

  #takeAnswer(peer: string, message: Envelope, fault: ClickUpError | null): void {
    const open = this.#open.get(message.re!)
    // Answers that come after the time-out are nobody's; an answer of another peer is not one.
    if (open === undefined || open.peer !== peer) return
    if (fault !== null) open.settle(fault)
    else if (message.kind === 'working') open.restart()
    else if (message.kind === 'progress') {
      open.restart()
      open.onProgress?.(message.body)
    } else if (isAnswer(message.body)) open.settle(message.body)
    else open.settle(unlike(`the answer to '${open.kind}' is not an answer`))
  }

  #serve(peer: string, message: Envelope): void {
    const { id, kind } = message
    const handler = this.#handlers.get(kind)
    if (handler === undefined) {
      const error = unlike(`no message of kind '${kind}' is served here`)
      this.#refuse(peer, error)
      if (id !== null) this.#reply(peer, 'answer', id, failed(error))
      return
    }
    const context: HandlerContext = {
      peer,
      progress: (event) => {
        if (id !== null) this.#reply(peer, 'progress', id, event)
      },
    }
    const working = id === null ? null : this.#keepTelling(peer, id)
    void (async () => {
      let answer: Answer
      try {
        answer = { ok: true, value: (await handler(message.body, context)) ?? null }
      } catch (cause) {
        const error = asClickUpError(cause)
        if (id === null || error.code === 'INTERNAL')
          this.#log.warn('handler_failed', { kind, peer, error, stack: error.stack })
        answer = failed(error)
      }
      working?.cancel()
      if (id !== null) this.#reply(peer, 'answer', id, answer)
    })()
  }

  /** Says `working` every WORKING_MS until cancelled. */
  #keepTelling(peer: string, id: string): Timer {
    const next = () =>
      this.#clock.after(WORKING_MS, () => {
        this.#reply(peer, 'working', id, null)
        timer = next()
      })
    let timer = next()
    return { cancel: () => timer.cancel() }
  }

  #reply(peer: string, kind: string, re: string, body: unknown): void {
    if (this.#closed) return
    let bytes: Uint8Array
    try {
      bytes = encode(envelope(kind, null, re, body))
    } catch (cause) {
      bytes = encode(envelope('answer', null, re, failed(asClickUpError(cause))))
    }
    this.#send(peer, bytes).catch((error: unknown) => {
      this.#log.info('answer_not_sent', { peer, kind, error })
    })
  }

  #refuse(peer: string, error: ClickUpError): void {
    this.refused++
    this.#log.warn('message_refused', { peer, error })
  }
}

/** Any thrown value as a ClickUpError; what is not one already is a defect of ours. */
export function asClickUpError(cause: unknown): ClickUpError {
  if (cause instanceof ClickUpError) return cause
  const error = new ClickUpError('INTERNAL', messageOf(cause), DEFECT_HINT)
  if (cause instanceof Error && cause.stack !== undefined) error.stack = cause.stack
  return error
}

export function failed(error: ClickUpError): Answer {
  const findings = error.findings.map(({ where, message }) => ({ where, message }))
  return { ok: false, code: error.code, message: error.message, hint: error.hint, findings }
}

function envelope(kind: string, id: string | null, re: string | null, body: unknown): Envelope {
  return { v: PROTOCOL_MAJOR, kind, id, re, body }
}

function isAnswer(body: unknown): body is Answer {
  if (typeof body !== 'object' || body === null) return false
  const a = body as Record<string, unknown>
  if (a.ok === true) return 'value' in a
  return a.ok === false && [a.code, a.message, a.hint].every((text) => typeof text === 'string')
}

function errorOf(answer: Extract<Answer, { ok: false }>): ClickUpError {
  const code = (answer.code in ERROR_CODES ? answer.code : 'INTERNAL') as ErrorCode
  const findings: Finding[] = []
  if (Array.isArray(answer.findings)) {
    for (const f of answer.findings as Partial<Finding>[])
      findings.push({ where: String(f?.where ?? ''), message: String(f?.message ?? '') })
  }
  return new ClickUpError(code, answer.message, answer.hint, findings)
}

function silence(peer: string, kind: string, timeoutMs: number): ClickUpError {
  return new ClickUpError(
    'UNREACHABLE',
    `${peer || 'the other side'} did not answer '${kind}' within ${timeoutMs} ms`,
    'the outcome is unknown: look at `click-up status`, and repeat the command if needed',
  )
}

function unlike(message: string): ClickUpError {
  return new ClickUpError('PROTOCOL', message, 'run the same release of click-up on both sides')
}

function closedError(kind: string): ClickUpError {
  return new ClickUpError(
    'UNREACHABLE',
    `closed before '${kind}' was answered`,
    'the outcome is unknown: look at `click-up status`',
  )
}
