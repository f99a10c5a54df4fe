// Where a run takes place: the network, the cluster on its host, and the traffic's ends. With the
// xdp driver in namespaces and with kernel stacks; with the udp driver on loopback datagrams.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../lib/free-ports.ts'
import { Cluster } from './cluster.ts'
import { NatLab, SERVER_ADDRESS } from './lab.ts'
import type { TcpFigures, UdpFigures } from './report.ts'
import { Traffic } from './traffic/session.ts'
import { WireTraffic } from './traffic/wire-session.ts'

export interface Load {
  readonly connections: number
  readonly flows: number
  /** Of each direction. */
  readonly packetsPerS: number
}

/** Traffic that runs: what a scenario needs of it. */
export interface RunningTraffic {
  mark(): void
  finish(): Promise<{ udp: UdpFigures; tcp: TcpFigures }>
  stop(): void
}

export interface Stage {
  readonly cluster: Cluster
  readonly load: Load
  /** Coordinator and agent. */
  start(): Promise<void>
  startTraffic(): Promise<RunningTraffic>
  /** Path of the service file for a version of the example NAT. */
  serviceFile(version: 'v1' | 'v2'): string
  close(): Promise<void>
}

const EXAMPLES = fileURLToPath(new URL('../../deploy/examples/nat/', import.meta.url))

export class XdpStage implements Stage {
  readonly cluster: Cluster
  readonly load: Load
  readonly lab: NatLab
  /** What the service files ask for; replicas of both drivers are steered by XDP programs. */
  readonly #driver: 'auto' | 'packet'

  private constructor(lab: NatLab, load: Load, driver: 'auto' | 'packet') {
    this.lab = lab
    this.load = load
    this.#driver = driver
    this.cluster = new Cluster(lab.startOnHost)
  }

  static async create(
    load: Load = { connections: 200, flows: 16, packetsPerS: 10_500 },
    driver: 'auto' | 'packet' = 'auto',
  ): Promise<XdpStage> {
    return new XdpStage(await NatLab.create('nat'), load, driver)
  }

  async start(): Promise<void> {
    await this.cluster.start('coordinator')
    await this.cluster.start('agent')
  }

  async startTraffic(): Promise<RunningTraffic> {
    return await Traffic.start(this.lab.startTraffic, {
      ...this.load,
      serverAddress: SERVER_ADDRESS,
    })
  }

  serviceFile(version: 'v1' | 'v2'): string {
    if (this.#driver === 'auto') return join(EXAMPLES, `nat-${version}.yaml`)
    return variant(this.cluster.dir, version, this.#driver)
  }

  async close(): Promise<void> {
    await this.cluster.stop()
    await this.lab.close()
  }
}

/** Loopback ports of a service port: the agent listens on the first and sends to the second. */
interface Wire {
  readonly listen: number
  readonly peer: number
}

export class UdpStage implements Stage {
  readonly cluster: Cluster
  readonly load: Load
  readonly #inside: Wire
  readonly #outside: Wire

  private constructor(load: Load, inside: Wire, outside: Wire) {
    this.load = load
    this.#inside = inside
    this.#outside = outside
    this.cluster = new Cluster((command, args, options) => spawn(command, args, options ?? {}))
  }

  static async create(
    load: Load = { connections: 200, flows: 16, packetsPerS: 2_000 },
  ): Promise<UdpStage> {
    const [a, b, c, d] = await freePorts(4)
    return new UdpStage(load, { listen: a!, peer: b! }, { listen: c!, peer: d! })
  }

  async start(): Promise<void> {
    await this.cluster.start('coordinator')
    await this.cluster.start('agent')
  }

  async startTraffic(): Promise<RunningTraffic> {
    const start = (role: 'client' | 'server', args: string[]): ChildProcess => {
      const path = fileURLToPath(new URL('./traffic/wire-peer.js', import.meta.url))
      return spawn(process.execPath, [path, role, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    }
    const wires = { inside: this.#inside, outside: this.#outside }
    return await WireTraffic.start(start, wires, this.load)
  }

  /** The example's file with the interfaces of this stage in place of its own. */
  serviceFile(version: 'v1' | 'v2'): string {
    return variant(this.cluster.dir, version, 'udp', (text) =>
      text
        .replace(/interface: *inside0/, udpOf(this.#inside))
        .replace(/interface: *outside0/, udpOf(this.#outside)),
    )
  }

  async close(): Promise<void> {
    await this.cluster.stop()
  }
}

/** The example's file for another driver, in a folder of the run; returns its path. */
function variant(
  dir: string,
  version: 'v1' | 'v2',
  driver: string,
  change: (text: string) => string = (text) => text,
): string {
  const path = join(EXAMPLES, `nat-${version}.yaml`)
  const text = change(readFileSync(path, 'utf8'))
    .replace(/^driver: *auto/m, `driver: ${driver}`)
    .replaceAll(/^(config|elements): *(?!\/)(\S+)/gm, (_, key, file) => {
      return `${key}: ${join(dirname(path), file)}`
    })
  const made = join(dir, basename(path))
  mkdirSync(dirname(made), { recursive: true })
  writeFileSync(made, text)
  return made
}

function udpOf(wire: Wire): string {
  return `udp: { listen: ${wire.listen}, peer: ${wire.peer} }`
}
