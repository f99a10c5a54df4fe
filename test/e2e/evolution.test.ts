// deploy/examples/tally, whose table changes from version to version, under traffic: each packet gets
// the number that it has in its flow, so a flow whose numbers go on has kept its row.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CommandResult } from '../../demo/cluster.ts'
import { numbered, numberOf, ROOT, sportOf, Wires } from './wires.ts'

const PORTS = [1000, 1001, 1002, 9] as const
const EVERY_MS = 4

/** Packets of each flow, one after the other, until stopped. */
class Talk {
  readonly sent = new Map<number, number>()
  readonly #timer: NodeJS.Timeout

  constructor(wires: Wires) {
    let n = 0
    this.#timer = setInterval(() => {
      const port = PORTS[n++ % PORTS.length]!
      this.sent.set(port, (this.sent.get(port) ?? 0) + 1)
      wires.send('inside', numbered(1, port, 53, 0))
    }, EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

const last = (result: CommandResult) => result.events.at(-1) as Record<string, unknown>

function numbersOf(wires: Wires, port: number): number[] {
  return wires
    .came('outside')
    .filter((f) => sportOf(f) === port)
    .map(numberOf)
}

/** Lets some packets pass, and asserts that each flow's numbers are 1, 2, 3, … up to now. */
async function goesOn(t: ExecutionContext, wires: Wires, ports: readonly number[]): Promise<void> {
  const seen = () => Math.min(...ports.map((port) => numbersOf(wires, port).length))
  const before = seen()
  t.true(await wires.until(() => seen() > before + 20))
  for (const port of ports) {
    const numbers = numbersOf(wires, port)
    t.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
      `flow ${port}`,
    )
  }
}

async function ownerOf(wires: Wires): Promise<{ owner: string; version: string }> {
  const services = last(await wires.cluster.run(['status'])).services
  return (services as { owner: string; version: string }[])[0]!
}

/** The example's second version with a step that does not like one flow. */
function picky(wires: Wires, name: string, from: RegExp): string {
  const folder = join(wires.cluster.dir, 'files', name)
  mkdirSync(folder, { recursive: true })
  const source = readFileSync(join(ROOT, 'deploy/examples/tally/v2/Tally.ts'), 'utf8')
    .replaceAll(/'(?:\.\.\/){4}/g, "'click-up/")
    .replace("'../number.ts'", `'${join(ROOT, 'deploy/examples/tally/number.ts')}'`)
    .replace(from, (step) => `...refuse(row), ${step}`)
  const refuse = `function refuse(row: Record<string, unknown>): object {
    if (row.seen !== 0) throw new Error('this row I do not like')
    return {}
  }\n`
  writeFileSync(join(folder, 'Tally.ts'), source.replace('const flows', `${refuse}const flows`))
  return wires.example('tally/tally-v2.yaml', (text) =>
    text.replace(/^elements: .*$/m, `elements: ${folder}`).replace(/^/, `# ${name}\n`),
  )
}

test('a step that throws, on the way up or back: the move is undone, no row is lost', async (t) => {
  const wires = await Wires.start()
  const talk = new Talk(wires)
  const run = (...args: string[]) => wires.cluster.run(args)
  const refused = async (result: CommandResult) => {
    t.is(result.code, 4, JSON.stringify(result.events.at(-1)))
    const text = JSON.stringify(last(result))
    t.regex(text, /state tally\.flows: a row of version \d .*this row I do not like/)
    t.regex(text, /the old version runs on, nothing has changed/)
    await goesOn(t, wires, PORTS)
  }
  try {
    t.is((await run('deploy', wires.example('tally/tally-v1.yaml'))).code, 0)
    t.true(await wires.until(() => wires.came('outside').length > 40))
    const up = picky(wires, 'up', /\.\.\.row, sport: port!/)
    await refused(await run('upgrade', 'tally', '--to', up))
    t.regex((await ownerOf(wires)).owner, /^tally\.1$/)
    const back = picky(wires, 'back', /\.\.\.row,\n {6}port: sport!/)
    const upgraded = await run('upgrade', 'tally', '--to', back)
    t.is(upgraded.code, 0, JSON.stringify(upgraded.events.at(-1)))
    await goesOn(t, wires, PORTS)
    await refused(await run('rollback', 'tally'))
    t.regex((await ownerOf(wires)).owner, /^tally\.3$/)
  } finally {
    talk.stop()
    await wires.close()
  }
})

test('versions of a table, a rollback, another class: every row goes along', async (t) => {
  const wires = await Wires.start()
  const talk = new Talk(wires)
  const run = (...args: string[]) => wires.cluster.run(args)
  try {
    const [v1, v2, v3] = [1, 2, 3].map((v) => wires.example(`tally/tally-v${v}.yaml`))
    const deployed = await run('deploy', v1!)
    t.is(deployed.code, 0, JSON.stringify(deployed))
    t.true(await wires.until(() => wires.came('outside').length > 40))
    // Packets that came before the deployment went nowhere.
    const base = ['--map', 'tally=meter']

    const dry = await run('upgrade', 'tally', '--to', v2!, '--dry-run')
    t.is(dry.code, 0, JSON.stringify(dry))
    const { states, version } = last(dry) as { states: Record<string, unknown>[]; version: string }
    t.like(states[0], {
      ...{ state: 'tally.flows', into: 'tally.flows', held: 4, from_version: 1, to_version: 2 },
      converted_by: 'new',
    })
    t.is((await ownerOf(wires)).owner, 'tally.1', 'nothing was started')
    await goesOn(t, wires, PORTS)

    t.is((await run('upgrade', 'tally', '--to', v2!)).code, 0)
    t.like(await ownerOf(wires), { owner: 'tally.2', version })
    await goesOn(t, wires, PORTS)

    t.is((await run('rollback', 'tally')).code, 0, 'by the downgrade steps of version 2')
    await goesOn(t, wires, PORTS)

    const skipping = await run('upgrade', 'tally', '--to', v3!, ...base)
    t.is(skipping.code, 4)
    t.regex(
      JSON.stringify(last(skipping)),
      /it takes Tally\.flows of version 2, not of version 1: declare takes: \{ 'Tally\.flows': \{ 1: /,
    )
    t.is((await ownerOf(wires)).owner, 'tally.3', 'refused before anything was started')

    t.is((await run('upgrade', 'tally', '--to', v2!)).code, 0)
    const unnamed = await run('upgrade', 'tally', '--to', v3!)
    t.is(unnamed.code, 4)
    t.regex(JSON.stringify(last(unnamed)), /say --map tally=meter, or .* --discard tally\.flows/)
    t.is((await run('upgrade', 'tally', '--to', v3!, ...base)).code, 0)
    await goesOn(t, wires, [1000, 1001, 1002])
    const numbers = numbersOf(wires, 9)
    t.is(
      numbers.filter((n) => n === 1).length,
      2,
      'the row of port 9 was left behind: it began anew',
    )

    const back = await run('rollback', 'tally')
    t.is(back.code, 4, 'Tally does not take what FlowMeter has')
    t.regex(
      JSON.stringify(last(back)),
      /meter\.flows.*tally\.flows is state of a Tally, not of a FlowMeter.*--discard meter\.flows/,
    )
    t.is((await ownerOf(wires)).owner, 'tally.5', 'refused before anything was started')
    await goesOn(t, wires, [1000, 1001, 1002])
    t.is((await run('rollback', 'tally', '--discard', 'meter.flows')).code, 0)
    t.is((await ownerOf(wires)).version, version)
  } finally {
    talk.stop()
    await wires.close()
  }
})

test('the same in the running process: --in-place', async (t) => {
  const wires = await Wires.start()
  const talk = new Talk(wires)
  const [v1, v2, v3] = [1, 2, 3].map((v) => wires.example(`tally/tally-v${v}.yaml`))
  const inPlace = async (to: string, ...more: string[]) => {
    const result = await wires.cluster.run(['upgrade', 'tally', '--to', to, '--in-place', ...more])
    t.is(result.code, 0, JSON.stringify(result.events.at(-1)))
    t.is((await ownerOf(wires)).owner, 'tally.1', 'no other process took over')
  }
  try {
    t.is((await wires.cluster.run(['deploy', v1!])).code, 0)
    t.true(await wires.until(() => wires.came('outside').length > 40))
    await inPlace(v2!)
    await goesOn(t, wires, PORTS)
    await inPlace(v1!)
    await goesOn(t, wires, PORTS)
    await inPlace(v2!)
    await inPlace(v3!, '--map', 'tally=meter')
    await goesOn(t, wires, [1000, 1001, 1002])
    t.is(numbersOf(wires, 9).filter((n) => n === 1).length, 2, 'the row of port 9 was left behind')
  } finally {
    talk.stop()
    await wires.close()
  }
})

test('a renamed element: --map there, and a rollback names it back by itself', async (t) => {
  const wires = await Wires.start()
  const talk = new Talk(wires)
  const run = (...args: string[]) => wires.cluster.run(args)
  try {
    const v1 = wires.example('tally/tally-v1.yaml')
    const click = readFileSync(join(ROOT, 'deploy/examples/tally/v1/tally.click'), 'utf8')
    const renamed = join(wires.cluster.dir, 'files', 'renamed.click')
    writeFileSync(renamed, click.replace('tally :: Tally', 'other :: Tally'))
    const to = wires.example('tally/tally-v1.yaml', (text) =>
      text.replace(/^config: .*$/m, `config: ${renamed}`),
    )
    t.is((await run('deploy', v1)).code, 0)
    t.true(await wires.until(() => wires.came('outside').length > 40))
    const refused = await run('upgrade', 'tally', '--to', to)
    t.is(refused.code, 4)
    t.regex(JSON.stringify(last(refused)), /say --map tally=other, or/)
    t.is((await run('upgrade', 'tally', '--to', to, '--map', 'tally=other')).code, 0)
    await goesOn(t, wires, PORTS)
    const dry = last(await run('rollback', 'tally', '--dry-run'))
    t.like((dry.states as object[])[0], { state: 'other.flows', into: 'tally.flows', held: 4 })
    t.is((await run('rollback', 'tally')).code, 0)
    await goesOn(t, wires, PORTS)
  } finally {
    talk.stop()
    await wires.close()
  }
})
