// A replica's metrics: per port, element, table, bucket state and pool, read from the packet loop
// when Prometheus asks. A loop that hangs gives `up 0` and nothing else.

import type { Family, Sample } from '../lib/metrics.ts'
import type { WorkerStatus } from './control.ts'
import type { PortCounters } from './io/device.ts'

const PORT_METRICS: readonly [keyof PortCounters, string, string][] = [
  ['rxPackets', 'port_rx_packets_total', 'packets received'],
  ['rxBytes', 'port_rx_bytes_total', 'bytes received'],
  ['txPackets', 'port_tx_packets_total', 'packets sent'],
  ['txBytes', 'port_tx_bytes_total', 'bytes sent'],
  ['rxDropped', 'port_rx_dropped_total', 'packets dropped before the graph: ring full, no frame'],
  ['txDropped', 'port_tx_dropped_total', 'packets not sent: ring full, interface gone'],
]

const GATE_METRICS = {
  held: 'packets held for buckets on their way here',
  holdOverflow: 'packets dropped because the hold was full',
  stragglers: 'packets sent on to the new owner',
  stragglerOverflow: 'stragglers dropped because too many waited',
  foreign: 'packets dropped because another replica owns their bucket',
  fences: 'fence frames seen',
} as const

/** @param status null: the packet loop gave no answer */
export function replicaFamilies(replica: string, status: WorkerStatus | null): Family[] {
  const own = { replica }
  const up: Family = {
    name: 'replica_up',
    help: 'whether the packet loop answers',
    type: 'gauge',
    samples: [{ labels: own, value: status === null ? 0 : 1 }],
  }
  if (status === null) return [up]
  const counter = (name: string, help: string, samples: Sample[]): Family => ({
    name,
    help,
    type: 'counter',
    samples,
  })
  const gauge = (name: string, help: string, samples: Sample[]): Family => ({
    name,
    help,
    type: 'gauge',
    samples,
  })
  const state = status.state.map((s) => ({
    labels: { ...own, element: s.element, state: s.state },
    size: s,
  }))
  return [
    up,
    ...PORT_METRICS.map(([key, name, help]) =>
      counter(
        name,
        help,
        status.ports.map((p) => ({ labels: { ...own, port: p.name }, value: p[key] })),
      ),
    ),
    counter(
      'element_counter_total',
      "an element's declared counter",
      status.elements.flatMap((e) =>
        Object.entries(e.counters).map(([counterName, value]) => ({
          labels: { ...own, element: e.name, class: e.className, counter: counterName },
          value,
        })),
      ),
    ),
    gauge('state_rows', 'rows (or packets) held', rows(state, 'size')),
    gauge('state_capacity', 'rows (or packets) held at most', rows(state, 'capacity')),
    counter('state_full_total', 'inserts that found the table full', rows(state, 'full')),
    counter('state_expired_total', 'rows that went by expiry', rows(state, 'expired')),
    ...Object.entries(GATE_METRICS).map(([key, help]) =>
      counter(`gate_${snake(key)}_total`, help, [
        { labels: own, value: status.gate[key as keyof typeof GATE_METRICS] },
      ]),
    ),
    gauge(
      'buckets',
      'buckets by ownership state',
      Object.entries(status.buckets).map(([name, value]) => ({
        labels: { ...own, ownership: name },
        value,
      })),
    ),
    counter('in_place_upgrades_total', 'upgrades in place', [
      { labels: own, value: status.inPlace.count },
    ]),
    gauge('in_place_pause_seconds', 'how long the last one held packets', [
      { labels: own, value: status.inPlace.pauseUs / 1e6 },
    ]),
    gauge('pool_frames_available', 'frames free', [{ labels: own, value: status.pool.available }]),
    counter('pool_exhausted_total', 'times that no frame was free', [
      { labels: own, value: status.pool.exhausted },
    ]),
  ]
}

type StateSample = { labels: Record<string, string>; size: WorkerStatus['state'][number] }

function rows(state: StateSample[], key: 'size' | 'capacity' | 'full' | 'expired'): Sample[] {
  return state.map(({ labels, size }) => ({ labels, value: size[key] }))
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
}
