// The coordinator: keeps the services, takes requests from people, hears agents. Each service does
// its work by itself (service.ts, upgrade.ts); what is here is who is told what.
//
// Started again after a crash it does nothing until an agent says hello: packets flow on meanwhile.
// Then each service goes on with the change that it was in, and plans.

import type { Clock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { VERSIONS_KEPT } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import type {
  AgentExit,
  ArtifactGet,
  Deployed,
  HostId,
  ReplicaEvent,
  ServiceDeploy,
  ServiceHandler,
  ServiceHeld,
  ServiceHeldRequest,
  ServiceLogs,
  ServiceRollback,
  ServiceUpgrade,
  Status,
  Upgraded,
  UpgradeProgress,
} from '../lib/wire/messages.ts'
import type { Server } from '../lib/wire/transport.ts'
import { Agents } from './agents.ts'
import type { CoordinatorMetrics } from './metrics.ts'
import type { Requests } from './requests.ts'
import { serveRequests } from './requests.ts'
import type { ServiceParts } from './service.ts'
import { Service } from './service.ts'
import type { ServiceRecord, Store } from './store.ts'
import { checkSettings, mappedBack, notRunning, upgrade } from './upgrade.ts'

type Tell = (progress: UpgradeProgress) => void

export class Coordinator implements Requests {
  /** For `status`: where its metrics are, once they are served. */
  metricsPort: number | null = null
  readonly #store: Store
  readonly #agents: Agents
  readonly #parts: ServiceParts
  readonly #services = new Map<string, Service>()

  constructor(store: Store, server: Server, clock: Clock, log: Log, metrics: CoordinatorMetrics) {
    this.#store = store
    this.#agents = new Agents(server, clock, log, (host) => this.#onHello(host))
    const onGone = (service: string) => this.#services.delete(service)
    this.#parts = { store, agents: this.#agents, clock, log, metrics, onGone }
    for (const record of store.services())
      this.#services.set(record.settings.service, new Service(record, this.#parts))
    server.handle('agent.event', (body) => {
      const event = body as ReplicaEvent
      this.#services.get(serviceOf(event.replica))?.onEvent(event)
    })
    server.handle('agent.exit', (body) => {
      const exit = body as AgentExit
      this.#services.get(exit.service)?.onExit(exit)
    })
    server.handle('artifact.get', (body) => this.#artifact((body as ArtifactGet).version))
    serveRequests(server, this)
  }

  async deploy({ settings, version, artifact }: ServiceDeploy): Promise<Deployed> {
    const { service: name } = settings
    if (this.#services.has(name))
      throw new ClickUpError(
        'CONFLICT',
        `service '${name}' exists already`,
        `use \`click-up upgrade ${name} --to FILE\`, or undeploy it first`,
      )
    const record: ServiceRecord = {
      settings,
      host: this.#agents.anyHost(),
      wanted: version,
      previous: null,
      versions: [version],
      owner: null,
      epoch: 0,
      nextReplica: 1,
      change: null,
    }
    const service = new Service(record, this.#parts)
    this.#services.set(name, service)
    return await service.change('being deployed', async () => {
      try {
        await service.save(record, [{ put: 'version', version, bytes: artifact }])
        await service.reconcile()
      } catch (cause) {
        // What cannot be taken down now is tried again; why it was not deployed is the news.
        await this.#remove(service).catch(() => {})
        throw cause
      }
      return deployed(service)
    })
  }

  async undeploy(name: string): Promise<{ service: string }> {
    const service = this.#service(name)
    return await service.change('being undeployed', async () => {
      await this.#remove(service)
      return { service: name }
    })
  }

  async upgrade(request: ServiceUpgrade, tell: Tell): Promise<Upgraded> {
    const service = this.#service(request.service)
    if (request.settings !== null) checkSettings(service.record.settings, request.settings)
    const { map, discard, artifact, inPlace = false } = request
    const version = artifact === null ? this.#stored(service, request.version) : request.version
    return await service.change(`being upgraded to ${version}`, () =>
      upgrade(service, { version, artifact, map, discard, inPlace }, tell),
    )
  }

  async rollback(
    { service: name, map, discard, inPlace }: ServiceRollback,
    tell: Tell,
  ): Promise<Upgraded> {
    const service = this.#service(name)
    const { previous, mapped } = service.record
    if (previous === null)
      throw new ClickUpError(
        'NOT_FOUND',
        `service '${name}' has no version before the one that runs`,
        'only an upgrade can be rolled back',
      )
    const request = {
      version: previous,
      artifact: null,
      map: { ...mappedBack(mapped), ...map },
      discard: discard ?? [],
      inPlace: inPlace === true,
    }
    return await service.change(`being rolled back to ${previous}`, () =>
      upgrade(service, request, tell),
    )
  }

  async held({ service: name, version }: ServiceHeldRequest): Promise<ServiceHeld> {
    const service = this.#service(name)
    const { owner, host } = service.record
    if (owner === null) throw notRunning(name)
    const replicas = this.#agents.replicas(host, name)
    return {
      service: name,
      version: owner.version,
      replica: owner.replica,
      schemas: replicas.find((r) => r.replica === owner.replica)?.schemas ?? [],
      held: await service.held(owner.replica),
      asked: version === null ? null : this.#stored(service, version),
      previous: service.record.previous,
      mapped_back: mappedBack(service.record.mapped),
    }
  }

  async handler({ service: name, replica, path, value }: ServiceHandler): Promise<string> {
    const service = this.#service(name)
    const body = { replica: replica ?? ownerOf(service), path, value }
    return (await this.#agents.request(service.record.host, 'agent.handler', body)) as string
  }

  async logs({ service: name, replica, lines }: ServiceLogs) {
    const service = this.#service(name)
    const of = replica ?? this.#lastReplica(service)
    const body = { replica: of, lines }
    const found = await this.#agents.request(service.record.host, 'agent.logs', body)
    return { replica: of, lines: found as string[] }
  }

  status(): Status {
    return {
      coordinator: { pid: process.pid, metricsPort: this.metricsPort },
      agents: this.#agents.list(),
      services: [...this.#services.values()].map((service) => service.status()),
    }
  }

  async close(): Promise<void> {
    for (const service of this.#services.values()) service.close()
    // A turn of the event loop, for the answers to those whose move ends with this.
    await this.#parts.clock.sleep(0)
  }

  #onHello(host: HostId): void {
    for (const { service } of this.#agents.services(host)) {
      // Another store's: not ours to end, for it may be what people want. They are told.
      if (!this.#services.has(service)) this.#parts.log.warn('unknown_service', { host, service })
    }
    for (const service of this.#services.values()) {
      if (service.record.host !== host) continue
      service.onInventory()
      service.wake()
    }
  }

  /** Takes a service down; what cannot be done now is done once the agent is back. */
  async #remove(service: Service): Promise<void> {
    await service.save({ ...service.record, wanted: null, change: null })
    try {
      await service.reconcile()
    } catch (cause) {
      service.wake()
      throw cause
    }
  }

  #artifact(version: string): Uint8Array {
    const bytes = this.#store.version(version)
    if (bytes === null)
      throw new ClickUpError(
        'NOT_FOUND',
        `no version '${version}' is stored`,
        `the last ${VERSIONS_KEPT} of a service are kept: name its service file`,
      )
    return bytes
  }

  /** A stored version of the service by the beginning of its name. */
  #stored(service: Service, prefix: string): string {
    const found = service.record.versions.filter((v) => v.startsWith(prefix))
    if (found.length === 1) return found[0]!
    const have = service.record.versions.join(', ')
    throw new ClickUpError(
      'NOT_FOUND',
      `service '${service.name}' has ${found.length === 0 ? 'no' : 'more than one'} version '${prefix}'`,
      `it has: ${have}; or name a service file`,
    )
  }

  #service(name: string): Service {
    const service = this.#services.get(name)
    if (service !== undefined) return service
    const have = [...this.#services.keys()].join(', ')
    throw new ClickUpError(
      'NOT_FOUND',
      `no service '${name}'`,
      have === '' ? 'none is deployed: click-up deploy FILE' : `there is: ${have}`,
    )
  }

  /** The owner; before there is one, the replica that was tried last. */
  #lastReplica(service: Service): string {
    const { owner, nextReplica } = service.record
    return owner?.replica ?? `${service.name}.${nextReplica - 1}`
  }
}

function ownerOf(service: Service): string {
  const { owner } = service.record
  if (owner !== null) return owner.replica
  throw new ClickUpError(
    'NOT_FOUND',
    `service '${service.name}' has no running replica`,
    'look at `click-up status` and `click-up logs`',
  )
}

function serviceOf(replica: string): string {
  return replica.slice(0, replica.lastIndexOf('.'))
}

function deployed(service: Service): Deployed {
  const { record, attached } = service
  const { owner, host } = record
  const replicas = service.parts.agents.replicas(host, service.name)
  return {
    service: service.name,
    version: owner?.version ?? '',
    replica: owner?.replica ?? '',
    host,
    driver: attached?.driver ?? '',
    reason: attached?.reason ?? '',
    replica_ready_ms: replicas.find((r) => r.replica === owner?.replica)?.readyMs ?? 0,
  }
}
