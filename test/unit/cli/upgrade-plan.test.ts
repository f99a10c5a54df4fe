// The plan that `--dry-run` shows: worked out from what runs and a new version's artifact, and said.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { planText, planUpgrade } from '../../../cli/upgrade-plan.ts'
import type { StateSchema } from '../../../dataplane/schema.ts'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import type { ClickUpError } from '../../../lib/errors.ts'
import type { ServiceHeld } from '../../../lib/wire/messages.ts'
import { graphOf } from '../../property/metamorphic.ts'

const { schemasOfGraph } = await import('../../../dataplane/state-schemas.ts')

const dir = mkdtempSync(join(tmpdir(), 'cu-plan-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

const OLD = `rw :: UDPRewriter(pattern 198.51.100.1 1024-65535 - - 0 0);
  Idle -> rw -> q :: Queue(100) -> Idle; Idle -> ICMPError(10.0.0.9, unreachable, host) -> Discard;`
const NEW = `nat :: IPRewriter(pattern 198.51.100.1 1024-65535 - - 0 0, MAPPING_CAPACITY 50);
  Idle -> nat -> q :: Queue(5) -> Idle; Idle -> b :: Burster(1) -> Discard;`

async function running(sizes: Record<string, number>): Promise<ServiceHeld> {
  const schemas: StateSchema[] = schemasOfGraph(await graphOf(OLD))
  const held = schemas.map(({ element, state }) => ({
    ...{ element, state, size: sizes[`${element}.${state}`] ?? 0 },
  }))
  const plain = JSON.parse(JSON.stringify(schemas)) as StateSchema[]
  return {
    ...{ service: 'nat', version: 'aaaa', replica: 'nat.7', schemas: plain, held },
    ...{ asked: null, previous: null, mapped_back: {} },
  }
}

const artifact = () =>
  buildArtifact({ config: NEW, configName: 'new.click', defines: {}, elements: null, sources: [] })

test('what goes where, from which version to which, and how much', async (t) => {
  const now = await running({ 'rw.flows': 24, 'q.queue': 9 })
  const words = { map: { rw: 'nat' }, discard: [] }
  const plan = await planUpgrade(now, await artifact(), words)
  const flows = plan.states.find((s) => s.state === 'rw.flows')
  t.like(flows, { into: 'nat.flows', held: 24, converted_by: 'new', into_class: 'IPRewriter' })
  t.true(flows!.bytes > 24 * 40)
  const lines = planText(plan, words)
  const line = (start: string) => lines.find((l) => l.trim().startsWith(start)) ?? ''
  t.regex(lines[0]!, /^nat: aaaa \(nat\.7\) to [0-9a-f]{12}$/)
  t.regex(line('rw.flows'), /nat\.flows +24 rows .*UDPRewriter 3 becomes IPRewriter 3 \(the new/)
  t.regex(line('q.queue'), /q\.queue +9 packets +as it is/, 'a smaller queue takes them')
  t.regex(line('ICMPError@'), /- +1 cell|- +0 cell/)
  t.regex(line('ICMPError@'), /given up: no name tells which it is now$/)
  t.true(lines.some((l) => /^ {2}b\.next is new and starts empty$/.test(l)))
  t.regex(lines.at(-1)!, /^nothing was done/)
})

test('what was given up by option is said so, and what is in the way comes all at once', async (t) => {
  const now = await running({ 'rw.flows': 24 })
  const words = { map: {}, discard: ['rw'] }
  const lines = planText(await planUpgrade(now, await artifact(), words), words)
  t.regex(lines.find((l) => l.includes('rw.flows')) ?? '', /- +24 rows .*given up$/)
  const error = await t.throwsAsync<ClickUpError>(
    async () => planUpgrade(now, await artifact(), { map: { q: 'nat' }, discard: ['nope'] }),
    { code: 'INCOMPATIBLE' },
  )
  const said = error.findings.map((f) => `${f.where}: ${f.message}`).join('\n')
  t.regex(said, /rw\.flows: .*--map rw=nat/)
  t.regex(said, /rw\.shifts: .*--map rw=nat/)
  t.regex(said, /q\.queue: nat has no state 'queue': map another, or give it up with --discard/)
  t.regex(said, /--discard nope: the running version has no such state/)
  t.is(error.hint, 'nothing was started; see --map and --discard')
})
