// Samples of the state of every element class, one file a release: state-<release>.json, and
// state-next.json for what is not released yet. A class's sample is the schemas of its states and
// the chunks that a move sends of them after a short run of the configuration of
// test/property/every-element.ts. Samples are never changed: a release that cannot read them cannot
// take over from a running older one.
//
//   node build/test/compat/samples.js     adds samples of schemas that have none yet to state-next

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import type { AnyElement } from '../../dataplane/element.ts'
import { type StateSchema, stateId } from '../../dataplane/schema.ts'
import type { StateStore } from '../../dataplane/state.ts'
import { planTransfer, type TransferPlan } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import type { Column } from '../../dataplane/table-layout.ts'
import { everyClass, type Wired, wire, workingGraph } from '../property/every-element.ts'
import { Side } from '../property/metamorphic.ts'
import { steps } from '../property/traffic.ts'

const FOLDER = new URL('../../../test/compat/', import.meta.url)
const NEXT = new URL('state-next.json', FOLDER)
/** Bytes of a chunk: small, so that a sample has more than one. */
const CHUNK = 2048
/** Inputs that are tried for one of which something stays in every state. */
const TRIES = 40

export interface Sample {
  readonly schemas: readonly StateSchema[]
  /** Rows or packets of each state, in the order of the schemas. */
  readonly held: readonly number[]
  /** Deflated, base64. */
  readonly chunks: readonly string[]
}

/** Samples of a release by class: one for each set of schemas that the class had. */
export type Samples = Readonly<Record<string, readonly Sample[]>>

export function releases(): readonly { readonly name: string; readonly samples: Samples }[] {
  const files = readdirSync(FOLDER).filter((file) => /^state-.*\.json$/.test(file))
  return files.sort().map((file) => {
    const name = file.replace(/^state-|\.json$/g, '')
    return { name, samples: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Samples }
  })
}

export function chunksOf(sample: Sample): ArrayBuffer[] {
  return sample.chunks.map((text) => {
    const bytes = Uint8Array.from(inflateRawSync(Buffer.from(text, 'base64')))
    return bytes.buffer as ArrayBuffer
  })
}

/** Schemas of what travels of an element. */
export function travelling(store: StateStore, element: string): StateSchema[] {
  return store.schemas().filter((s) => s.element === element && s.scope !== 'local')
}

/** Does the class have state with a version of its own that travels? Packets have the chunk's. */
export function isVersioned({ state }: AnyElement): boolean {
  const decls: readonly { kind: string; scope?: string }[] = Object.values(state ?? {})
  return decls.some((d) => d.kind !== 'packets' && d.scope !== 'local')
}

function travels({ state }: AnyElement): boolean {
  const decls: readonly { kind: string; scope?: string }[] = Object.values(state ?? {})
  return decls.some((d) => d.scope !== 'local')
}

export function heldBy(store: StateStore, schemas: readonly StateSchema[]): number[] {
  return schemas.map((s) => {
    const entry = store.entry(s.element, s.state)
    if (entry === null) throw new Error(`no state ${stateId(s)}`)
    return entry.kind === 'packets' ? entry.fifo.length : entry.rows.size
  })
}

/** All of one element, in chunks. */
export function chunksFrom(store: StateStore, schemas: readonly StateSchema[]): ArrayBuffer[] {
  const planned = planTransfer(schemas, schemas)
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings))
  const source = new SnapshotSource(store, planned.plan as TransferPlan, everything(store))
  const chunks: ArrayBuffer[] = []
  for (let c = source.finish(CHUNK); c !== null; c = source.finish(CHUNK)) chunks.push(c)
  return chunks
}

export function everything(store: StateStore): Uint8Array {
  return new Uint8Array(store.buckets).fill(1)
}

async function sampleOf(wired: Wired): Promise<Sample> {
  const graph = await workingGraph(wired)
  let best: { side: Side; filled: number } | null = null
  for (const input of fc.sample(steps(wired.ports, [100]), { seed: 5, numRuns: TRIES })) {
    const side = new Side(graph, wired, 0, [])
    side.router.activate()
    for (const step of input) side.take(step)
    const held = heldBy(side.store, travelling(side.store, 'x'))
    const filled = held.filter((n) => n > 0).length * 1000 + Math.min(999, Math.max(0, ...held))
    if (best === null || filled > best.filled) best = { side, filled }
    else side.router.close()
  }
  const { store } = best!.side
  const schemas = travelling(store, 'x')
  for (const s of schemas) fill(store, s)
  const held = heldBy(store, schemas)
  const chunks = chunksFrom(store, schemas).map((c) =>
    deflateRawSync(new Uint8Array(c)).toString('base64'),
  )
  return { schemas, held, chunks }
}

/** Where the run left nothing: rows that mean nothing, but have the columns that there are. */
function fill(store: StateStore, { element, state }: StateSchema): void {
  const entry = store.entry(element, state)
  if (entry?.kind === 'packets' && entry.fifo.length === 0) {
    const p = store.pool.allocLength(60)!
    p.mem.fill(0x5a, p.off, p.end)
    p.bucket = 3
    entry.fifo.push(p)
  }
  if (entry?.kind !== 'table' || entry.rows.size > 0) return
  const { keys, columns } = entry.rows.layout
  for (let k = 1; k <= 3; k++) {
    const row = entry.table.insert(k, ...keys.map((_, i) => k + i))
    if (row === null) continue
    const values = columns
      .filter((c) => !c.key)
      .map((c, i) => [c.name, plainValue(c, k + i, store)])
    Object.assign(row, Object.fromEntries(values))
  }
}

function plainValue({ type, bytes }: Column, n: number, store: StateStore): number | Uint8Array {
  if (type.startsWith('bytes')) return new Uint8Array(bytes).fill(n)
  return type === 'time' ? store.clock.nowMs - n : n
}

/** Of what is the same for the test of compatibility. */
export function printsOf(schemas: readonly StateSchema[]): string {
  return schemas.map((s) => `${s.state} ${s.fingerprint}`).join(', ')
}

async function write(): Promise<void> {
  const known = releases()
  const next: Record<string, Sample[]> = {}
  for (const [name, samples] of Object.entries(known.find((r) => r.name === 'next')?.samples ?? {}))
    next[name] = [...samples]
  for (const [name, spec] of await everyClass()) {
    const made = wire(name, spec)
    if (!travels(spec) || typeof made === 'string') continue
    const sample = await sampleOf(made[0]!)
    const prints = printsOf(sample.schemas)
    const all = known.flatMap((r) => r.samples[name] ?? [])
    if (all.some((s) => printsOf(s.schemas) === prints)) continue
    next[name] = [...(next[name] ?? []), sample]
    process.stdout.write(`${name}: ${sample.held.join(', ')} held\n`)
  }
  const lines = Object.keys(next)
    .sort()
    .map(
      (name) =>
        `${JSON.stringify(name)}: [\n${next[name]!.map((s) => JSON.stringify(s)).join(',\n')}]`,
    )
  writeFileSync(NEXT, `{\n${lines.join(',\n')}\n}\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await write()
