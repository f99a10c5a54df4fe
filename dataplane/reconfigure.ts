// An element configured anew while it runs: the write handler `config` of classes that declare
// `reconfigures`. The new configuration is checked against the graph as at the start; only where
// nothing is wrong does the running element change. State and counters stay.

import { compile } from './compile.ts'
import type { PacketFifo } from './declare.ts'
import type { PushFn } from './element.ts'
import type { GraphElement } from './graph.ts'
import type { Instance, Router } from './router.ts'

/**
 * The graph with another configuration of one element. Throws Error with what is wrong. `keep`: the
 * running element has it now.
 */
export type Reconfigured = (
  index: number,
  config: string,
) => { readonly element: GraphElement; keep(): void }

/** What is replaced in a running `self`; all else of it is frozen. */
interface Replaceable {
  config: unknown
  plan: unknown
  resource: unknown
}

/** Throws Error, and then the element goes on as it was. */
export function reconfigure(router: Router, instance: Instance, made: GraphElement): void {
  const { spec } = instance
  const self = instance.self as Replaceable & typeof instance.self
  const { config, plan, resource } = self
  const errors: string[] = []
  const context = {
    error: (text: string) => errors.push(text),
    warning: (text: string) => router.print(`${instance.where}: warning: ${text}`),
  }
  self.config = Object.freeze(made.config)
  self.plan = made.plan
  try {
    if (spec.open !== undefined) self.resource = spec.open(self as never, context)
    spec.initialize?.(self, context)
  } catch (error) {
    errors.push((error as Error).message)
  }
  if (errors.length > 0) {
    Object.assign(self, { config, plan, resource })
    throw new Error(errors.join('\n'))
  }
  instance.config = made.configText
  instance.made = made
  bound(instance, made)
  if (spec.specialize !== undefined) recompile(router, instance)
}

/** What holds packets has its bound from the configuration; what is beyond it goes, as in Click. */
function bound({ spec, self }: Instance, made: GraphElement): void {
  for (const [name, decl] of Object.entries(spec.state ?? {})) {
    const { kind, capacity } = decl as { kind: string; capacity?: number | string }
    if (kind !== 'packets' || typeof capacity !== 'string') continue
    const plan = made.plan as Record<string, unknown> | undefined
    const value = made.config[capacity] ?? plan?.[capacity]
    if (typeof value !== 'number') continue
    const fifo = self.state[name] as PacketFifo
    fifo.capacity = value
    let kept = 0
    fifo.extract((p) => {
      if (kept++ < value) return false
      self.kill(p)
      return true
    })
  }
}

/** A compiled classifier has changed: new functions for every path that it is in. */
function recompile(router: Router, changed: Instance): void {
  const { running } = router
  changed.step = null
  // The text of its paths is what it was; what it stands for is not.
  changed.seat.id = router.takeId()
  running.compiled = compile(running.instances, router.pool, running.compiled)
  running.taskFunctions = running.compiled.task
  running.instances.forEach(({ self }, i) => {
    Object.assign(self.out, running.compiled.out[i])
    Object.assign(self.in, running.compiled.in[i])
  })
  for (const receiver of running.receivers)
    if (!receiver.checked) receiver.push = receiver.out[0] as PushFn
}
