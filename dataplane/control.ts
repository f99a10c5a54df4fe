// What a replica's main thread and its packet loop (a worker thread) say to each other. Bytes of
// chunks are transferred, not copied; everything else is small plain data.

import type { FlatGraph } from '../lib/click/index.ts'
import type { Finding } from '../lib/errors.ts'
import type { SourceCommand, SourceEvent, TargetCommand, TargetEvent } from '../lib/move/types.ts'
import type { InPlaceReport } from '../lib/wire/messages-in-place.ts'
import type { GateCounters } from './gate.ts'
import type { DriverName, DriverSpec, PortCounters } from './io/device.ts'
import type { StateSchema } from './schema.ts'
import type { StateSize } from './state.ts'

/** When a start came how far: machineMs (lib/clock.ts), so that other processes' times compare. */
export interface WorkerMarks {
  /** The elements have been loaded. */
  readonly artifact: number
  /** Its configuration has been read and found right. */
  readonly resolved: number
  /** The ports are open. */
  readonly driver: number
  /** The router is there: it can forward. */
  readonly router: number
}

/** What the worker is to run. */
export interface WorkerSetup {
  readonly replica: string
  /** Path of the version's artifact. */
  readonly artifact: string
  readonly driverSpec: DriverSpec
  readonly bucketsLog2: number
  /** Steering keys by port, in the order of driverSpec.ports. */
  readonly steerKeys: readonly string[]
  /** True: owns every bucket from the start. */
  readonly owner: boolean
  readonly seed: number
}

/** A version that is to take the place of the running one in the same process. */
export interface InPlaceUpgrade {
  readonly artifact: string
  /** Its configuration, read already: without errors. */
  readonly flat: FlatGraph
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
}

export interface InPlaceDone {
  readonly report: InPlaceReport
  readonly schemas: readonly StateSchema[]
}

/** A failure as plain data. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly findings: readonly Finding[]
}

/** What moved in the worker; the bytes of a chunk that it applies come along. */
export type ToWorker =
  /** Nothing is to be done yet: what an xdp driver will need can be made meanwhile. */
  | { readonly type: 'prepare' }
  /** Comes before all that follow. */
  | { readonly type: 'build'; readonly setup: WorkerSetup }
  | { readonly type: 'activate' }
  /** Packets are about to wait for it: it goes before the machine's other work from here on. */
  | { readonly type: 'first' }
  | { readonly type: 'stop' }
  /** `spares`: memory of chunks that the target has, to be used again; transferred. */
  | {
      readonly type: 'source'
      readonly move: number
      readonly command: SourceCommand
      readonly spares?: readonly ArrayBuffer[]
    }
  /** How the source has to convert rows; comes before `subscribe`. */
  | { readonly type: 'plan'; readonly move: number; readonly plan: unknown }
  | {
      readonly type: 'target'
      readonly move: number
      readonly command: TargetCommand
      readonly bytes: ArrayBuffer | null
      /** Bytes of the memory that are the chunk; not given: all. */
      readonly length?: number
    }
  | {
      readonly type: 'handler'
      readonly id: number
      readonly path: string
      readonly value: string | null
    }
  | { readonly type: 'status'; readonly id: number }
  /** An upgrade in place; answered with InPlaceDone when it is done. */
  | { readonly type: 'upgrade'; readonly id: number; readonly upgrade: InPlaceUpgrade }

export type FromWorker =
  | {
      readonly type: 'ready'
      readonly schemas: readonly StateSchema[]
      readonly driver: DriverName
      /** The main thread writes to it after each message: it ends the driver's wait. */
      readonly wakeFd: number
      readonly marks: WorkerMarks
    }
  /** Its code is there, and it waits for `build`. At: machineMs (lib/clock.ts). */
  | { readonly type: 'loaded'; readonly at: number }
  | { readonly type: 'failed'; readonly failure: Failure }
  /**
   * Of a chunk `front` bytes of its memory are free, and there may be more behind it. `at`: when it
   * was said, by machineMs (lib/clock.ts); so also below.
   */
  | {
      readonly type: 'source'
      readonly event: SourceEvent
      readonly bytes: ArrayBuffer | null
      readonly front?: number
      readonly at?: number
    }
  /** Rows could not be sent on: the snapshot has ended, and every row is the source's as before. */
  | { readonly type: 'source_failed'; readonly move: number; readonly failure: Failure }
  /** `plan`: with `ready`, what the source is to know. */
  | {
      readonly type: 'target'
      readonly event: TargetEvent
      readonly plan: unknown
      readonly at?: number
      /** Memory of a chunk that is done with, to be used again; transferred. */
      readonly spare?: ArrayBuffer
    }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly failure: Failure }
  | { readonly type: 'print'; readonly line: string }
  /** A port's interface is gone; the replica goes on with the others. */
  | { readonly type: 'port_fault'; readonly port: string; readonly failure: Failure }

export interface ElementFigures {
  readonly name: string
  readonly className: string
  readonly counters: Readonly<Record<string, number>>
}

/** Everything that can be seen of a packet loop at one moment. */
export interface WorkerStatus {
  readonly active: boolean
  readonly driver: DriverName
  readonly ports: readonly (PortCounters & { readonly name: string; readonly where: string })[]
  readonly elements: readonly ElementFigures[]
  readonly state: readonly StateSize[]
  readonly gate: GateCounters
  readonly buckets: { readonly owned: number; readonly incoming: number; readonly away: number }
  /** Upgrades in place so far, and the last one's pause. */
  readonly inPlace: { readonly count: number; readonly pauseUs: number }
  readonly pool: { readonly frames: number; readonly available: number; readonly exhausted: number }
}
