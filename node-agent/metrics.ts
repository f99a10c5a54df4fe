// What the agent's /metrics shows: steering counters by port and reason, frames by range of
// buckets, replicas and their states.

import type { Collect, Family, Sample } from '../lib/metrics.ts'
import type { Agent } from './agent.ts'

/** Ranges that a service's buckets are summed into: 1024 series a service would be too many. */
const BUCKET_RANGES = 16

export function agentMetrics(agent: Agent): Collect {
  return async () => {
    const reasons: Sample[] = []
    const sent: Sample[] = []
    const unsent: Sample[] = []
    const buckets: Sample[] = []
    const epochs: Sample[] = []
    for (const { service, epoch } of agent.services) {
      epochs.push({ labels: { service }, value: epoch })
      const counters = await agent.steeringOf(service)?.counters(service)
      if (counters === undefined) continue
      for (const [port, of] of Object.entries(counters.ports)) {
        const labels = { service, port }
        for (const [reason, value] of Object.entries(of.reasons))
          reasons.push({ labels: { ...labels, reason }, value })
        sent.push({ labels, value: of.sent })
        unsent.push({ labels, value: of.unsent })
      }
      buckets.push(...bucketSamples(service, counters.buckets))
    }
    return [
      counter('steered_frames_total', 'Frames from outside, by what was done with them', reasons),
      counter('replica_frames_sent_total', 'Frames of the replicas that left by a port', sent),
      counter('replica_frames_unsent_total', 'Frames dropped because a port was gone', unsent),
      counter('bucket_frames_total', 'Frames by range of buckets', buckets),
      { name: 'epoch', help: 'Ownership epoch in force', type: 'gauge', samples: epochs },
      {
        name: 'replica_ready',
        help: '1: the replica is ready',
        type: 'gauge',
        samples: agent.replicas.map(({ service, replica, version, state }) => ({
          labels: { service, replica, version },
          value: state === 'ready' ? 1 : 0,
        })),
      },
    ]
  }
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: 'counter', samples }
}

function bucketSamples(service: string, frames: Float64Array): Sample[] {
  const width = Math.max(1, frames.length / BUCKET_RANGES)
  const samples: Sample[] = []
  for (let from = 0; from < frames.length; from += width) {
    let value = 0
    for (let b = from; b < from + width; b++) value += frames[b]!
    samples.push({ labels: { service, buckets: `${from}-${from + width - 1}` }, value })
  }
  return samples
}
