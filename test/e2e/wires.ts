// A cluster whose service's ports are loopback datagrams that the test itself sends and hears: exact
// frames at exact moments, with the udp driver, which every machine has.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cluster } from '../../demo/cluster.ts'
import { freePorts } from '../../lib/free-ports.ts'
import { ipFrame } from '../property/traffic.ts'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

interface Wire {
  readonly listen: number
  readonly peer: number
  readonly socket: Socket
  readonly came: Buffer[]
}

export class Wires {
  readonly cluster: Cluster
  readonly #wires: Readonly<Record<string, Wire>>

  private constructor(wires: Readonly<Record<string, Wire>>) {
    this.#wires = wires
    this.cluster = new Cluster((command, args, options) => spawn(command, args, options ?? {}))
  }

  /** Coordinator and agent, and the far ends of the ports `inside` and `outside`. */
  static async start(): Promise<Wires> {
    const ports = await freePorts(4)
    const wire = async (listen: number, peer: number): Promise<Wire> => {
      const socket = createSocket('udp4')
      const came: Buffer[] = []
      socket.on('message', (bytes) => came.push(bytes))
      socket.bind(peer, '127.0.0.1')
      await once(socket, 'listening')
      socket.setRecvBufferSize(4 << 20)
      return { listen, peer, socket, came }
    }
    const inside = await wire(ports[0]!, ports[1]!)
    const wires = new Wires({ inside, outside: await wire(ports[2]!, ports[3]!) })
    await wires.cluster.start('coordinator')
    await wires.cluster.start('agent')
    return wires
  }

  /** An example's service file, with this cluster's ports; `change` may change its text. */
  example(path: string, change: (text: string) => string = (text) => text): string {
    const from = join(ROOT, 'deploy/examples', path)
    const text = readFileSync(from, 'utf8').replaceAll(
      /^(config|elements): *(\S+)/gm,
      (_, key, file) => `${key}: ${join(from, '..', file)}`,
    )
    const changed = change(text)
    const name = `${createHash('sha256').update(changed).digest('hex').slice(0, 8)}.yaml`
    return this.serviceFile(name, changed)
  }

  /** Writes a service file; interfaces of its ports become datagrams. */
  serviceFile(name: string, text: string): string {
    const wired = text
      .replace(/^driver: .*$/m, 'driver: udp')
      .replaceAll(/(inside|outside): \{ interface: \w+/g, (_, port) => {
        const { listen, peer } = this.#wires[port]!
        return `${port}: { udp: { listen: ${listen}, peer: ${peer} }`
      })
    const path = join(this.cluster.dir, 'files', name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, wired)
    return path
  }

  send(port: string, frame: Uint8Array): void {
    const { socket, listen } = this.#wires[port]!
    socket.send(frame, listen, '127.0.0.1')
  }

  /** What came out of a port so far. */
  came(port: string): readonly Buffer[] {
    return this.#wires[port]!.came
  }

  /** Waits until `holds`; false: it did not in that time. */
  async until(holds: () => boolean, timeoutMs = 15_000): Promise<boolean> {
    for (const end = performance.now() + timeoutMs; performance.now() < end; ) {
      if (holds()) return true
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return holds()
  }

  async close(): Promise<void> {
    await this.cluster.stop()
    for (const { socket } of Object.values(this.#wires)) socket.close()
  }
}

/** A UDP packet whose last four bytes are a number. */
export function numbered(host: number, sport: number, dport: number, number: number): Uint8Array {
  const bytes = ipFrame({
    ...{ src: `10.0.0.${host}`, dst: '192.0.2.1', sport, dport, proto: 17, payload: 16 },
  })
  bytes[40] = 0 // no checksum: the number changes
  bytes[41] = 0
  Buffer.from(bytes.buffer).writeUInt32BE(number, bytes.length - 4)
  return bytes
}

export const numberOf = (frame: Buffer) => frame.readUInt32BE(frame.length - 4)
export const sportOf = (frame: Buffer) => frame.readUInt16BE(34)
