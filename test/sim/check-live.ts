// What is looked at while a run goes on: who owns what after every command, and whether the one
// that processes a packet is its owner.

import { OWNED } from '../../lib/move/gate.ts'
import type { Replica } from './replica.ts'
import type { Fate } from './traffic.ts'
import type { World } from './world.ts'

/** Findings of a run that are written down; the rest would say the same. */
export const FINDINGS_MAX = 8

/** While it runs: after every command that may change a gate. */
export function checkOwners(replicas: readonly Replica[], findings: string[], world: World): void {
  if (findings.length >= FINDINGS_MAX) return
  const living = replicas.filter((r) => r.process.alive)
  for (const { loop, process } of living)
    if (loop.gate.heldCount > loop.gate.bounds.held)
      findings.push(`packets: ${process.name} holds ${loop.gate.heldCount}`)
  const states = living.map((r) => r.loop.gate.buckets.states)
  const buckets = states[0]?.length ?? 0
  for (let i = 0; i < buckets; i++) {
    let owners = 0
    for (const s of states) if (s[i] === OWNED) owners++
    if (owners < 2) continue
    findings.push(`owners: two of bucket ${i} at ${world.now.toFixed(3)} ms`)
    return
  }
}

/** While it runs: an element takes a packet up. */
export function checkProcessed(
  replica: Replica,
  replicas: ReadonlyMap<string, Replica>,
  { packet, processed }: Fate,
  findings: string[],
  world: World,
): void {
  if (findings.length >= FINDINGS_MAX) return
  const { bucket, flow, id } = packet
  const what = `packet ${id} of flow ${flow} at ${replica.process.name}, ${world.now.toFixed(3)} ms`
  const owns = ({ loop, process }: Replica) => {
    const { states } = loop.gate.buckets
    return process.alive && states[bucket < 0 ? states.length - 1 : bucket] === OWNED
  }
  if (!owns(replica)) findings.push(`owners: ${what}: processed by one who does not own its bucket`)
  for (const other of replicas.values())
    if (other !== replica && owns(other))
      findings.push(`owners: ${what}: ${other.process.name} too`)
  if (processed > 0) findings.push(`packets: ${what}: processed before`)
}
