// An upgrade as it goes: a line a step, with rows, deltas and times. On a terminal the line of the
// running step is rewritten; elsewhere only finished steps and what is new is printed.

import type { Upgraded, UpgradeProgress } from '../lib/wire/messages.ts'
import type { InPlaceReport } from '../lib/wire/messages-in-place.ts'
import { bytesText, msText, print, printJson } from './output.ts'

export class UpgradeView {
  readonly #json: boolean
  readonly #live: boolean
  #step = ''
  #line = ''

  constructor(json: boolean, live = process.stdout.isTTY === true) {
    this.#json = json
    this.#live = live && !json
  }

  readonly take = (event: unknown): void => {
    if (this.#json) {
      printJson(event)
      return
    }
    const progress = event as UpgradeProgress
    switch (progress.event) {
      case 'starting':
        print(`  start      ${progress.replica}, version ${progress.version}`)
        break
      case 'replica_ready':
        print(`  ready      ${progress.replica} in ${msText(progress.ms)}`)
        break
      case 'in_place':
        print(`  in place   ${progress.replica}, version ${progress.version}`)
        break
      case 'step':
        this.#onStep(progress)
        break
      case 'stopping':
        this.#endLine()
        print(`  stop       ${progress.replica}`)
    }
  }

  done(result: Upgraded): void {
    if (this.#json) printJson({ ok: true, ...result })
    else for (const line of summary(result)) print(line)
  }

  #onStep(step: Extract<UpgradeProgress, { event: 'step' }>): void {
    if (step.step !== this.#step) this.#endLine()
    this.#step = step.step
    this.#line = stepLine(step)
    if (this.#live) process.stdout.write(`\r\x1b[K${this.#line}`)
  }

  #endLine(): void {
    if (this.#line === '') return
    if (this.#live) process.stdout.write('\n')
    else print(this.#line)
    this.#line = ''
  }
}

function stepLine(s: Extract<UpgradeProgress, { event: 'step' }>): string {
  const parts = [`${msText(s.ms)} in`]
  if (s.rows > 0) parts.push(`${s.rows} rows, ${s.deltas} deltas, ${bytesText(s.bytes)}`)
  if (s.step === 'precopy') parts.push(`round ${s.rounds}, ${s.pending} dirty`)
  if (s.swap_us > 0) parts.push(`swap ${msText(s.swap_us / 1000)}`)
  if (s.hold_ms > 0) parts.push(`hold ${msText(s.hold_ms)}, ${s.held} packets held`)
  return `  ${s.step.padEnd(10)} ${parts.join('; ')}`
}

function summary(r: Upgraded): string[] {
  if (r.outcome === 'unchanged') return [`${r.service}: version ${r.version} runs already`]
  if (r.in_place !== undefined) return inPlaceSummary(r, r.in_place)
  const lines = [
    `${r.service}: ${r.from} → ${r.version} as ${r.replica}, ${msText(r.total_ms)} in all`,
    `  ${r.rows_moved} rows and ${r.deltas} deltas moved (${bytesText(r.bytes)})`,
    `  packets held for ${msText(r.hold_ms)}: ${r.packets_held} held, ${r.held_overflow} dropped`,
  ]
  if (r.outcome === 'takeover')
    lines.push('  the old replica died on the way: state that had not come yet is lost')
  return lines
}

function inPlaceSummary(r: Upgraded, p: InPlaceReport): string[] {
  const { stayed, carried, anew } = p.elements
  return [
    `${r.service}: ${r.from} → ${r.version} in place in ${r.replica}, ${msText(r.total_ms)} in all`,
    `  packets waited for ${p.pause_us} µs; made ready beside them in ${msText(p.compile_ms)}`,
    `  ${stayed} elements stayed, ${carried} carried on, ${anew} started anew`,
    `  ${p.rows_by_reference} rows by reference, ${p.rows_converted} converted, ${p.packets} packets held`,
  ]
}
