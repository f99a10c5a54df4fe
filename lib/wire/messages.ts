// Every message between processes: types only. An envelope travels as one msgpackr-encoded ZeroMQ
// frame (lib/wire/codec.ts); state chunks travel apart from these, as raw binary frames.
//
//   click-up (CLI) ──DEALER──▶ ROUTER coordinator ROUTER ◀──DEALER── node-agent
//                                               node-agent ROUTER ◀──DEALER── dataplane
//   dataplane (old) ──DEALER──▶ ROUTER dataplane (new): state stream, direct
//
// A request has an `id`; its answer carries the same id in `re`. Every request may be repeated: the
// receiver answers as it did, or says that it is done already. A time-out means *unknown*.
// Names carry host and replica identities, so that several hosts need no other messages.

import type { Flip } from '../move/events.ts'
import type { FromSource, FromTarget, ToSource, ToTarget } from '../move/types.ts'
import type { SteerKeyName } from '../steer.ts'
import type { InPlaceReport } from './messages-in-place.ts'
import type { ServiceEvent } from './messages-state.ts'

export type {
  AgentReplicaHeld,
  ServiceEvent,
  ServiceHeld,
  ServiceHeldRequest,
  ServiceRollback,
  StateHeld,
  Transfer,
} from './messages-state.ts'

/** Goes up when old and new cannot talk; both sides refuse with PROTOCOL and say both numbers. */
export const PROTOCOL_MAJOR = 1

export interface Envelope {
  /** Protocol version of the sender. */
  readonly v: number
  readonly kind: string
  /** Set on requests: unique to the sender. */
  readonly id: string | null
  /** Set on answers and progress events: the id of the request. */
  readonly re: string | null
  readonly body: unknown
}

/** The answer to any request. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly hint: string
      readonly findings: readonly { where: string; message: string }[]
    }

/** `<service>.<number>`; numbers are never reused within a service. */
export type ReplicaId = string
/** Name of a host, as its agent was told (default: the machine's host name). */
export type HostId = string

/** State declarations of a replica's elements: the dataplane's business, carried as they are. */
export type Schemas = readonly unknown[]

// ---- dataplane ⇄ agent -------------------------------------------------------------------------

export interface ReplicaPort {
  readonly name: string
  readonly key: SteerKeyName
}

/** Content of the file that a dataplane process is started with. `D`: dataplane/io's DriverSpec. */
export interface ReplicaSpec<D = unknown> {
  readonly replica: ReplicaId
  readonly service: string
  readonly host: HostId
  /** Endpoint of the agent's ROUTER; the dataplane's identity there is its replica id. */
  readonly agent: string
  /** Path for lib/artifact.ts loadArtifact. */
  readonly artifact: string
  readonly driverSpec: D
  /** In the order of the service file: a port's index is that of its fences. */
  readonly ports: readonly ReplicaPort[]
  readonly bucketsLog2: number
  /** Owned at the start. `all`: active at once; `none`: a standby until a move releases it. */
  readonly buckets: 'all' | 'none'
  /** Endpoint for its state stream, to be bound when it is a move's target. */
  readonly stream: string
  readonly metricsPort: number | null
  /** When the agent decided to start it, or handed this over to a spare: machineMs of lib/clock.ts. */
  readonly begunMs?: number
}

/** Environment of a dataplane's process: the descriptor on which it says that it is warm. */
export const WARM_FD = 'CLICK_UP_WARM_FD'

/** The same: bytes of memory and number of programs to make ready for xdp (deploy/replica.cts). */
export const PREPARE = 'CLICK_UP_PREPARE'

/** A phase of a start that others waited for. */
export interface StartPhase {
  /** spawn, runtime, interfaces, artifact, graph, driver, ready. */
  readonly step: string
  readonly ms: number
}

/** How a replica came to be. */
export interface ReplicaStart {
  /** From a process that was waiting for it. */
  readonly spare: boolean
  /** Setting its network interfaces up, which the agent does beside the start of a process. */
  readonly interfaces_ms: number
  /** They add up to ReplicaInfo.readyMs. */
  readonly phases: readonly StartPhase[]
}

/** `replica.hello`, request: the first message, and again after each reconnection. */
export interface ReplicaHello {
  readonly replica: ReplicaId
  readonly pid: number
  readonly host: HostId
  readonly protocol: number
}

/** `replica.ready`, notice: it can forward. */
export interface ReplicaReady {
  readonly replica: ReplicaId
  readonly schemas: Schemas
  /** From ReplicaSpec.begunMs, or the start of the process. */
  readonly readyMs: number
  /** Where its metrics are (ReplicaSpec.metricsPort 0: any free one); null: nowhere. */
  readonly metricsPort: number | null
  readonly start?: readonly StartPhase[]
}

/** `replica.failed`, request: it cannot start (or go on), and exits once this is answered. */
export interface ReplicaFailed {
  readonly replica: ReplicaId
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly findings: readonly { readonly where: string; readonly message: string }[]
}

/** `replica.event`, notice: a role's word to the conductor. */
export type ReplicaEvent =
  | { readonly replica: ReplicaId; readonly role: 'source'; readonly msg: FromSource }
  | { readonly replica: ReplicaId; readonly role: 'target'; readonly msg: FromTarget }

/** `replica.beat`, notice, every BEAT_MS: the packet loop is alive, and what it counted. */
export interface ReplicaBeat {
  readonly replica: ReplicaId
  readonly turns: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly flows: number
}

/** `replica.move`, notice to the dataplane: the conductor's word to a role. */
export type ReplicaMove =
  | { readonly role: 'source'; readonly msg: ToSource }
  | { readonly role: 'target'; readonly msg: ToTarget }

/** `replica.handler`, request. `value` null: read (answer: text); else write (answer: ''). */
export interface ReplicaHandler {
  readonly path: string
  readonly value: string | null
}

// `replica.status` (request, body null; answer: plain data for people), `replica.activate` (request,
// body null: own all buckets, start tasks) and `replica.stop` (request, body null; answered before
// it exits) complete the dataplane's side.

// ---- agent ⇄ coordinator -----------------------------------------------------------------------

export type DriverChoice = 'auto' | 'xdp' | 'packet' | 'udp'

/** A port of a service: a host interface, or for the udp driver two loopback ports. */
export interface ServicePort {
  readonly name: string
  readonly key: SteerKeyName
  readonly interface: string | null
  readonly listen: number | null
  readonly peer: number | null
}

/** What stays the same for the life of a service. */
export interface ServiceSettings {
  readonly service: string
  readonly bucketsLog2: number
  readonly driver: DriverChoice
  readonly ports: readonly ServicePort[]
}

export type ReplicaState = 'starting' | 'ready' | 'failed' | 'stopping'

export interface ReplicaInfo {
  readonly replica: ReplicaId
  readonly service: string
  readonly version: string
  readonly state: ReplicaState
  readonly pid: number
  /** From the agent's decision, or the hand-over to a spare, to the word that it can forward. */
  readonly readyMs: number
  readonly start?: ReplicaStart
  readonly schemas: Schemas
  readonly metricsPort: number | null
  readonly beat: ReplicaBeat | null
}

export interface ServiceInfo {
  readonly service: string
  readonly driver: string
  /** Why that driver, for people. */
  readonly reason: string
  readonly epoch: number
  /** Replica that owns each range of buckets, and the primary; '' none. */
  readonly owners: readonly { readonly from: number; readonly to: number; readonly owner: string }[]
  readonly primary: string
  /** What keeps its ports from working, or null. */
  readonly fault: string | null
}

/** `agent.hello`, request, on every connection: what runs here. */
export interface AgentHello {
  readonly host: HostId
  readonly pid: number
  /** Where its metrics are, on 127.0.0.1 of the host; null: nowhere. */
  readonly metricsPort: number | null
  readonly services: readonly ServiceInfo[]
  readonly replicas: readonly ReplicaInfo[]
}

/** `agent.beat`, notice, every BEAT_MS: a hello without the request. */
export type AgentBeat = AgentHello

// `agent.inventory` (request, body null; answer: AgentHello) and `agent.ping` (request, body null)
// are the coordinator's questions.

/** `agent.event`, notice: a replica's word to the conductor, passed on. */
export type AgentEvent = ReplicaEvent

/** `agent.exit`, notice: a replica's process is gone, for certain. */
export interface AgentExit {
  readonly replica: ReplicaId
  readonly service: string
  readonly code: number | null
  readonly signal: string | null
  /** It was asked to stop. */
  readonly expected: boolean
  /** Its own last word (`replica.failed`), or null. */
  readonly failure: string | null
}

/** `agent.serviceAttach`, request. Answer: ServiceInfo. `epoch`: the one in force, from the store. */
export interface AgentServiceAttach {
  readonly settings: ServiceSettings
  readonly epoch: number
}

/** `agent.serviceDetach`, request: its replicas are stopped first. */
export interface AgentServiceDetach {
  readonly service: string
}

/** `agent.replicaStart`, request, answered when it is ready (ReplicaInfo) or has failed. */
export interface AgentReplicaStart {
  readonly replica: ReplicaId
  readonly service: string
  readonly version: string
  readonly buckets: 'all' | 'none'
}

/** `agent.replicaStop`, request, answered when its process is gone. */
export interface AgentReplicaStop {
  readonly replica: ReplicaId
}

/** `agent.replicaMove`, notice: passed on as `replica.move`. */
export type AgentReplicaMove = ReplicaMove & { readonly replica: ReplicaId }

/** `agent.flip`, request. Answer: FlipAnswer. */
export interface AgentFlip {
  readonly service: string
  readonly flip: Flip
}

export type FlipAnswer =
  | { readonly result: 'flipped'; readonly epoch: number; readonly swapUs: number }
  | {
      readonly result: 'failed'
      readonly epoch: number
      readonly installed: number
      readonly code: string
      readonly message: string
    }

/** `agent.handler`, request: passed on as `replica.handler`. */
export type AgentHandler = ReplicaHandler & { readonly replica: ReplicaId }

/** `agent.logs`, request. Answer: the last lines that the replica printed. */
export interface AgentLogs {
  readonly replica: ReplicaId
  readonly lines: number
}

/** `artifact.get`, request to the coordinator. Answer: the artifact's bytes. */
export interface ArtifactGet {
  readonly version: string
}

// ---- CLI → coordinator -------------------------------------------------------------------------

/** `service.deploy`, request: a service that is not there yet. Answer: Deployed. */
export interface ServiceDeploy {
  readonly settings: ServiceSettings
  readonly version: string
  readonly artifact: Uint8Array
}

export interface Deployed {
  readonly service: string
  readonly version: string
  readonly replica: ReplicaId
  readonly host: HostId
  readonly driver: string
  /** Why that driver. */
  readonly reason: string
  readonly replica_ready_ms: number
}

/** `service.undeploy`, request. Answer: { service }. */
export interface ServiceUndeploy {
  readonly service: string
}

/**
 * `service.upgrade`, request. With `artifact` null, `version` names one that is stored (a prefix is
 * enough). `settings` null: as they are. Answer: Upgraded; progress: UpgradeProgress.
 */
export interface ServiceUpgrade {
  readonly service: string
  readonly version: string
  readonly artifact: Uint8Array | null
  readonly settings: ServiceSettings | null
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
  /** In the running process, in place of a new replica's. */
  readonly inPlace?: boolean
}

export type UpgradeProgress =
  | { readonly event: 'starting'; readonly replica: ReplicaId; readonly version: string }
  | {
      readonly event: 'replica_ready'
      readonly replica: ReplicaId
      readonly ms: number
      readonly start?: ReplicaStart
    }
  | {
      readonly event: 'step'
      readonly step: string
      /** Since the move began. */
      readonly ms: number
      readonly rows: number
      readonly deltas: number
      readonly bytes: number
      readonly rounds: number
      readonly pending: number
      readonly hold_ms: number
      readonly held: number
      readonly swap_us: number
    }
  | { readonly event: 'in_place'; readonly replica: ReplicaId; readonly version: string }
  | { readonly event: 'stopping'; readonly replica: ReplicaId }

export interface Upgraded {
  readonly service: string
  /** `unchanged`: that version runs already. `takeover`: the old replica died on the way. */
  readonly outcome: 'done' | 'takeover' | 'unchanged'
  readonly from: string
  readonly version: string
  readonly replica: ReplicaId
  readonly move: number
  readonly rows_moved: number
  readonly deltas: number
  readonly bytes: number
  readonly packets_moved: number
  readonly packets_held: number
  /** Held packets beyond the bound: dropped. 0 in every upgrade that goes well. */
  readonly held_overflow: number
  readonly hold_ms: number
  readonly swap_us: number
  readonly replica_ready_ms: number
  readonly start?: ReplicaStart
  readonly total_ms: number
  readonly phases: readonly { readonly step: string; readonly ms: number }[]
  /** Set where it was done in place. */
  readonly in_place?: InPlaceReport
}

/** `service.handler`, request. Answer: text. `replica` null: the owner. */
export interface ServiceHandler {
  readonly service: string
  readonly replica: ReplicaId | null
  readonly path: string
  readonly value: string | null
}

/** `service.logs`, request. Answer: ServiceLog. `replica` null: the owner. */
export interface ServiceLogs {
  readonly service: string
  readonly replica: ReplicaId | null
  readonly lines: number
}

export interface ServiceLog {
  readonly replica: ReplicaId
  readonly lines: readonly string[]
}

export interface ServiceStatus {
  readonly service: string
  readonly state: 'running' | 'changing' | 'degraded' | 'away' | 'going'
  readonly host: HostId
  readonly version: string | null
  readonly previous: string | null
  readonly versions: readonly string[]
  readonly owner: ReplicaId | null
  readonly epoch: number
  readonly driver: string | null
  readonly reason: string | null
  readonly fault: string | null
  readonly buckets: number
  readonly ports: readonly ServicePort[]
  /** Without their schemas. */
  readonly replicas: readonly ReplicaInfo[]
  readonly change: { readonly version: string; readonly step: string } | null
  readonly events: readonly ServiceEvent[]
}

/** `status`, request, body null. Answer. */
export interface Status {
  readonly coordinator: { readonly pid: number; readonly metricsPort: number | null }
  readonly agents: readonly {
    readonly host: HostId
    readonly pid: number
    readonly alive: boolean
    readonly metricsPort: number | null
  }[]
  readonly services: readonly ServiceStatus[]
}
