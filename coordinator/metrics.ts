// What the coordinator's /metrics shows: moves by outcome, their phases and hold times, deaths of
// replicas, and whether services run.

import type { Collect } from '../lib/metrics.ts'
import { MetricsRegistry } from '../lib/metrics.ts'
import type { ServiceStatus } from '../lib/wire/messages.ts'
import type { MoveResult } from './move.ts'

/** Seconds. With expedited grace periods a tenth of a millisecond, without them ten. */
const SWAP_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.2]
/** A hold is a millisecond or so; a phase anything up to minutes. */
const HOLD_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2]
const PHASE_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60]

export interface CoordinatorMetrics {
  readonly registry: MetricsRegistry
  moveFinished(service: string, result: MoveResult): void
  replicaDied(labels: { readonly service: string }): void
}

export async function coordinatorMetrics(): Promise<CoordinatorMetrics> {
  const registry = await MetricsRegistry.create()
  const moves = registry.counter('moves_total', 'Moves, by outcome', ['service', 'outcome'])
  const rows = registry.counter('moved_rows_total', 'Rows that moves took over', ['service'])
  const deltas = registry.counter('moved_deltas_total', 'Changes of rows that followed in rounds', [
    'service',
  ])
  const bytes = registry.counter('moved_bytes_total', 'Bytes of state streams', ['service'])
  const packets = registry.counter(
    'moved_packets_total',
    'Packets that went over: held in elements, stragglers',
    ['service'],
  )
  const held = registry.counter('held_packets_total', 'Packets held during moves', ['service'])
  const overflow = registry.counter(
    'held_overflow_packets_total',
    'Packets dropped because too many were held',
    ['service'],
  )
  const hold = registry.histogram('hold_seconds', 'How long moves held packets', HOLD_SECONDS, [
    'service',
  ])
  const swap = registry.histogram('swap_seconds', 'Swap of the owner table', SWAP_SECONDS, [
    'service',
  ])
  const phase = registry.histogram('move_phase_seconds', 'Phases of moves', PHASE_SECONDS, [
    'service',
    'step',
  ])
  const deaths = registry.counter('replica_deaths_total', 'Replicas that died', ['service'])
  return {
    registry,
    moveFinished(service, { outcome, progress, phases }) {
      moves({ service, outcome })
      rows({ service }, progress.totals.rows)
      deltas({ service }, progress.totals.deltas)
      bytes({ service }, progress.totals.bytes)
      packets({ service }, progress.totals.packets)
      held({ service }, progress.hold.held)
      overflow({ service }, progress.hold.overflow)
      if (outcome === 'done') {
        hold({ service }, progress.hold.holdUs / 1e6)
        swap({ service }, progress.swapUs / 1e6)
      }
      for (const { step, ms } of phases) phase({ service, step }, ms / 1000)
    },
    replicaDied: deaths,
  }
}

export function serviceFamilies(services: () => readonly ServiceStatus[]): Collect {
  return () => {
    const all = services()
    return [
      {
        name: 'service_running',
        help: '1: the service is served by its owner, its ports work',
        type: 'gauge',
        samples: all.map(({ service, version, state }) => ({
          labels: { service, version: version ?? '' },
          value: state === 'running' || state === 'changing' ? 1 : 0,
        })),
      },
      {
        name: 'service_epoch',
        help: 'Ownership epoch as decided',
        type: 'gauge',
        samples: all.map(({ service, epoch }) => ({ labels: { service }, value: epoch })),
      },
    ]
  }
}
