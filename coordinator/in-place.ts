// An upgrade in place: the running replica is asked to go on as another version. There is no move and no
// flip; what is journalled is the change itself:
//
//   change written      nobody may have been asked, or the answer was lost: it is asked again, and a
//                       replica that is done says so
//   answer or refusal   the outcome is written, and the change is over
//   replica died        with its state, as ever: the version that is wanted is started anew

import { ClickUpError } from '../lib/errors.ts'
import { failpoint } from '../lib/failpoint.ts'
import { IN_PLACE_MS } from '../lib/limits.ts'
import type { Upgraded } from '../lib/wire/messages.ts'
import type { AgentReplicaUpgrade, ReplicaUpgraded } from '../lib/wire/messages-in-place.ts'
import type { Service } from './service.ts'
import type { Change, Owner } from './store.ts'
import { beginChange, round, saveOutcome, type Tell, type UpgradeRequest } from './upgrade.ts'

export async function upgradeInPlace(
  service: Service,
  request: UpgradeRequest,
  owner: Owner,
  tell: Tell,
): Promise<Upgraded> {
  const { clock } = service.parts
  const began = clock.now()
  const change = await beginChange(service, request, owner.replica)
  failpoint('in_place.coordinator.journalled')
  tell({ event: 'in_place', replica: change.target, version: change.version })
  const { report } = await carryOut(service, change, owner)
  return {
    service: service.name,
    outcome: 'done',
    from: owner.version,
    version: change.version,
    replica: owner.replica,
    move: 0,
    rows_moved: report.rows_by_reference + report.rows_converted,
    deltas: report.deltas,
    bytes: 0,
    packets_moved: report.packets,
    packets_held: 0,
    held_overflow: 0,
    hold_ms: round(report.pause_us / 1000),
    swap_us: report.pause_us,
    replica_ready_ms: 0,
    total_ms: round(clock.now() - began),
    phases: [],
    in_place: report,
  }
}

/** Goes on with one that a predecessor of this coordinator had begun. */
export async function resumeInPlace(
  service: Service,
  change: Change,
  owner: Owner | null,
): Promise<void> {
  service.note('upgrade_resumed', `in place, to version ${change.version}`)
  if (owner === null || owner.replica !== change.target) {
    await saveOutcome(service, { ...service.record, change: null })
    return
  }
  try {
    await carryOut(service, change, owner)
  } catch (error) {
    // It was refused, and that is written down: nobody is there any more to be told.
    if (service.record.change !== null) throw error
  }
}

/** Asks, and writes the outcome down; where there is none to be had, the change stays for later. */
async function carryOut(service: Service, change: Change, owner: Owner): Promise<ReplicaUpgraded> {
  const { version, target, map, discard } = change
  const upgraded = await ask(service, { replica: target, version, map, discard }).catch(
    async (error: Error) => {
      // Unknown: it may have been done. Whoever comes next asks again.
      if (error instanceof ClickUpError && error.code === 'UNREACHABLE') throw error
      service.note('upgrade_undone', `in place: ${error.message}`)
      await saveOutcome(service, { ...service.record, change: null })
      throw error
    },
  )
  failpoint('in_place.coordinator.answered')
  await saveOutcome(service, {
    ...service.record,
    wanted: version,
    previous: owner.version,
    mapped: map,
    owner: { replica: target, version },
    change: null,
  })
  service.note('upgraded', `${target} runs version ${version}, in place`)
  // What is known of the replica is of before: its schemas are those of another version now.
  await service.reconcile().catch(() => service.wake())
  return upgraded
}

async function ask(service: Service, body: AgentReplicaUpgrade): Promise<ReplicaUpgraded> {
  const { agents } = service.parts
  const { host } = service.record
  const timeoutMs = IN_PLACE_MS
  const answer = await agents.request(host, 'agent.replicaUpgrade', body, { timeoutMs })
  return answer as ReplicaUpgraded
}
