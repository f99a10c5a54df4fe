// What the sources share: data, a limit, being active, and telling of the end once.

import type { HandlerDecl } from '../../dataplane/element.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { SETTINGS, toBool, toInteger } from './settings.ts'
import { dataBytes, makePacket } from './source-data.ts'

export interface SourceSettings {
  data: string
  length: number
  bytes: Uint8Array
  /** Negative: none. */
  limit: number
  active: boolean
  /** The end was told already; again after a reset or a new limit. */
  ended: boolean
}

export interface Source {
  readonly resource: SourceSettings
  readonly counters: { count: number }
  readonly router: { readonly pool: Pool; readonly nowUs: number }
  readonly outputKinds: readonly ('push' | 'pull')[]
  schedule(): void
  notify(): void
}

export const SOURCE_LOCAL = SETTINGS

// biome-ignore lint/suspicious/noExplicitAny: of sources with further settings, which it must not pin down
type Shared = HandlerDecl<any>

/** @param length negative: that of the data */
export function sourceSettings(
  data: string,
  length: number,
  limit: number,
  active: boolean,
): SourceSettings {
  return { data, length, bytes: dataBytes(data, length), limit, active, ended: false }
}

/** May no more packets be made? */
export function isDone({ resource, counters }: Source): boolean {
  return resource.limit >= 0 && counters.count >= resource.limit
}

/** A packet, counted; null: no frame is free. */
export function generate(self: Source, stamp: boolean): Packet | null {
  const { pool, nowUs } = self.router
  const p = makePacket(pool, self.resource.bytes, stamp ? nowUs : 0)
  if (p !== null) self.counters.count++
  return p
}

/** After a change: there may be packets to make again. */
export function goOn(self: Source): void {
  if (!isDone(self)) self.resource.ended = false
  if (!self.resource.active) return
  if (self.outputKinds[0] === 'push') self.schedule()
  self.notify()
}

function refill({ resource }: Source): void {
  resource.bytes = dataBytes(resource.data, resource.length)
}

export const limitHandlers: Readonly<Record<'limit' | 'active' | 'reset', Shared>> = {
  limit: {
    read: (self: Source) => String(self.resource.limit),
    write(self: Source, value: string) {
      self.resource.limit = toInteger(value, -Infinity, 'limit parameter must be integer')
      goOn(self)
    },
  },
  active: {
    read: (self: Source) => String(self.resource.active),
    write(self: Source, value: string) {
      self.resource.active = toBool(value)
      goOn(self)
    },
  },
  reset: {
    button: true,
    write(self: Source) {
      self.counters.count = 0
      goOn(self)
    },
  },
}

export const dataHandler: Shared = {
  raw: true,
  read: (self: Source) => self.resource.data,
  write(self: Source, value: string) {
    self.resource.data = value
    refill(self)
  },
}

export const lengthHandler: Shared = {
  read: (self: Source) => String(self.resource.length),
  write(self: Source, value: string) {
    self.resource.length = toInteger(value, -1, 'length must be integer')
    refill(self)
  },
}
