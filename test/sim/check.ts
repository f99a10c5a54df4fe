// What must hold of every run, whatever its faults. Knows the machines only from outside: gates,
// rows, packets, the owner table.
//
//   owners      (check-live.ts) never two living owners of a bucket, no packet processed by anyone
//               else, none twice; at the end one owner, and it is the owner table's
//   packets     each comes out once, or was dropped with a reason that the scenario gives, or was
//               with a process that was killed (one out of a queue may then come out twice); no
//               more are held than the bound says
//   order       numbers of a flow only rise, except for packets that took a detour
//   settles     the moves end, in time, with outcomes that fit who is alive; epochs only rise
//               (run.ts, agent.ts)
//   rows        without losses: as in a run without a move; sums and maxima add up (check-state.ts)
//   rest        nothing is left behind: rows of others, holds, frames of the pool (check-state.ts)
//   defect      no exception comes out of the code

import { ASK_AGAIN_MS, UNDO_TRIES } from '../../lib/limits.ts'
import { AWAY, INCOMING, OWNED } from '../../lib/move/gate.ts'
import { FINDINGS_MAX } from './check-live.ts'
import { checkRest, checkState } from './check-state.ts'
import { type Run, run } from './run.ts'
import { mayFail, type Scenario } from './scenario.ts'
import type { Fate } from './traffic.ts'

/**
 * A move that nothing disturbs any more is over by then: half of it is patience (lib/limits.ts).
 */
const SETTLE_MS = 8_000

/** A run and all that is wrong with it. */
export function runAndCheck(scenario: Scenario, keep = false): [Run, string[]] {
  const result = run(scenario, -1, keep)
  let other: Run | null = null
  const findings = check(result, () => {
    other = run({ ...scenario, move: false }, result.stopMs)
    return other
  })
  for (const r of [result, other as Run | null])
    for (const replica of r?.replicas.values() ?? []) replica.loop.pool.done()
  return [result, findings]
}

/** Afterwards. `without`: the same traffic, no move. */
function check(run: Run, without: () => Run): string[] {
  const findings = [...run.findings, ...run.world.defects.map((d) => `defect: ${d}`)]
  const finish = run.coordinator.finish
  if (finish === null) return [...findings, `settles: still in ${run.coordinator.state.step}`]
  const bound = run.scenario.calmMs + run.coordinator.finishes.length * SETTLE_MS
  if (finish.atMs > bound) findings.push(`settles: at ${finish.atMs} ms, not by ${bound} ms`)
  checkOutcomes(run, findings)
  checkPackets(run, findings)
  checkOrder(run, findings)
  if (finish.outcome !== 'lost') checkEnd(run, findings)
  if (!isSilent(run)) checkRest(run, findings)
  if (findings.length === 0) checkState(run, without, findings)
  return findings
}

/**
 * An undone move is over without the answer of a side that is silent for long: its next one ends
 * it.
 */
function isSilent({ scenario, coordinator }: Run): boolean {
  const patienceMs = UNDO_TRIES * ASK_AGAIN_MS
  const long = scenario.partitions.some((p) => p.endMs - p.startMs > patienceMs)
  return long && coordinator.finishes.some((f) => f.outcome === 'undone')
}

/** What a move may fail for, and what the scenario must have for that. */
const REASONS: Readonly<Record<string, (run: Run) => boolean>> = {
  CONFLICT: ({ scenario }) => scenario.abortMs >= 0,
  INCOMPATIBLE: ({ scenario }) => scenario.versions.some((v) => v === 4 || v === 9),
  PROTOCOL: ({ scenario }) => scenario.garble > 0,
  LIMIT: ({ scenario }) => scenario.capacities.some((c) => c < 10_000),
  SYSCALL: ({ scenario }) => scenario.flipFailures > 0 || scenario.faults.length > 0,
  UNREACHABLE: ({ scenario: s }) =>
    s.streamSkew || s.loss > 0 || s.frameLoss > 0 || s.partitions.length > 0 || s.faults.length > 0,
  MOVE_FAILED: ({ world }) => world.kills.length > 0,
}

function checkOutcomes(run: Run, findings: string[]): void {
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

/** Why a packet may have been dropped. */
function isAllowed(run: Run, { packet }: Fate, why: string): boolean {
  const { scenario, world, coordinator } = run
  const { heldMax, stragglersMax, frames } = scenario
  const replicaDied = world.kills.some((k) => run.replicas.has(k))
  // What waits for seconds outgrows every bound.
  const waits = scenario.partitions.some((p) => p.endMs - p.startMs > 1000)
  if (waits && ['overflow', 'no frame', 'straggler overflow'].includes(why)) return true
  if (why === 'overflow') return heldMax < 1000
  if (why === 'no frame') return frames < 1000
  if (why === 'straggler overflow') return stragglersMax < 100
  if (why === 'given up' && replicaDied) return true
  // A target that fails after the flip cannot give back what was steered to it, nor can its source
  // know what it took.
  if (mayFail(scenario) && (why === 'given up' || why === 'foreign')) return true
  // A straggler whose frame was lost when the next move began: nobody takes it any more.
  if (why === 'given up' && packet.late && coordinator.finishes.length > 1) return true
  if (why !== 'foreign') return false
  // A packet on a detour longer than a whole move: sent on once, it finds the bucket gone again.
  if (packet.late && coordinator.finishes.length > 1) return true
  return coordinator.finish!.outcome === 'lost'
}

function checkPackets(run: Run, findings: string[]): void {
  const { kills } = run.world
  const { atMs } = run.coordinator.finish!
  const lost = run.traffic.fates.filter((f) => f.givenUp && f.out === 0 && f.dropped === '').length
  if (lost > run.traffic.told)
    findings.push(`packets: ${lost} were given up, ${run.traffic.told} said to be`)
  for (const fate of run.traffic.fates) {
    if (findings.length > FINDINGS_MAX) return
    const { packet, out, holders } = fate
    const what = `packet ${packet.id} of flow ${packet.flow} (${packet.bornMs.toFixed(3)} ms)`
    // Whether a target that died had sent what it got out of a queue, its source cannot know.
    const again = out === 2 && fate.handed && run.world.kills.some((k) => run.replicas.has(k))
    if (out > 1 && !again) findings.push(`packets: ${what} came out ${out} times`)
    if (out > 0 && fate.dropped !== '') findings.push(`packets: ${what} came out and was dropped`)
    if (out > 0) continue
    const why = fate.dropped !== '' ? fate.dropped : fate.givenUp ? 'given up' : ''
    if (why !== '') {
      if (!isAllowed(run, fate, why)) findings.push(`packets: ${what} dropped: ${why}`)
      continue
    }
    // No frame for a packet that came by the stream: the pool counts it.
    const full = holders.some((h) => (run.replicas.get(h)?.loop.pool.exhausted ?? 0) > 0)
    const mayBe = run.scenario.partitions.length > 0 || run.scenario.frames < 1000
    if (full && mayBe) continue
    if (!holders.some((h) => kills.includes(h)))
      findings.push(`packets: ${what} vanished at ${holders.join(' or ')}`)
    if (run.agent.epoch === 0 && !kills.includes('nf.1'))
      findings.push(`packets: ${what} lost, although nothing was flipped`)
    // When the moves are over, steering goes to a living owner, unless that one dies later.
    const owner = run.replicas.get(run.agent.ownerOf(packet.bucket))
    if (packet.bornMs > atMs && owner?.process.alive === true)
      findings.push(`packets: ${what} lost after the move`)
  }
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

/** At rest: one living owner a bucket (unless it died after the move), and nobody between. */
function checkEnd(run: Run, findings: string[]): void {
  const { agent, replicas } = run
  const living = [...replicas.values()].filter((r) => r.process.alive)
  for (let b = -1; b < agent.table.length - 1; b++) {
    const at = b < 0 ? agent.table.length - 1 : b
    const states = living.map((r) => r.loop.gate.buckets.states[at])
    const owners = living.filter((_, k) => states[k] === OWNED).map((r) => r.process.name)
    const steered = agent.ownerOf(b)
    const dead = run.world.kills.includes(steered)
    if (owners.length > 1 || (!dead && owners[0] !== steered))
      findings.push(`end: bucket ${b} steered to ${steered}, owned by ${owners.join() || 'nobody'}`)
    if (!dead && !isSilent(run) && states.some((s) => s === INCOMING || s === AWAY))
      findings.push(`rest: bucket ${b} is still being moved`)
  }
}
