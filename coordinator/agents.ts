// The agents that are connected: who they are, what they said runs on their hosts, and whether they
// are still there. One agent a host: a second one is refused as long as the first answers.

import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { AGENT_LOST_MS } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import type {
  AgentBeat,
  AgentHello,
  HostId,
  ReplicaInfo,
  ServiceInfo,
} from '../lib/wire/messages.ts'
import type { RequestOptions, Server } from '../lib/wire/transport.ts'

/** How long the first agent of a host may take to prove that it lives. */
const PING_MS = 500

export interface AgentView {
  readonly host: HostId
  readonly pid: number
  readonly alive: boolean
  readonly metricsPort: number | null
}

interface Agent {
  readonly peer: string
  readonly since: number
  last: AgentHello
  heardAt: number
}

export class Agents {
  readonly #server: Server
  readonly #clock: Clock
  readonly #log: Log
  readonly #byHost = new Map<HostId, Agent>()

  /** @param onHello an agent has (re)connected; what it said can be read here */
  constructor(server: Server, clock: Clock, log: Log, onHello: (host: HostId) => void) {
    this.#server = server
    this.#clock = clock
    this.#log = log
    server.handle('agent.hello', async (body, { peer }) => {
      const hello = body as AgentHello
      await this.#admit(hello, peer)
      const now = clock.now()
      this.#byHost.set(hello.host, { peer, since: now, last: hello, heardAt: now })
      log.info('agent_hello', { host: hello.host, pid: hello.pid })
      onHello(hello.host)
      return null
    })
    server.handle('agent.beat', (body, { peer }) => {
      const beat = body as AgentBeat
      const agent = this.#byHost.get(beat.host)
      if (agent === undefined || agent.peer !== peer) return
      agent.last = beat
      agent.heardAt = clock.now()
    })
  }

  /** The host for a new service: today the only one. Throws UNREACHABLE where no agent is there. */
  anyHost(): HostId {
    for (const [host, agent] of this.#byHost) if (this.#alive(agent)) return host
    throw new ClickUpError(
      'UNREACHABLE',
      'no agent is connected to the coordinator',
      'start one: click-up agent',
    )
  }

  connected(host: HostId): boolean {
    const agent = this.#byHost.get(host)
    return agent !== undefined && this.#alive(agent)
  }

  list(): AgentView[] {
    return [...this.#byHost].map(([host, agent]) => ({
      host,
      pid: agent.last.pid,
      alive: this.#alive(agent),
      metricsPort: agent.last.metricsPort ?? null,
    }))
  }

  /** As of its last hello or beat, brought up to date by answers and exits (`update`). */
  service(host: HostId, name: string): ServiceInfo | null {
    return this.#byHost.get(host)?.last.services.find((s) => s.service === name) ?? null
  }
  services(host: HostId): readonly ServiceInfo[] {
    return this.#byHost.get(host)?.last.services ?? []
  }
  replicas(host: HostId, service: string): ReplicaInfo[] {
    return this.#byHost.get(host)?.last.replicas.filter((r) => r.service === service) ?? []
  }

  /** Asks the agent for a hello's worth of news, after something was done. */
  async refresh(host: HostId): Promise<void> {
    const agent = this.#of(host)
    agent.last = (await this.request(host, 'agent.inventory', null)) as AgentHello
    agent.heardAt = this.#clock.now()
  }

  async request(host: HostId, kind: string, body: unknown, options?: RequestOptions) {
    const agent = this.#of(host)
    try {
      return await this.#server.request(agent.peer, kind, body, options)
    } catch (cause) {
      if (this.#server.peers().includes(agent.peer)) throw cause
      // Its connection is gone: no need to wait until it has not been heard of for long.
      agent.heardAt = Number.NEGATIVE_INFINITY
      throw notConnected(host)
    }
  }
  notify(host: HostId, kind: string, body: unknown): Promise<void> {
    return this.#server.notify(this.#of(host).peer, kind, body)
  }

  #of(host: HostId): Agent {
    const agent = this.#byHost.get(host)
    if (agent === undefined) throw notConnected(host)
    return agent
  }

  #alive(agent: Agent): boolean {
    return this.#clock.now() - agent.heardAt < AGENT_LOST_MS
  }

  async #admit(hello: AgentHello, peer: string): Promise<void> {
    const other = this.#byHost.get(hello.host)
    if (other === undefined || other.peer === peer) return
    try {
      await this.#server.request(other.peer, 'agent.ping', null, { timeoutMs: PING_MS })
    } catch {
      return
    }
    this.#log.warn('agent_refused', { host: hello.host, pid: hello.pid, other: other.last.pid })
    throw new ClickUpError(
      'RUNNING',
      `an agent of host '${hello.host}' is connected already (process ${other.last.pid})`,
      'stop it first, or give this one another name with --host',
    )
  }
}

function notConnected(host: HostId): ClickUpError {
  return new ClickUpError(
    'UNREACHABLE',
    `the agent of host '${host}' is not connected`,
    'start it: click-up agent',
  )
}
