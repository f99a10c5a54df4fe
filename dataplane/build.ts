// Makes a router of a resolved graph. Another configuration later: hand-over.ts.

import type { SteerKey } from '../lib/steer.ts'
import { ALL_ANEW, assemble, receiversOf } from './assembly.ts'
import type { RouterClock } from './clock.ts'
import type { Graph } from './graph.ts'
import type { AnyHandler } from './handlers.ts'
import type { GlobalText } from './handlers-default.ts'
import type { Port } from './io/device.ts'
import type { Pool } from './packet.ts'
import { makeRandomness } from './randomness.ts'
import type { Reconfigured } from './reconfigure.ts'
import { type Gate, Router } from './router.ts'
import type { StateStore } from './state.ts'

/** What a configuration brings besides its graph. */
export interface ConfigurationOptions {
  /** For the handler `config` of elements. Not given: none can be configured anew. */
  readonly reconfigured?: Reconfigured
  /** Further global handlers, and texts of the standard ones. */
  readonly globals?: Readonly<Record<string, AnyHandler>>
  readonly text?: GlobalText
}

export interface RouterOptions extends ConfigurationOptions {
  readonly pool: Pool
  /** Ports by name, in the order of the service file. */
  readonly ports: ReadonlyMap<string, Port>
  readonly store: StateStore
  readonly clock: RouterClock
  /** Seed of the router's generator. */
  readonly seed: number
  /** Where Print and errors of handlers go, line by line. */
  readonly print: (line: string) => void
  readonly gate?: Gate | null
  /** Steering key of each port, by index; not given: `flow`. */
  readonly steerKeys?: readonly SteerKey[]
  /** Threads that the command line asks for; 1 where it says nothing. */
  readonly threads?: number
}

/** Throws ClickUpError CONFIG with all findings. The router that comes back is standby. */
export function buildRouter(graph: Graph, options: RouterOptions): Router {
  const { store, print } = options
  const router = new Router({
    pool: options.pool,
    ports: options.ports,
    clock: options.clock,
    random: makeRandomness(options.seed),
    print,
    bucketsLog2: store.bucketsLog2,
    steerKeys: options.steerKeys ?? [],
    sweep: (nowMs) => store.sweep(nowMs),
  })
  router.gate = options.gate ?? null
  router.threads = options.threads ?? 1
  const steps = assemble(graph, {
    router,
    store,
    live: store,
    print,
    reconfigured: options.reconfigured ?? null,
    globals: options.globals ?? {},
    text: options.text ?? {},
    place: ALL_ANEW,
    made: () => {},
  })
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  const run = step.value
  router.become(run)
  run.receivers = receiversOf(run.instances, router)
  return router
}
