// click-up status: agents, services, replicas, and what happened lately.

import { Command } from 'commander'
import { realClock } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import type { ServiceStatus, Status } from '../lib/wire/messages.ts'
import type { Context } from './context.ts'
import { ask, contextOf } from './context.ts'
import { msText, print, printJson, table } from './output.ts'

/** Events shown for each service; `--json` has all that are kept. */
const EVENTS_SHOWN = 5
const WATCH_MS = 1_000

export function statusCommand(): Command {
  return new Command('status')
    .description('show agents, services and replicas')
    .argument('[service]', 'only this service')
    .option('-w, --watch', 'show again every second, until interrupted')
    .addHelpText('after', '\nExample: click-up status --watch')
    .action(async (name: string | undefined, options: { watch?: true }, command: Command) => {
      const context = contextOf(command)
      await show(context, name)
      while (options.watch === true) {
        await realClock.sleep(WATCH_MS)
        await show(context, name, true)
      }
    })
}

async function show(context: Context, name: string | undefined, again = false): Promise<void> {
  const status = await ask<Status>(context, 'status', null)
  const services = status.services.filter((s) => name === undefined || s.service === name)
  if (name !== undefined && services.length === 0) {
    const have = status.services.map((s) => s.service).join(', ')
    throw new ClickUpError(
      'NOT_FOUND',
      `no service '${name}'`,
      have === '' ? 'none is deployed: click-up deploy FILE' : `there is: ${have}`,
    )
  }
  if (context.json) {
    printJson({ ok: true, ...status, services })
    return
  }
  if (again && process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[J')
  for (const line of statusText({ ...status, services })) print(line)
}

export function statusText(status: Status): string[] {
  const { pid: coordinator, metricsPort: port } = status.coordinator
  const lines = [`coordinator: process ${coordinator}${metricsText(port)}`]
  if (status.agents.length === 0) lines.push('no agent is connected')
  for (const { host, pid, alive, metricsPort } of status.agents)
    lines.push(`agent ${host}: ${alive ? `process ${pid}${metricsText(metricsPort)}` : 'away'}`)
  if (status.services.length === 0) lines.push('no service')
  for (const service of status.services) lines.push('', ...serviceText(service))
  return lines
}

function metricsText(port: number | null): string {
  return port === null ? '' : `, metrics at 127.0.0.1:${port}`
}

function serviceText(s: ServiceStatus): string[] {
  const ports = s.ports.map((p) => `${p.name}=${p.interface ?? `udp:${p.listen}:${p.peer}`}`)
  const lines = [
    `service ${s.service}: ${s.state}, version ${s.version ?? '–'}, epoch ${s.epoch}`,
    `  driver ${s.driver ?? '–'}${s.reason === null ? '' : ` (${s.reason})`}, ` +
      `${s.buckets} buckets, ${ports.join(' ')}`,
  ]
  if (s.fault !== null) lines.push(`  FAULT: ${s.fault}`)
  if (s.previous !== null) lines.push(`  rollback goes to ${s.previous}`)
  if (s.change !== null) lines.push(`  changing to ${s.change.version}, step ${s.change.step}`)
  const rows = s.replicas.map((r) => [
    `  ${r.replica}`,
    r.version,
    r.replica === s.owner ? 'owner' : '',
    r.state,
    String(r.pid),
    msText(r.readyMs),
    r.beat === null ? '' : String(r.beat.flows),
    r.beat === null ? '' : String(r.beat.rxPackets),
    r.beat === null ? '' : String(r.beat.txPackets),
    r.metricsPort === null ? '' : `127.0.0.1:${r.metricsPort}`,
  ])
  if (rows.length > 0) {
    const figures = ['ready in', 'flows', 'rx', 'tx']
    const metrics = s.replicas.some((r) => r.metricsPort !== null) ? ['metrics'] : []
    const head = ['  replica', 'version', '', 'state', 'pid', ...figures, ...metrics]
    lines.push(...table([head, ...rows]))
  }
  for (const { time, event, text } of s.events.slice(-EVENTS_SHOWN))
    lines.push(`  ${time.slice(11, 19)} ${event}: ${text}`)
  return lines
}
