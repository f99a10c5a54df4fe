// The traffic of a run, from outside: starts the four ends in their namespaces, waits until all
// carry data, marks the change, ends them in order and adds up what they saw.

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TcpFigures, UdpFigures } from '../report.ts'

/** Starts a node program in a namespace of the lab. */
export type Start = (side: 'client' | 'server', script: string, args: string[]) => ChildProcess

export interface Load {
  readonly connections: number
  readonly flows: number
  /** Of each direction. */
  readonly packetsPerS: number
  readonly serverAddress: string
}

const TCP_PORT = 5000
const UDP_PORT = 6000
const CHUNK_BYTES = 500
const INTERVAL_MS = 100
const READY_MS = 15_000
const FINISH_MS = 10_000
/** After sending stops, what is under way arrives. */
const SETTLE_MS = 500

interface UdpEnd {
  sent: number[]
  received: number[]
  reordered: number
  duplicated: number
  longest_gap_ms: number
  errors: number
}

/** A program that prints lines and takes commands on standard input. */
class Peer {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #lines: string[] = []
  readonly #waiting: { match: (line: string) => boolean; resolve: (line: string) => void }[] = []

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const index = this.#waiting.findIndex((w) => w.match(line))
      if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(line)
      else this.#lines.push(line)
    })
    child.stdin?.on('error', () => {})
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async hear(match: (line: string) => boolean, timeoutMs: number, what: string): Promise<string> {
    const index = this.#lines.findIndex(match)
    if (index >= 0) return this.#lines.splice(index, 1)[0]!
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`traffic: ${this.#name} did not say '${what}' in ${timeoutMs} ms`)),
        timeoutMs,
      )
      this.#waiting.push({
        match,
        resolve: (line) => {
          clearTimeout(timer)
          resolve(line)
        },
      })
    })
  }

  async word(word: string, timeoutMs: number): Promise<void> {
    await this.hear((line) => line === word, timeoutMs, word)
  }

  async report<T>(): Promise<T> {
    this.say('finish')
    return JSON.parse(await this.hear((line) => line.startsWith('{'), FINISH_MS, 'its report')) as T
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}

export class Traffic {
  readonly #tcpServer: Peer
  readonly #tcpClient: Peer
  readonly #udpServer: Peer
  readonly #udpClient: Peer

  private constructor(peers: [Peer, Peer, Peer, Peer]) {
    const [tcpServer, udpServer, tcpClient, udpClient] = peers
    this.#tcpServer = tcpServer
    this.#udpServer = udpServer
    this.#tcpClient = tcpClient
    this.#udpClient = udpClient
  }

  /** Starts all ends and resolves when every connection and flow has carried data both ways. */
  static async start(start: Start, load: Load): Promise<Traffic> {
    const { serverAddress, connections, flows, packetsPerS } = load
    const text = (...values: (string | number)[]) => values.map(String)
    const tcpServer = new Peer(
      'tcp-server',
      start('server', 'tcp-server.js', text(TCP_PORT, CHUNK_BYTES, INTERVAL_MS)),
    )
    await tcpServer.word('ready', READY_MS)
    const udpServer = new Peer(
      'udp-server',
      start('server', 'udp-peer.js', text('server', UDP_PORT, flows, packetsPerS)),
    )
    await udpServer.word('listening', READY_MS)
    const tcpClient = new Peer(
      'tcp-client',
      start(
        'client',
        'tcp-client.js',
        text(serverAddress, TCP_PORT, connections, CHUNK_BYTES, INTERVAL_MS),
      ),
    )
    await tcpClient.word('ready', READY_MS)
    const udpClient = new Peer(
      'udp-client',
      start('client', 'udp-peer.js', text('client', serverAddress, UDP_PORT, flows, packetsPerS)),
    )
    const traffic = new Traffic([tcpServer, udpServer, tcpClient, udpClient])
    try {
      await Promise.all([udpClient.word('ready', READY_MS), udpServer.word('ready', READY_MS)])
    } catch (error) {
      traffic.stop()
      throw error
    }
    return traffic
  }

  /** Data must come after this for a connection to count as alive. */
  mark(): void {
    this.#tcpClient.say('mark')
  }

  /** Stops sending, waits for what is under way, and reports. */
  async finish(): Promise<{ udp: UdpFigures; tcp: TcpFigures }> {
    for (const peer of [this.#udpClient, this.#udpServer]) peer.say('stop')
    await Promise.all([this.#udpClient, this.#udpServer].map((p) => p.word('stopped', FINISH_MS)))
    const tcp = await this.#tcpClient.report<Omit<TcpFigures, 'stack'>>()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const client = await this.#udpClient.report<UdpEnd>()
    const server = await this.#udpServer.report<UdpEnd>()
    this.stop()
    return { udp: addUp(client, server), tcp: { ...tcp, stack: 'kernel' } }
  }

  stop(): void {
    for (const peer of [this.#tcpClient, this.#udpClient, this.#tcpServer, this.#udpServer])
      peer.stop()
  }
}

function addUp(client: UdpEnd, server: UdpEnd): UdpFigures {
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const lost = (sent: number[], received: number[]) =>
    sum(sent.map((n, flow) => Math.max(0, n - (received[flow] ?? 0))))
  return {
    sent: sum(client.sent) + sum(server.sent),
    received: sum(client.received) + sum(server.received),
    lost: lost(client.sent, server.received) + lost(server.sent, client.received),
    reordered: client.reordered + server.reordered,
    duplicated: client.duplicated + server.duplicated,
    longest_gap_ms: Math.max(client.longest_gap_ms, server.longest_gap_ms),
  }
}
