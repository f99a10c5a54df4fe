// What an element file declares, and what its functions get to see.
//
// An element is data plus functions, in one file: documentation block, name and ports,
// configuration, counters, state, functions, handlers. The engine reads the declarations, makes
// one frozen `self` an instance, and compiles the graph into fused functions that call these.
//
// Give exactly one of the packet functions:
//   action  one packet in, the same packet (or null: drop) out of port 0; serves push and pull
//   route   one packet in, the number of the output port back; serves push, and pull on port 0
//   push / pull  full control: packets are emitted with self.out[port](p), fetched with self.in[port]()
//
// Who owns a packet: the function that got it. Returning it hands it on; null or DROP gives it to
// the engine, which frees it; KEPT says that the element holds it (in a `packets` state), has
// emitted it, or has freed it.

import type {
  AddressTable,
  Arg,
  ConfigDecl,
  ConfigValues,
  ErrorContext,
} from '../lib/click/arg-types.ts'
import type {
  CellDecl,
  PacketFifo,
  PacketsDecl,
  Row,
  StateDecl,
  Table,
  TableDecl,
} from './declare.ts'
import type { FdWatch } from './fd-watch.ts'
import type { Packet, Pool } from './packet.ts'

export type {
  AddressTable,
  Arg,
  ConfigDecl,
  ConfigValues,
  ErrorContext,
} from '../lib/click/arg-types.ts'

/** `route` returns this to drop the packet: the engine frees it. */
export const DROP = -1
/** `route` returns this when the packet is no longer the engine's. */
export const KEPT = -2

/** What `configure` can look at. Nothing of the outside world: it also runs for `click-up check`. */
export interface ConfigureContext extends ErrorContext {
  /** The raw arguments, split at commas as Click does, comments and quotes as written. */
  readonly args: readonly string[]
  readonly name: string
  readonly ninputs: number
  readonly noutputs: number
  /** Names that AddressInfo elements, and interfaces, define: 'x:eth' etc. are resolved by lib/click/args.ts. */
  readonly addresses: AddressTable
  /** Other element by name, seen from this element's compound; null: none. */
  find(name: string): { readonly name: string; readonly className: string } | null
  /** Is there a compound element of that name, seen from this element's compound? */
  isCompound?(name: string): boolean
  /** Says something that is neither error nor warning; shown with the warnings. */
  message?(text: string): void
  /** Arguments of each element of a class: for information elements that hold for the whole graph. */
  argsOf?(className: string): readonly (readonly string[])[]
  /** The same with each element's full name, where the asker calls it at run time. */
  elementsOf?(
    className: string,
  ): readonly { readonly name: string; readonly args: readonly string[] }[]
}

type StateValue<S> =
  S extends TableDecl<infer K, infer R>
    ? Table<K, R>
    : S extends CellDecl<infer R>
      ? Row<R>
      : S extends PacketsDecl
        ? PacketFifo
        : never

export type PushFn = (p: Packet) => void
export type PullFn = () => Packet | null

/** What an element can ask of the router that it is in. */
export interface RouterServices {
  readonly pool: Pool
  /** Milliseconds of the replica's clock, read once a turn of the loop. */
  readonly nowMs: number
  /** Microseconds since the epoch (or simulated), read once a turn of the loop. */
  readonly nowUs: number
  /** log2 of the service's number of buckets. */
  readonly bucketsLog2: number
  /** A seeded generator in [0, 1): the only randomness. */
  random(): number
  /** Makes `random` draw the numbers of the C library's generator after that seed. */
  seedRandom(seed: number): void
  /** Threads that the command line asks for: numbers to be shown, one thread runs everything. */
  readonly threads: number
  /**
   * Visits what lies up or down the stream of an element's port (-1: all its ports), nearest first;
   * false: nothing beyond this one is looked at.
   */
  neighbors(
    of: string,
    direction: 'up' | 'down',
    port: number,
    visit: (name: string, distance: number) => boolean,
  ): void
  /** An element's held packets that others may look at (`storage`); null: it has none. */
  storageOf(name: string): PacketFifo | null
  /** What an element says to those that pull from it, or push to it; null: it says nothing. */
  noteOf(name: string, kind: 'empty' | 'full'): Note | null
  /** Calls a read handler ('element.handler' or a global one). Throws ClickUpError NOT_FOUND. */
  /** `from`: full name of the asking element; names in its own compound are tried first. */
  readHandler(path: string, arg?: string, from?: string): string
  writeHandler(path: string, value: string, from?: string): void
  /** Like writeHandler; resolves when a handler that takes time (hotconfig) has finished. */
  writeHandlerLater(path: string, value: string): Promise<void>
  /** What a handler path stands for, without calling it. */
  findHandler(path: string, from?: string): HandlerInfo
  /** Stops the driver, as Click's `stop` handler does. */
  stop(): void
  /** A driver script that waits for the next stop calls this. */
  keepRunning(): void
  /** Makes an element the one that is asked before the router stops: its handler `step`, 'router'. */
  manageStops(name: string): void
  /** Prints a line where Click prints (stderr), or to a file element's own stream. */
  print(line: string): void
  /** Calls `hear` with every line that is printed; gives what ends that. */
  onPrint(hear: (line: string) => void): () => void
  /** Service port by name (FromDevice, ToDevice); null: the router runs without that port. */
  port(name: string): import('./io/device.ts').Port | null
  /**
   * Waits for a file descriptor: `ready` is called between turns while it is (POLLIN, POLLOUT). Let
   * it schedule the element's task.
   */
  watch(fd: number, events: number, ready: () => void): FdWatch
  /** Instance by full name; null: none. */
  // biome-ignore lint/suspicious/noExplicitAny: another element's self
  element(name: string): any
}

/** A notifier's state, for people. */
export interface Note {
  /** The how-manieth of its kind in the graph, from 0. */
  readonly number: number
  /** False: there is nothing to pull, or no room to push. */
  readonly active: boolean
}

export interface HandlerInfo {
  readonly found: 'handler' | 'no element' | 'no handler'
  /** As Click writes it: 'element.handler', or the global name. */
  readonly name: string
  readonly read: boolean
  readonly write: boolean
  /** Not for clients from outside (ControlSocket). */
  readonly private: boolean
}

/** What an element's functions get: frozen, and all that they may touch. */
export interface Self<C, D, N extends string, S, R> {
  readonly name: string
  readonly className: string
  readonly ninputs: number
  readonly noutputs: number
  /** Whether each port is pushed or pulled: what an agnostic one became. */
  readonly inputKinds: readonly ('push' | 'pull')[]
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly config: ConfigValues<C>
  /** What `configure` returned: lookup structures and programs, not changed afterwards. */
  readonly plan: D
  readonly counters: Record<N, number>
  readonly state: { readonly [K in keyof S]: StateValue<S[K]> }
  /** What `open` returned: files and sockets. Null before it ran, and where there is no `open`. */
  readonly resource: R
  /** Push outputs: the compiled rest of the path. An output that is not connected frees the packet. */
  readonly out: readonly PushFn[]
  /** Pull inputs. */
  readonly in: readonly PullFn[]
  readonly router: RouterServices
  /** Frees a packet: for functions that keep packets. */
  kill(p: Packet): void
  /** Asks for `task` to run in the next turn (until it returns false). */
  schedule(): void
  /** Asks for `timer` to run at a time of router.nowMs; a later call replaces an earlier one. -1: never. */
  timerAt(ms: number): void
  /** Wakes the pull side: call when a packet became available at a pull output. */
  notify(): void
  /** For elements with `notesEmpty`: says that a pull found nothing. `notify` says the contrary. */
  signalEmpty(): void
  /** For queues with `notesFull`: says that no more fits, or (false) that it does again: wakes sources. */
  signalFull(full: boolean): void
  /** False while every queue that packets of output 0 end in has said that it is full. */
  canPush(): boolean
}

export interface HandlerDecl<Me> {
  /** Text of the value. `arg`: what came after the handler's name. `name`: for the handler '*'. */
  read?(self: Me, arg: string, name: string): string
  /** Throws Error with a message for a value that does not fit. */
  write?(self: Me, value: string, name: string): void
  /** Shown by `handlers`; 'button' handlers take no value. */
  readonly button?: boolean
  /**
   * Of the handler '*', which stands for names that are not declared: is this one of them, and can
   * it only be read, or written? Of another: does this instance have it?
   */
  has?(self: Me, name: string): boolean | 'read' | 'write'
  /** Raw text: printed as it is, without a line end of its own. */
  readonly raw?: boolean
  /** Hidden from clients from outside (ControlSocket). */
  readonly private?: boolean
}

export interface ElementSpec<
  C extends ConfigDecl,
  D,
  N extends string,
  S extends Readonly<Record<string, StateDecl>>,
  R,
  Me,
> {
  /** Click's class name. */
  readonly name: string
  /** Click's port count code: '1/1', '1/1-2', '-/-', '1-/=' (see Element::port_count). */
  readonly ports: string
  /** Click's processing code: 'a/a' (default), 'h/h', 'l/l', 'h/l', 'a/ah' … */
  readonly processing?: string
  /** Click's flow code: 'x/x' (default). */
  readonly flow?: string
  /** Keywords. With 'raw', `configure` parses context.args itself. */
  readonly config: C | 'raw'
  /** Each is also a read handler and a metric. The text says what it counts. */
  readonly counters?: Readonly<Record<N, string>>
  readonly state?: S
  /** Capability words, as Click's Element::flags and driver requirements: 'source' has a task of its own. */
  readonly source?: boolean
  /** A pull output that says by self.signalEmpty and self.notify whether there are packets. */
  readonly notesEmpty?: boolean
  /** Name of the `packets` state that others may look at: what Click calls Storage. */
  readonly storage?: string
  /** A push input that says by self.signalFull when no more fits. */
  readonly notesFull?: boolean
  /** Name of the port that the engine receives packets from, for this element to push (FromDevice). */
  receives?(self: Me): string
  /**
   * What is to be done with each packet that the engine receives for this element before it leaves by
   * output 0; false drops it. Null: nothing.
   */
  onReceive?(self: Me): ((p: Packet) => boolean) | null
  /** Why `resource` may hold state that does not move (an open file, a socket). Needed with `open`. */
  readonly local?: string
  /** Checks the configuration and makes what the packet functions need. Pure. */
  configure?(config: ConfigValues<C>, context: ConfigureContext): D
  /** A packet function made for this instance (a compiled classifier): used in place of action/route. */
  specialize?(self: Me): (self: Me, p: Packet, port: number) => number
  /** Opens files and sockets. Throws ClickUpError. */
  open?(self: Omit<Me, 'resource'>, context: ErrorContext): R
  /** After every element is open: schedules tasks, sets timers, checks other elements. */
  initialize?(self: Me, context: ErrorContext): void
  action?(self: Me, p: Packet): Packet | null
  route?(self: Me, p: Packet, port: number): number
  push?(self: Me, port: number, p: Packet): void
  pull?(self: Me, port: number): Packet | null
  /** One bounded piece of work; true: did something (call again soon). */
  task?(self: Me): boolean
  timer?(self: Me): void
  /**
   * Hand-over inside a process: this instance carries on for `old` (same name and class), which is
   * at rest and never runs again. Runs in place of `open` and `initialize`: state, counters, timer
   * and task come over by themselves. Gives the resource. Not given: `old.resource` as it is, which
   * is right unless something in it refers to the old instance or its router. Cannot fail.
   */
  adopt?(self: Me, old: Me): R
  /**
   * A new configuration takes the place of the running one: does this instance carry on for `old`
   * (an open file or socket of the same address), or start anew? Not given: it starts anew, and
   * takes declared state only. Changes nothing: the new configuration may still be refused.
   */
  carries?(self: Omit<Me, 'resource'>, old: Me): boolean
  /**
   * May be configured anew while it runs, by its handler `config`: `configure` runs, and where that
   * finds no error, `open` and `initialize`. State and counters stay. Not with `close`.
   */
  readonly reconfigures?: boolean
  /** Before the router goes. */
  close?(self: Me): void
  readonly handlers?: Readonly<Record<string, HandlerDecl<Me>>>
}

// biome-ignore lint/suspicious/noExplicitAny: every element, whatever it declares
export type AnyElement = ElementSpec<any, any, any, any, any, any>

/** Declares an element. The types of `self` follow from the declarations: a misspelt name does not compile. */
export function element<
  const C extends ConfigDecl,
  D = undefined,
  const N extends string = never,
  const S extends Readonly<Record<string, StateDecl>> = Record<never, never>,
  R = null,
>(spec: ElementSpec<C, D, N, S, R, Self<C, D, N, S, R>>): AnyElement {
  const functions = ['action', 'route', 'push', 'pull'].filter((f) => f in spec)
  if (functions.includes('action') && functions.length > 1)
    throw new Error(`${spec.name}: action serves push and pull; it stands alone`)
  if (spec.open !== undefined && spec.local === undefined)
    throw new Error(`${spec.name}: 'local' must say why its resource need not move`)
  if (spec.reconfigures === true && spec.close !== undefined)
    throw new Error(`${spec.name}: what has to be closed cannot be configured anew`)
  return Object.freeze(spec) as AnyElement
}

/** Argument types. Positional arguments come in the order of declaration, as in Click's Args. */
export const arg = {
  int: (d?: number) => decl<number>('int', d),
  /** 0 and up. */
  count: (d?: number) => decl<number>('count', d),
  /** Real number. */
  real: (d?: number) => decl<number>('real', d),
  bool: (d?: boolean) => decl<boolean>('bool', d),
  /** Quoted or not: quotes are taken off. */
  string: (d?: string) => decl<string>('string', d),
  /** As written: for patterns and filter expressions. */
  text: (d?: string) => decl<string>('text', d),
  /** Seconds, with units as Click has them ('10ms'). */
  seconds: (d?: number) => decl<number>('seconds', d),
  /** Bits or bytes a second ('10Mbps'); value in bytes a second. */
  bandwidth: (d?: number) => decl<number>('bandwidth', d),
  /** IPv4 as int32. */
  ip: (d?: number) => decl<number>('ip', d),
  /** IPv4 prefix: address and mask as int32. */
  ipnet: (d?: { addr: number; mask: number }) => decl<{ addr: number; mask: number }>('ipnet', d),
  /** IPv6 address, 16 bytes. */
  ip6: (d?: Uint8Array) => decl<Uint8Array>('ip6', d),
  eth: (d?: Uint8Array) => decl<Uint8Array>('eth', d),
  /** Byte or short in 0x or decimal, bounds checked. */
  u8: (d?: number) => decl<number>('u8', d),
  u16: (d?: number) => decl<number>('u16', d),
  u32: (d?: number) => decl<number>('u32', d),
  filename: (d?: string) => decl<string>('filename', d),
  /** Name of another element. */
  element: (d?: string) => decl<string>('element', d),
  /** Name or offset of an annotation ('PAINT', 20). */
  anno: (d?: string) => decl<string>('anno', d),
}

function decl<T>(type: string, d: T | undefined): Arg<T> & ArgSteps<T> {
  return make<T>({ type, default: d, positional: false, mandatory: false })
}

interface ArgSteps<T> {
  /** May be given by position. */
  at(): Arg<T> & ArgSteps<T>
  /** Must be given (by position where `at`). */
  must(): Arg<T> & ArgSteps<T>
}

function make<T>(a: Arg<T>): Arg<T> & ArgSteps<T> {
  return Object.freeze({
    ...a,
    at: () => make<T>({ ...a, positional: true }),
    must: () => make<T>({ ...a, mandatory: true }),
  })
}
