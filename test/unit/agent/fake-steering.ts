// Steering without frames: keeps owner tables by the rules of the real one (ownership.ts) and
// refuses interfaces whose names begin with `missing`.

import { ClickUpError } from '../../../lib/errors.ts'
import { Ownership } from '../../../node-agent/steering/ownership.ts'
import type { FlipRequest, ServiceSpec, Steering } from '../../../node-agent/steering/steering.ts'
import { reasonCounts } from '../../../node-agent/steering/steering.ts'

export function fakeSteering(): Steering {
  const services = new Map<string, Ownership>()
  const of = (service: string) => {
    const found = services.get(service)
    if (found === undefined) throw new ClickUpError('NOT_FOUND', `service '${service}'`)
    return found
  }
  return {
    driver: 'udp',
    async attachService(spec: ServiceSpec) {
      const missing = spec.ports.find((p) => p.interface.startsWith('missing'))
      if (missing !== undefined)
        throw new ClickUpError('INTERFACE', `no interface '${missing.interface}'`)
      if (!services.has(spec.service))
        services.set(spec.service, new Ownership(spec.service, spec.bucketsLog2))
    },
    async detachService(service) {
      services.delete(service)
    },
    async attachReplica(service, replica) {
      of(service).add(replica)
      return { driver: 'udp', netns: null, ports: [], frames: 64 }
    },
    async detachReplica(service, replica) {
      services.get(service)?.remove(replica)
    },
    async flip(request: FlipRequest) {
      const ownership = of(request.service)
      const table = ownership.decide(request)
      ownership.commit(request)
      return { swapUs: table === null ? 0 : 80, fences: request.fenceTo === null ? 0 : 2 }
    },
    async counters(service) {
      const buckets = new Float64Array(of(service).buckets)
      return { reasons: reasonCounts([]), buckets, ports: {} }
    },
    owners(service) {
      const { epoch, owners } = of(service)
      return { epoch, owners }
    },
    check: () => null,
    async close() {
      services.clear()
    },
  }
}
