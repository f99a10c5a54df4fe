// A real router for tests of elements: configuration text in; packets are pushed into `TestIn`
// elements and collected from `TestOut` elements. Time stands still unless a test moves it.

import { buildRouter } from '../../../dataplane/build.ts'
import { loadClasses } from '../../../dataplane/classes.ts'
import { type AnyElement, element } from '../../../dataplane/element.ts'
import { resolveGraph } from '../../../dataplane/graph.ts'
import type { Port } from '../../../dataplane/io/device.ts'
import { type Packet, Pool } from '../../../dataplane/packet.ts'
import type { Router } from '../../../dataplane/router.ts'
import { StateStore } from '../../../dataplane/state.ts'
import { parseConfig } from '../../../lib/click/index.ts'

/** A packet as a TestOut saw it. */
export interface Seen {
  readonly out: string
  readonly bytes: Uint8Array
  readonly dst: number
  readonly type: number
}

const testIn = element({ name: 'TestIn', ports: '0/1', processing: 'h/h', config: {} })

/** A service port that a test puts packets into and takes them from. */
export class LabPort implements Port {
  readonly where = 'test'
  readonly fault = null
  readonly counters = {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
  readonly name: string
  readonly arrived: Packet[] = []
  readonly sent: Uint8Array[] = []
  readonly #pool: Pool

  constructor(name: string, pool: Pool) {
    this.name = name
    this.#pool = pool
  }

  receive(out: Packet[], max: number): number {
    const batch = this.arrived.splice(0, max)
    batch.forEach((p, i) => {
      out[i] = p
    })
    return batch.length
  }

  send(p: Packet): boolean {
    this.sent.push(p.mem.slice(p.off, p.end))
    this.#pool.free(p)
    return true
  }

  flush(): void {}

  /** Lets a frame arrive. */
  put(frame: Uint8Array): void {
    const p = this.#pool.allocLength(frame.length)
    if (p === null) throw new Error('the pool is empty')
    p.mem.set(frame, p.off)
    this.arrived.push(p)
  }

  /** What was sent since the last call. */
  take(): Uint8Array[] {
    return this.sent.splice(0)
  }
}

export interface LabOptions {
  /** Names of service ports. */
  readonly ports?: readonly string[]
  readonly bucketsLog2?: number
  readonly classes?: ReadonlyMap<string, AnyElement>
}

export class Lab {
  nowMs = 1000
  readonly seen: Seen[] = []
  readonly printed: string[] = []
  readonly warnings: string[] = []
  readonly pool = new Pool(512)
  readonly ports = new Map<string, LabPort>()
  store!: StateStore
  router!: Router

  static async make(text: string, options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab()
    const classes = new Map(options.classes).set('TestIn', testIn).set('TestOut', lab.#testOut())
    for (const name of options.ports ?? []) lab.ports.set(name, new LabPort(name, lab.pool))
    const parsed = parseConfig(text, { filename: 'test' })
    if (parsed.errors.length > 0) throw new Error(parsed.errors.map((e) => e.message).join('\n'))
    const names = parsed.graph.elements.map((e) => e.className)
    const found = await loadClasses(names, classes)
    const { graph, errors, warnings } = resolveGraph(parsed.graph, (name) => found.get(name))
    lab.warnings.push(...warnings.map((w) => w.message))
    if (graph === null) throw new Error(errors.map((e) => e.message).join('\n'))
    const read = {
      get nowMs() {
        return lab.nowMs
      },
    }
    lab.store = new StateStore({
      bucketsLog2: options.bucketsLog2 ?? 0,
      pool: lab.pool,
      clock: read,
    })
    lab.router = buildRouter(graph, {
      pool: lab.pool,
      ports: lab.ports,
      store: lab.store,
      clock: { nowMs: () => lab.nowMs, epochUs: () => lab.nowMs * 1000 },
      seed: 1,
      print: (line) => lab.printed.push(line),
    })
    lab.router.activate()
    return lab
  }

  #testOut(): AnyElement {
    const seen = this.seen
    return element({
      name: 'TestOut',
      ports: '1/0',
      processing: 'h/h',
      config: {},
      push(self, _port, p) {
        const bytes = p.mem.slice(p.off, p.end)
        seen.push({ out: self.name, bytes, dst: p.dst, type: p.type })
        self.kill(p)
      },
    })
  }

  /** Pushes a copy of a packet out of a TestIn, its annotations included. */
  send(name: string, packet: Packet): void {
    const p = this.pool.clone(packet)
    if (p === null) throw new Error('the pool is empty')
    this.router.element(name)!.out[0]!(p)
  }

  /** What arrived since the last call. */
  take(): Seen[] {
    return this.seen.splice(0)
  }

  /** Moves the time on and lets timers and sweeps run. */
  wait(ms: number): void {
    this.nowMs += ms
    for (let i = 0; i < 50; i++) this.router.turn()
  }

  read(handler: string, arg = ''): string {
    return this.router.readHandler(handler, arg)
  }

  write(handler: string, value = ''): void {
    this.router.writeHandler(handler, value)
  }
}
