// What must hold of every run, whatever its faults. Knows the machines only from outside: gates,
// rows, packets, the owner table.
//
//   owners      never two live owners of a bucket; at the end one, and it is the owner table's
//   packets     each comes out once, or was dropped with a reason that the scenario gives, or was
//               with a process that was killed
//   order       numbers of a flow only rise, except for packets that took a detour
//   settles     the move ends, with an outcome that fits who is alive
//   rows        without losses: as in a run without a move; and nobody keeps rows of others

import { OWNED } from '../../lib/move/gate.ts'
import type { Replica } from './replica.ts'
import { type Run, SOURCE, TARGET } from './run.ts'
import type { World } from './world.ts'

/** While it runs: after every command that may change a gate. */
export function checkOwners(replicas: readonly Replica[], findings: string[], world: World): void {
  const living = replicas.filter((r) => r.process.alive)
  const [a, b] = living
  if (a === undefined || b === undefined || findings.length > 0) return
  for (let i = 0; i < a.loop.gate.states.length; i++)
    if (a.loop.gate.states[i] === OWNED && b.loop.gate.states[i] === OWNED) {
      findings.push(`owners: two of bucket ${i} at ${world.now.toFixed(3)} ms`)
      return
    }
}

/** Afterwards. `without`: the same traffic, no move. */
export function check(run: Run, without: () => Run): string[] {
  const findings = [...run.findings]
  const finish = run.coordinator.finish
  if (finish === null) return [...findings, `settles: still in ${run.coordinator.state.step}`]
  checkOutcome(run, findings)
  checkPackets(run, findings)
  checkOrder(run, findings)
  if (finish.outcome !== 'lost') checkEnd(run, findings)
  const replicaDied = run.world.kills.some((k) => k === SOURCE || k === TARGET)
  if (findings.length === 0 && !replicaDied && !run.traffic.fates.some((f) => f.dropped !== ''))
    checkRows(run, without(), findings)
  return findings
}

/** What a move may fail for, and what the scenario must have for that. */
const REASONS: Readonly<Record<string, (run: Run) => boolean>> = {
  CONFLICT: ({ scenario }) => scenario.abortMs >= 0,
  INCOMPATIBLE: ({ scenario }) => scenario.notReady || scenario.applyFails,
  SYSCALL: ({ scenario }) => scenario.flipFailures > 0,
  UNREACHABLE: ({ scenario }) => scenario.loss > 0 || scenario.frameLoss > 0,
  MOVE_FAILED: ({ world }) => world.kills.length > 0,
}

function checkOutcome(run: Run, findings: string[]): void {
  const { kills } = run.world
  for (const { spec, outcome, failure } of run.coordinator.finishes) {
    const sourceDied = kills.includes(spec.source)
    if (outcome === 'takeover' && !sourceDied)
      findings.push('outcome: takeover from a living source')
    if (outcome === 'lost' && !(sourceDied && kills.includes(spec.target)))
      findings.push('outcome: lost, but one lives')
    const reason = failure === null ? 'none' : failure.code
    const fits = outcome === 'done' || (REASONS[reason]?.(run) ?? false)
    if (!fits) findings.push(`outcome: ${outcome} for no good reason (${reason})`)
  }
}

function checkPackets(run: Run, findings: string[]): void {
  const { kills } = run.world
  const { heldMax, applyFails } = run.scenario
  const { outcome, atMs } = run.coordinator.finish!
  for (const { packet, out, dropped, holders } of run.traffic.fates) {
    const what = `packet ${packet.flow}/${packet.n} (${packet.bornMs.toFixed(3)} ms)`
    if (out > 1) findings.push(`packets: ${what} came out ${out} times`)
    if (out > 0 && dropped !== '') findings.push(`packets: ${what} came out and was dropped`)
    if (dropped !== '') {
      const overflow = dropped === 'overflow' && heldMax < 1000
      // A target that fails after the flip cannot give back what was steered to it, nor can its
      // source know what it took.
      const discarded =
        (['discarded', 'no_credit', 'foreign'].includes(dropped) && applyFails) ||
        (dropped === 'no_credit' && kills.some((k) => k === SOURCE || k === TARGET))
      // A packet on a detour longer than a whole move: sent on once, it finds the bucket gone again.
      const twice = packet.late && run.coordinator.finishes.length > 1
      const nobody = outcome === 'lost' && dropped === 'foreign'
      if (!overflow && !discarded && !twice && !nobody)
        findings.push(`packets: ${what} dropped: ${dropped}`)
    } else if (out === 0) {
      if (!holders.some((h) => kills.includes(h)))
        findings.push(`packets: ${what} vanished at ${holders.join(' or ')}`)
      if (run.agent.epoch === 0 && !kills.includes(SOURCE))
        findings.push(`packets: ${what} lost, although nothing was flipped`)
      // When the move is over, steering goes to a living owner, unless that one dies later.
      const both = kills.includes(SOURCE) && kills.includes(TARGET)
      if (!both && packet.bornMs > atMs && ownerLives(run))
        findings.push(`packets: ${what} lost after the move`)
    }
    if (findings.length > 10) return
  }
}

function ownerLives(run: Run): boolean {
  const names = new Set(run.agent.owners)
  return [run.source, run.target].every((r) => !names.has(r.process.name) || r.process.alive)
}

function checkOrder(run: Run, findings: string[]): void {
  // A detour lets a packet pass others; those that it passed are in order among themselves.
  for (const [flow, numbers] of run.traffic.outputs.entries())
    for (let i = 1; i < numbers.length; i++)
      if (numbers[i]! <= numbers[i - 1]!) {
        findings.push(`order: flow ${flow}: ${numbers[i]} after ${numbers[i - 1]}`)
        break
      }
}

/** At rest: one living owner a bucket (unless it died after the move), rows only with owners. */
function checkEnd(run: Run, findings: string[]): void {
  const { agent, source, target } = run
  const living = [source, target].filter((r) => r.process.alive)
  for (let b = 0; b < agent.owners.length - 1; b++) {
    const owners = living.filter((r) => r.loop.gate.states[b] === OWNED).map((r) => r.process.name)
    const steered = agent.owners[b]!
    const dead = run.world.kills.includes(steered)
    if (owners.length > 1 || (!dead && owners[0] !== steered))
      findings.push(`end: bucket ${b} steered to ${steered}, owned by ${owners.join() || 'nobody'}`)
  }
  for (const r of living) {
    const stray = [...r.loop.rows.keys()].find(
      (flow) => r.loop.gate.states[r.loop.bucketOf(flow)] !== OWNED,
    )
    if (stray !== undefined) findings.push(`end: ${r.process.name} keeps rows of others (${stray})`)
  }
}

function checkRows(run: Run, without: Run, findings: string[]): void {
  const expected = without.source.loop.rows
  const rows = new Map([...run.source.loop.rows, ...run.target.loop.rows])
  if (run.traffic.fates.length !== without.traffic.fates.length)
    findings.push(`rows: traffic differs: ${run.traffic.fates.length} packets`)
  for (const flow of new Set([...expected.keys(), ...rows.keys()]))
    if (rows.get(flow) !== expected.get(flow)) {
      findings.push(`rows: flow ${flow}: ${rows.get(flow)} and not ${expected.get(flow)}`)
      return
    }
}
