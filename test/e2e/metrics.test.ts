// Metrics of all three kinds of process, in a real deployment after an upgrade: what is served is
// documented in doc/metrics.md, and what is documented is served.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Stage, XdpStage } from '../../demo/stage.ts'
import type { Status } from '../../lib/wire/messages.ts'
import { driverText, makeStage, until } from './stage.ts'

const DOC = fileURLToPath(new URL('../../../doc/metrics.md', import.meta.url))

interface Metric {
  readonly type: string
  /** Empty also where nothing was counted yet. */
  readonly labels: readonly string[]
}
type Metrics = Readonly<Record<string, Metric>>

/** The tables of the documentation, by heading; 'Every process' is part of each. */
function documented(): Record<'Coordinator' | 'Agent' | 'Replica', Metrics> {
  const sections = readFileSync(DOC, 'utf8').split(/^## /m)
  const of = (heading: string): Metrics => {
    const section = sections.find((s) => s.startsWith(`${heading}\n`)) ?? ''
    const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+) \| ?(.*?) ?\| .+ \|$/gm)]
    return Object.fromEntries(
      rows.map(([, name, type, labels]) => [
        name!,
        { type: type!, labels: [...labels!.matchAll(/`(\w+)`/g)].map((m) => m[1]!).sort() },
      ]),
    )
  }
  const all = of('Every process')
  return {
    Coordinator: { ...of('Coordinator'), ...all },
    Agent: { ...of('Agent'), ...all },
    Replica: { ...of('Replica'), ...all },
  }
}

/** The text format of Prometheus. */
function parse(text: string): Record<string, Metric & { readonly values: number[] }> {
  const found: Record<string, { type: string; labels: string[]; values: number[] }> = {}
  for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    found[name!] = { type: type!, labels: [], values: [] }
  for (const [, series, labels, value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const name = series! in found ? series! : series!.replace(/_(?:bucket|sum|count)$/, '')
    const names = [...(labels ?? '').matchAll(/(\w+)="/g)].map((m) => m[1]!)
    const metric = found[name]!
    metric.values.push(Number(value))
    metric.labels = [...new Set([...metric.labels, ...names])].filter((l) => l !== 'le').sort()
  }
  return found
}

/** Asked where the processes are: loopback is the namespace's own. */
async function scrape(stage: Stage, port: number | null) {
  const url = `http://127.0.0.1:${port}/metrics`
  if (!(stage instanceof XdpStage)) return parse(await (await fetch(url)).text())
  const script = `fetch('${url}').then((r) => r.text()).then((text) => process.stdout.write(text))`
  return parse((await stage.lab.lab.exec('host', process.execPath, ['-e', script])).stdout)
}

test.serial(`every metric is documented, and the other way round (${driverText})`, async (t) => {
  const stage = await makeStage({ connections: 5, flows: 4, packetsPerS: 300 })
  try {
    await stage.cluster.start('coordinator', {}, ['--metrics', '0'])
    await stage.cluster.start('agent', {}, ['--metrics', '0'])
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
    const traffic = await stage.startTraffic()
    try {
      t.is((await stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])).code, 0)
    } finally {
      traffic.stop()
    }
    await until(stage, (s) => s.replicas.length === 1)
    const status = (await stage.cluster.run(['status'])).events.at(-1) as unknown as Status
    const served = {
      Coordinator: await scrape(stage, status.coordinator.metricsPort),
      Agent: await scrape(stage, status.agents[0]!.metricsPort),
      Replica: await scrape(stage, status.services[0]!.replicas[0]!.metricsPort),
    }
    const wanted = documented()
    for (const kind of ['Coordinator', 'Agent', 'Replica'] as const) {
      const known = Object.entries(served[kind]).map(([name, { type, labels, values }]) => {
        // Nothing of it was counted yet, so its labels are not known.
        return [name, { type, labels: values.length > 0 ? labels : wanted[kind][name]?.labels }]
      })
      t.deepEqual(Object.fromEntries(known), wanted[kind], kind)
    }
    const sum = (kind: keyof typeof served, name: string) =>
      served[kind][name]!.values.reduce((a, b) => a + b, 0)
    t.is(sum('Coordinator', 'click_up_moves_total'), 1)
    t.true(sum('Coordinator', 'click_up_moved_rows_total') > 0)
    t.true(sum('Agent', 'click_up_steered_frames_total') > 0)
    t.is(served.Agent.click_up_bucket_frames_total!.values.length, 16)
    t.true(sum('Agent', 'click_up_bucket_frames_total') > 0)
    t.true(sum('Replica', 'click_up_port_rx_packets_total') > 0)
    t.true(sum('Replica', 'click_up_state_rows') > 0)
    t.true(sum('Replica', 'click_up_element_counter_total') > 0)
  } finally {
    await stage.close()
  }
})
