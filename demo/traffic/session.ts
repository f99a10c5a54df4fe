// The traffic of a run, from outside: starts the four ends in their namespaces, waits until all
// carry data, marks the change, ends them in order and adds up what they saw.

import type { ChildProcess } from 'node:child_process'
import type { TcpFigures, UdpFigures } from '../report.ts'
import { FINISH_MS, Peer, READY_MS } from './peer.ts'
import { addUp, type UdpEnd } from './udp-figures.ts'

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
/** After sending stops, what is under way arrives. */
const SETTLE_MS = 500

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
