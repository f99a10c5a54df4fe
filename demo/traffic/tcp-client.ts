// The client's end of the TCP traffic: opens the connections, sends and checks a byte stream on
// each at a fixed pace, and on `finish` closes them in order and reports which survived.
//
// Usage: node tcp-client.js HOST PORT CONNECTIONS CHUNK_BYTES INTERVAL_MS
// Prints `ready` when all connections carry data both ways; a line `finish` on standard input ends
// the run; the last line printed is the report as JSON.

import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ByteStream } from './bytes.ts'

/** Time that a connection gets to deliver what is under way after `finish`. */
const FINISH_MS = 4_000

export interface TcpReport {
  readonly connections: number
  /** Closed in order by both ends, every byte checked, and data came after the last `mark`. */
  readonly survived: number
  readonly bytes_checked: number
  /** Why the others did not, counted by message. */
  readonly broken: Record<string, number>
}

class Connection {
  readonly socket: Socket
  readonly incoming: ByteStream
  readonly outgoing: ByteStream
  error: string | null = null
  closedInOrder = false
  bytesAtMark = 0
  #timer: NodeJS.Timeout | null = null

  constructor(number: number, host: string, port: number, chunkBytes: number, intervalMs: number) {
    this.incoming = new ByteStream(2 * number + 1)
    this.outgoing = new ByteStream(2 * number)
    this.socket = connect({ host, port, noDelay: true })
    const head = Buffer.alloc(4)
    head.writeUInt32BE(number)
    this.socket.on('connect', () => {
      this.socket.write(head)
      this.#timer = setInterval(() => {
        if (this.socket.writableLength < 8 * chunkBytes)
          this.socket.write(this.outgoing.make(chunkBytes))
      }, intervalMs)
    })
    this.socket.on('data', (data) => {
      if (!this.incoming.check(data)) this.fail('wrong bytes')
    })
    this.socket.on('end', () => {
      this.closedInOrder = true
    })
    this.socket.on('error', (error) => this.fail((error as NodeJS.ErrnoException).code ?? 'error'))
  }

  fail(reason: string): void {
    this.error ??= reason
    this.stop()
    this.socket.destroy()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  get survived(): boolean {
    return this.error === null && this.closedInOrder && this.incoming.count > this.bytesAtMark
  }
}

const [host = '', port = '0', count = '200', chunkBytes = '500', intervalMs = '100'] =
  process.argv.slice(2)
const connections = Array.from(
  { length: Number(count) },
  (_, number) => new Connection(number, host, Number(port), Number(chunkBytes), Number(intervalMs)),
)

const readyTimer = setInterval(() => {
  if (!connections.every((c) => c.incoming.count > 0 || c.error !== null)) return
  clearInterval(readyTimer)
  console.log('ready')
}, 20)

async function finish(): Promise<TcpReport> {
  for (const c of connections) {
    c.stop()
    c.socket.end()
  }
  const until = Date.now() + FINISH_MS
  while (Date.now() < until && connections.some((c) => c.error === null && !c.closedInOrder))
    await new Promise((resolve) => setTimeout(resolve, 20))
  const broken: Record<string, number> = {}
  for (const c of connections) {
    if (c.survived) continue
    const reason = c.error ?? (c.closedInOrder ? 'no data after the upgrade' : 'stalled')
    broken[reason] = (broken[reason] ?? 0) + 1
  }
  return {
    connections: connections.length,
    survived: connections.filter((c) => c.survived).length,
    bytes_checked: connections.reduce((sum, c) => sum + c.incoming.count, 0),
    broken,
  }
}

const commands = createInterface({ input: process.stdin })
// Whoever started this has gone.
commands.on('close', () => process.exit(1))
commands.on('line', (line) => {
  if (line === 'mark') for (const c of connections) c.bytesAtMark = c.incoming.count
  if (line !== 'finish') return
  void finish().then((report) => {
    console.log(JSON.stringify(report))
    process.exit(0)
  })
})
