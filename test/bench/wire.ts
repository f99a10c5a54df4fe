// `make bench-wire`: frames a second over veth pairs, ours and the peers' on the very same wiring with
// the same configuration.
//
// CLICK= and FASTCLICK= name peers' binaries; LOADS=, SIZES=, ONLY= choose (forward,nat; 64,512,1500;
// xdp,packet,Click,FastClick); SECONDS= is the length of a trial. Needs root and two cores, for a
// few minutes: nothing else should run. While a device starts, net.core.rmem_default is raised for
// it, so that all have receive buffers of the same size.

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wireLacks } from '../lab/wire/helper.ts'
import { type Figures, measure, warmUp } from './wire-measure.ts'
import { type Contender, contenders, LOADS, type Load, largeBuffers, WireRig } from './wire-rig.ts'

const OUT = fileURLToPath(new URL('../../../out/bench/', import.meta.url))

function chosen(name: string, all: readonly string[]): string[] {
  const words = (process.env[name] ?? '').split(',').filter((word) => word !== '')
  return words.length === 0 ? [...all] : all.filter((one) => words.includes(one))
}

const COLUMNS = [
  ['overload', (f: Figures) => kpps(f.overload.carried)],
  ['loss-free', (f: Figures) => kpps(f.lossFree)],
  ['user', (f: Figures) => ns(f.overload.userNs)],
  ['system', (f: Figures) => ns(f.overload.systemNs)],
  ['softirq', (f: Figures) => ns(f.overload.softirqNs)],
  ['50 %', (f: Figures) => us(f.half.delays[0])],
  ['99 %', (f: Figures) => us(f.half.delays[2])],
  ['99.9 %', (f: Figures) => us(f.half.delays[3])],
  ['idle', (f: Figures) => `${f.idlePercent.toFixed(1)} %`],
] as const

const kpps = (pps: number): string => `${(pps / 1000).toFixed(0)}k`
const ns = (value: number): string => value.toFixed(0)
const us = (value: number | null | undefined): string => (value == null ? '-' : value.toFixed(0))

async function measureOne(load: Load, size: number, contender: Contender): Promise<Figures> {
  const rig = await WireRig.create(load)
  try {
    const restore = largeBuffers()
    try {
      rig.startDevice(contender, load)
      await warmUp(rig, load, size)
    } finally {
      restore()
    }
    return await measure(rig, load, size)
  } finally {
    await rig.close()
  }
}

function heading(): string {
  const names = COLUMNS.map(([name]) => name.padStart(10))
  return ['load'.padEnd(10), 'size'.padStart(5), 'device'.padStart(10), ...names].join(' ')
}

function line(load: Load, size: number, name: string, figures: Figures): string {
  const cells = COLUMNS.map(([, show]) => show(figures).padStart(10))
  const disorder = figures.overload.disorder + figures.half.disorder
  const note = disorder > 0 ? `  ${disorder} out of order, doubled or damaged` : ''
  return [load.name.padEnd(10), `${size}`.padStart(5), name.padStart(10), ...cells].join(' ') + note
}

/** How many times the peers' rates ours are, at overload and without loss. */
function ratios(all: ReadonlyMap<string, Figures>): string | null {
  const ours = all.get('xdp')
  const peers = ['packet', 'Click', 'FastClick'].filter((name) => all.has(name))
  if (ours === undefined || peers.length === 0) return null
  const cells = peers.map((name) => {
    const { overload, lossFree } = all.get(name)!
    const atOverload = ours.overload.carried / overload.carried
    return `${name} ${atOverload.toFixed(2)}x, ${(ours.lossFree / lossFree).toFixed(2)}x`
  })
  return `${''.padEnd(16)} xdp to ${cells.join('; ')}`
}

const lacks =
  wireLacks() ?? (availableParallelism() < 2 ? 'two cores: one for the generator' : null)
if (lacks !== null) {
  console.error(`bench-wire: needs ${lacks}`)
  process.exit(1)
}
mkdirSync(OUT, { recursive: true })
const results: Record<string, Figures> = {}
const names = chosen(
  'ONLY',
  contenders().map((c) => c.name),
)
console.log('frames/s out of the device; ns a frame at overload; µs from end to end at half of the')
console.log('loss-free rate; share of a core without traffic')
console.log(heading())
for (const load of LOADS.filter((l) => chosen('LOADS', ['forward', 'nat']).includes(l.name)))
  for (const size of chosen('SIZES', ['64', '512', '1500']).map(Number)) {
    const figures = new Map<string, Figures>()
    for (const contender of contenders().filter((c) => names.includes(c.name))) {
      const measured = await measureOne(load, size, contender)
      figures.set(contender.name, measured)
      results[`${load.name} ${size} ${contender.name}`] = measured
      console.log(line(load, size, contender.name, measured))
    }
    const compared = ratios(figures)
    if (compared !== null) console.log(compared)
  }
writeFileSync(join(OUT, 'wire.json'), `${JSON.stringify(results, null, 2)}\n`)
