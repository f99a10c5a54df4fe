// The handlers that every element has, and the global ones, as in Click.

import { parseInteger } from '../lib/click/args.ts'
import type { AnyHandler, HandlerLine } from './handlers.ts'
import { type Reconfigured, reconfigure } from './reconfigure.ts'
import type { Instance, Router } from './router.ts'

/** Texts of global handlers that only the router's owner knows. */
export interface GlobalText {
  /** The configuration as it was given. */
  readonly config?: string
  /** The configuration without compounds. */
  readonly flatconfig?: () => string
  readonly requirements?: readonly string[]
  readonly classes?: readonly string[]
}

/** Version of Click whose language and handlers these are. */
const CLICK_VERSION = '2.1'

export function globalHandlers(router: Router, text: GlobalText): Record<string, AnyHandler> {
  const lines = (list: readonly string[]) => list.map((one) => `${one}\n`).join('')
  return {
    version: { read: () => CLICK_VERSION },
    driver: { read: () => 'userlevel' },
    config: { read: () => text.config ?? '', raw: true },
    flatconfig: { read: () => text.flatconfig?.() ?? '', raw: true },
    requirements: { read: () => lines(text.requirements ?? []) },
    handlers: { read: () => handlerLines(router.handlers.list(null)) },
    list: {
      read: () => `${router.instances.length}\n${lines(router.instances.map((i) => i.name))}`,
    },
    classes: { read: () => lines(text.classes ?? []) },
    packages: { read: () => '' },
    stop: { write: () => router.stop() },
  }
}

export function elementHandlers(
  instance: Instance,
  router: Router,
  reconfigured: Reconfigured | null,
): Record<string, AnyHandler> {
  const { spec, name, index } = instance
  const handlers: Record<string, AnyHandler> = {
    name: { read: () => name },
    class: { read: () => spec.name },
    config: configHandler(instance, router, reconfigured),
    ports: { read: () => portLines(instance, router.instances) },
    handlers: { read: () => handlerLines(router.handlers.list(instance)) },
  }
  if (spec.task === undefined) return handlers
  return {
    ...handlers,
    scheduled: { read: () => String(router.tasks.isScheduled(index)) },
    tickets: {
      read: () => String(router.tasks.ticketsOf(index)),
      write: (_self, value) => {
        const tickets = parseInteger(value.trim())
        if (tickets === null || tickets < 1) throw new Error("'tickets' takes unsigned >= 1")
        router.tasks.setTickets(index, tickets)
      },
    },
    home_thread: {
      read: () => String(router.running.homeThreads[index] ?? 0),
      write: (_self, value) => {
        const thread = parseInteger(value.trim())
        if (thread === null || thread < -1 || thread >= router.threads)
          throw new Error("'home_thread' takes the number of a thread")
        router.running.homeThreads[index] = thread
      },
    },
  }
}

function configHandler(
  instance: Instance,
  router: Router,
  reconfigured: Reconfigured | null,
): AnyHandler {
  const read = () => instance.config
  if (reconfigured === null || instance.spec.reconfigures !== true) return { read, raw: true }
  const write = (_self: unknown, text: string) => {
    const made = reconfigured(instance.index, text)
    reconfigure(router, instance, made.element)
    made.keep()
  }
  return { read, write, raw: true }
}

/** An element's own first. Flags as in Click: r, w, b a button, and a point: one that all have. */
function handlerLines(list: readonly HandlerLine[]): string {
  const flags = (h: HandlerLine) =>
    `${h.read ? 'r' : ''}${h.write ? 'w' : ''}${h.button ? 'b' : ''}${h.standard ? '.' : ''}`
  const own = list.filter((h) => !h.standard)
  const all = [...own, ...list.filter((h) => h.standard).reverse()]
  return all.map((h) => `${h.name}\t${flags(h)}\n`).join('')
}

function portLines(instance: Instance, all: readonly Instance[]): string {
  const processing = instance.spec.processing ?? 'a/a'
  const agnostic = processing.split('/').map((side) => side.includes('a'))
  const kind = (pull: boolean, mark: boolean | undefined) =>
    `${pull ? 'pull' : 'push'}${mark === true ? '~' : ''}`
  const { inputs, outputs, index } = instance
  const rows = [`${inputs.length} input${inputs.length === 1 ? '' : 's'}`]
  inputs.forEach((from, k) => {
    const peers = all.flatMap((other) =>
      other.outputs.flatMap((to, port) =>
        isPort(to, index, k) || isPort(from, other.index, port) ? [`${other.name} [${port}]`] : [],
      ),
    )
    rows.push(`${kind(from !== 'push', agnostic[0])}\t-\t${peers.join(', ')}`)
  })
  rows.push(`${outputs.length} output${outputs.length === 1 ? '' : 's'}`)
  outputs.forEach((to, k) => {
    const peers = all.flatMap((other) =>
      other.inputs.flatMap((from, port) =>
        isPort(from, index, k) || isPort(to, other.index, port) ? [`[${port}] ${other.name}`] : [],
      ),
    )
    rows.push(`${kind(to === 'pull', agnostic[1] ?? agnostic[0])}\t-\t${peers.join(', ')}`)
  })
  return `${rows.join('\n')}\n`
}

function isPort(
  end: Instance['inputs'][number] | Instance['outputs'][number],
  e: number,
  p: number,
) {
  return end !== null && typeof end === 'object' && end.element === e && end.port === p
}
