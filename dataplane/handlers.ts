// Handlers by path: `element.handler`, `number.handler` (elements are numbered from 1), or the name
// of a global one. What an element declares comes first, then its counters, then those that every
// element has. A path from inside a compound is looked up from the innermost compound outwards.

import { ClickUpError } from '../lib/errors.ts'
import type { HandlerDecl, HandlerInfo } from './element.ts'
import type { Instance } from './router.ts'

// biome-ignore lint/suspicious/noExplicitAny: every element's own self
export type AnyHandler = HandlerDecl<any>

interface Found {
  readonly handler: AnyHandler
  readonly instance: Instance | null
  /** As it is written in messages. */
  readonly full: string
  readonly name: string
}

/** One handler of a list. */
export interface HandlerLine {
  readonly name: string
  readonly read: boolean
  readonly write: boolean
  readonly button: boolean
  /** One that every element has. */
  readonly standard: boolean
}

export class Handlers {
  readonly #instances: readonly Instance[]
  readonly #byName: ReadonlyMap<string, Instance>
  readonly #defaults: (instance: Instance) => Readonly<Record<string, AnyHandler>>
  readonly #globals: Readonly<Record<string, AnyHandler>>
  readonly #late: (error: Error) => void
  /** Calls so far. */
  calls = 0

  constructor(
    instances: readonly Instance[],
    byName: ReadonlyMap<string, Instance>,
    defaults: (instance: Instance) => Readonly<Record<string, AnyHandler>>,
    globals: Readonly<Record<string, AnyHandler>>,
    late: (error: Error) => void,
  ) {
    this.#instances = instances
    this.#byName = byName
    this.#defaults = defaults
    this.#globals = globals
    this.#late = late
  }

  info(path: string, from = ''): HandlerInfo {
    const found = this.#find(path, from)
    if (typeof found === 'string')
      return { found, name: path, read: false, write: false, private: false }
    const { handler } = found
    const only = handler.has?.(found.instance?.self, found.name)
    return {
      found: 'handler',
      name: found.full,
      read: handler.read !== undefined && only !== 'write',
      write: handler.write !== undefined && only !== 'read',
      private: handler.private === true,
    }
  }

  read(path: string, arg = '', from = ''): string {
    this.calls++
    const { handler, instance, full, name } = this.#get(path, from)
    if (handler.read === undefined)
      throw new ClickUpError('NOT_FOUND', `'${full}' is a write handler`, 'give it a value')
    // One that is declared without the parameter does not look at it: a mistake of the caller.
    if (arg !== '' && handler.read.length < 2)
      throw new ClickUpError(
        'NOT_FOUND',
        `read handler '${full}' does not take parameters`,
        'leave out what follows its name',
      )
    return handler.read(instance?.self, arg, name)
  }

  write(path: string, value: string, from = ''): void {
    this.calls++
    const { handler, instance, full, name } = this.#get(path, from)
    if (handler.write === undefined)
      throw new ClickUpError('NOT_FOUND', `'${full}' is a read handler`, 'give it no value')
    const later: unknown = handler.write(instance?.self, value, name)
    if (later instanceof Promise) later.catch((error: Error) => this.#late(error))
  }

  /** Like `write`; resolves when a handler that takes time (hotconfig) has finished. */
  async writeLater(path: string, value: string): Promise<void> {
    this.calls++
    const { handler, instance, full, name } = this.#get(path, '')
    if (handler.write === undefined)
      throw new ClickUpError('NOT_FOUND', `'${full}' is a read handler`, 'give it no value')
    await handler.write(instance?.self, value, name)
  }

  /** Whether the value is printed as it is, without a line end of its own. */
  isRaw(path: string): boolean {
    return this.#get(path, '').handler.raw === true
  }

  /** Names of an element's handlers with what can be done to each; null: the global ones. */
  list(instance: Instance | null): HandlerLine[] {
    const all = new Map<string, AnyHandler>()
    const add = (decls: Readonly<Record<string, AnyHandler>>) => {
      for (const [name, decl] of Object.entries(decls))
        if (name !== '*') all.set(name, { ...all.get(name), ...decl })
    }
    if (instance === null) add(this.#globals)
    else {
      add(this.#defaults(instance))
      add(counterHandlers(instance))
      add(instance.spec.handlers ?? {})
    }
    const there = [...all].filter(([name, h]) => h.has?.(instance?.self, name) !== false)
    return there.map(([name, h]) => ({
      name,
      read: h.read !== undefined,
      write: h.write !== undefined,
      button: h.button === true,
      standard: instance === null ? false : Object.hasOwn(this.#defaults(instance), name),
    }))
  }

  #get(path: string, from: string): Found {
    const found = this.#find(path, from)
    if (typeof found !== 'string') return found
    const dot = path.indexOf('.')
    const element = path.slice(0, Math.max(dot, 0))
    if (found === 'no element')
      throw new ClickUpError(
        'NOT_FOUND',
        `no element named '${element}'`,
        "the handler 'list' has the names of all elements",
      )
    const all = dot < 0 ? 'handlers' : `${element}.handlers`
    throw new ClickUpError('NOT_FOUND', `no '${path}' handler`, `the handler '${all}' lists them`)
  }

  #find(path: string, from: string): Found | 'no element' | 'no handler' {
    const dot = path.indexOf('.')
    const name = path.slice(dot + 1)
    if (dot <= 0) return this.#findAlone(name, from)
    const instance = this.#element(path.slice(0, dot), from)
    if (instance === undefined) return 'no element'
    const handler = this.#ofElement(instance, name)
    if (handler === undefined) return 'no handler'
    return { handler, instance, full: `${instance.name}.${name}`, name }
  }

  /** A name without an element: the asking element's own, else a global one. */
  #findAlone(name: string, from: string): Found | 'no handler' {
    const own = from === '' ? undefined : this.#byName.get(from)
    const mine = own === undefined ? undefined : this.#ofElement(own, name)
    if (own !== undefined && mine !== undefined)
      return { handler: mine, instance: own, full: `${own.name}.${name}`, name }
    const handler = Object.hasOwn(this.#globals, name) ? this.#globals[name] : undefined
    return handler === undefined ? 'no handler' : { handler, instance: null, full: name, name }
  }

  #element(name: string, from: string): Instance | undefined {
    for (let scope = from; scope.includes('/'); ) {
      scope = scope.slice(0, scope.lastIndexOf('/'))
      const inside = this.#byName.get(`${scope}/${name}`)
      if (inside !== undefined) return inside
    }
    const found = this.#byName.get(name)
    if (found !== undefined || !/^[0-9]+$/.test(name)) return found
    return this.#instances[Number(name) - 1]
  }

  #ofElement(instance: Instance, name: string): AnyHandler | undefined {
    const own = instance.spec.handlers ?? {}
    const parts = [this.#defaults(instance), counterHandlers(instance), own].filter((decls) =>
      Object.hasOwn(decls, name),
    )
    if (parts.length > 0) {
      const decl: AnyHandler = Object.assign({}, ...parts.map((decls) => decls[name]))
      return decl.has?.(instance.self, name) === false ? undefined : decl
    }
    const any = (Object.hasOwn(own, '*') ? own['*'] : undefined) as AnyHandler | undefined
    return any?.has?.(instance.self, name) === false ? undefined : any
  }
}

function counterHandlers(instance: Instance): Record<string, AnyHandler> {
  const handlers: Record<string, AnyHandler> = {}
  for (const name of Object.keys(instance.spec.counters ?? {}))
    handlers[name] = { read: (self) => String(self.counters[name]) }
  return handlers
}
