// The udp driver's traffic, from outside: two user-space hosts, each with UDP and TCP (wire-peer.ts).

import type { ChildProcess } from 'node:child_process'
import type { TcpFigures, UdpFigures } from '../report.ts'
import { FINISH_MS, Peer, READY_MS } from './peer.ts'
import { addUp, type UdpEnd } from './udp-figures.ts'

/** A service port's two loopback ports, as the agent sees them. */
interface Wire {
  readonly listen: number
  readonly peer: number
}

interface WireReport {
  readonly udp: UdpEnd
  readonly tcp: Omit<TcpFigures, 'stack'>
}

/** After sending stops, what is under way arrives. */
const SETTLE_MS = 500

export class WireTraffic {
  readonly #client: Peer
  readonly #server: Peer

  private constructor(client: Peer, server: Peer) {
    this.#client = client
    this.#server = server
  }

  static async start(
    start: (role: 'client' | 'server', args: string[]) => ChildProcess,
    wires: { readonly inside: Wire; readonly outside: Wire },
    load: { readonly connections: number; readonly flows: number; readonly packetsPerS: number },
  ): Promise<WireTraffic> {
    const args = (wire: Wire) =>
      [wire.peer, wire.listen, load.connections, load.flows, load.packetsPerS].map(String)
    const server = new Peer('server', start('server', args(wires.outside)))
    await server.word('listening', READY_MS)
    const client = new Peer('client', start('client', args(wires.inside)))
    const traffic = new WireTraffic(client, server)
    try {
      await Promise.all([client.word('ready', READY_MS), server.word('ready', READY_MS)])
    } catch (error) {
      traffic.stop()
      throw error
    }
    return traffic
  }

  mark(): void {
    this.#client.say('mark')
  }

  async finish(): Promise<{ udp: UdpFigures; tcp: TcpFigures }> {
    for (const peer of [this.#client, this.#server]) peer.say('stop')
    await Promise.all([this.#client, this.#server].map((p) => p.word('stopped', FINISH_MS)))
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const [client, server] = await Promise.all([
      this.#client.report<WireReport>(),
      this.#server.report<WireReport>(),
    ])
    this.stop()
    return { udp: addUp(client.udp, server.udp), tcp: { ...client.tcp, stack: 'user-space' } }
  }

  stop(): void {
    this.#client.stop()
    this.#server.stop()
  }
}
