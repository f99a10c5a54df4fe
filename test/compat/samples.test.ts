// State of every released version is taken by the present elements, through their steps; and no
// schema changes without a new version, a step, and a sample of its own (samples.ts).

import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { PUT, readChunk } from '../../dataplane/chunk.ts'
import { fingerprintOf, kindOf, type StateSchema } from '../../dataplane/schema.ts'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { everyClass, wire, workingGraph } from '../property/every-element.ts'
import { Side } from '../property/metamorphic.ts'
import {
  chunksFrom,
  chunksOf,
  heldBy,
  isVersioned,
  printsOf,
  releases,
  type Sample,
  travelling,
} from './samples.ts'

const WHAT_TO_DO = `
A running release has rows in the old form, and this one could not take over from it:
  1. raise the state's version and declare upgrade: { OLD: (row) => … } (doc/state-evolution.md);
     declare downgrade: { OLD: (row) => … } too where a rollback is to keep the rows
  2. add the new version to CHANGELOG.md, "### Tables"
  3. node build/test/compat/samples.js     adds a sample of the new version; older ones stay`

/** Classes that are gone, and what became of their state. */
const RETIRED: Readonly<Record<string, string>> = {}

const classes = await everyClass()
const known = releases()

async function present(className: string): Promise<Side> {
  const made = wire(className, classes.get(className)!)
  if (typeof made === 'string') throw new Error(`${className}: ${made}`)
  return new Side(await workingGraph(made[0]!), made[0]!, 0, [])
}

for (const { name, samples } of known)
  for (const [className, all] of Object.entries(samples))
    for (const [k, sample] of all.entries())
      test(`${name}: ${className} ${k}: ${versions(sample)}`, async (t) => {
        const gone =
          `class ${className} of release ${name} is gone: name it in RETIRED with what became of its ` +
          `state, and let its successor take the state (takes: { '${className}.…': … })`
        if (RETIRED[className] !== undefined) t.pass(RETIRED[className])
        else if (!classes.has(className)) t.fail(gone)
        else await loads(t, className, sample)
      })

async function loads(t: ExecutionContext, className: string, sample: Sample): Promise<void> {
  const { store, router } = await present(className)
  const planned = planTransfer(sample.schemas, store.schemas())
  if (!planned.ok) {
    const said = planned.findings.map((f) => `${f.where}: ${f.message}`).join('\n')
    t.fail(`${said}\n${WHAT_TO_DO}`)
    return
  }
  const target = new SnapshotTarget(store, planned.plan)
  for (const chunk of chunksOf(sample)) target.apply(chunk)
  target.commit()
  t.is(target.rowsRefused + target.packetsRefused, 0)
  const now = planned.plan.entries.map((e) => e.to)
  t.deepEqual(heldBy(store, now), sample.held)
  if (planned.plan.entries.every((e) => e.convertAt === 'none'))
    t.deepEqual(records(chunksFrom(store, now), now), records(chunksOf(sample), now))
  router.close()
}

/** What chunks say of each state: rows in any order, packets in theirs. */
function records(chunks: readonly ArrayBuffer[], schemas: readonly StateSchema[]): string[][] {
  const all: string[][] = schemas.map(() => [])
  for (const memory of chunks) {
    const chunk = readChunk(memory)
    for (const s of chunk.sections) {
      const isRows = schemas[s.state]!.kind !== 'packets'
      const size = isRows ? s.bytes / s.records : s.bytes
      for (let n = 0; n < s.bytes; n += size) {
        const at = s.at * 4 + n
        if (isRows && chunk.i32[at / 4 + 1] !== PUT) throw new Error('a sample with a removal')
        all[s.state]!.push(Buffer.from(chunk.u8.subarray(at, at + size)).toString('hex'))
      }
    }
  }
  return all.map((of, k) => (schemas[k]!.kind === 'packets' ? [of.join('')] : of.sort()))
}

function versions({ schemas }: Sample): string {
  return schemas.map((s) => `${s.state} ${s.version}`).join(', ')
}

for (const [name, spec] of classes) {
  if (!isVersioned(spec)) continue
  test(`${name}: there is a sample of its state as it is`, async (t) => {
    const { store, router } = await present(name)
    const now = travelling(store, 'x')
    router.close()
    const all = known.flatMap((r) => r.samples[name] ?? [])
    if (all.some((s) => printsOf(s.schemas) === printsOf(now))) {
      t.pass()
      return
    }
    const old = new Map(all.flatMap((s) => s.schemas).map((s) => [`${kindOf(s)} ${s.version}`, s]))
    const changed = now.filter((s) => {
      const before = old.get(`${kindOf(s)} ${s.version}`)
      return before !== undefined && before.fingerprint !== s.fingerprint
    })
    const said = changed.map(
      (s) => `${kindOf(s)} has other columns than its version ${s.version} had`,
    )
    t.fail(`${said.join('\n') || `${name}: a version without a sample`}\n${WHAT_TO_DO}`)
  })
}

/** Versions that the changelog states under a release's heading, by `Class.state`. */
function statedFor(name: string): Map<string, number> {
  const text = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8')
  const heading = name === 'next' ? 'Unreleased' : name
  const [, part = ''] = text.split(`\n## [${heading}]`)
  const rows = part.split('\n## ')[0]!.matchAll(/^\| `(\w+\.\w+)` \| (\d+) \|/gm)
  return new Map(Array.from(rows, ([, state, version]) => [state!, Number(version)]))
}

for (const { name, samples } of known)
  test(`${name}: its samples are of the versions that the changelog states for it`, (t) => {
    const sampled = new Map<string, number>()
    for (const s of Object.values(samples).flatMap((all) => all.at(-1)!.schemas))
      if (s.kind !== 'packets') sampled.set(kindOf(s), s.version)
    for (const [state, version] of statedFor(name)) t.is(sampled.get(state), version, state)
  })

test('fingerprints of samples are those of their columns', (t) => {
  for (const { samples } of known)
    for (const { schemas } of Object.values(samples).flat())
      for (const s of schemas) t.is(fingerprintOf(s), s.fingerprint, kindOf(s))
})
