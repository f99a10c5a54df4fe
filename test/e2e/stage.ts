// The stage of the end-to-end tests: the demo's, with the driver that this machine allows.

import { chooseDriver } from '../../dataplane/io/open.ts'
import { type Load, type Stage, UdpStage, XdpStage } from '../../demo/stage.ts'

const choice = chooseDriver()
export const driver = choice.driver === 'xdp' ? 'xdp' : 'udp'
/** For the titles: which driver runs, and why not the better one. */
export const driverText =
  driver === 'xdp'
    ? 'xdp'
    : `udp; xdp: ${choice.refused.find((r) => r.driver === 'xdp')?.reason ?? '?'}`

export async function makeStage(load: Partial<Load> = {}): Promise<Stage> {
  const light: Load = { ...LIGHT, ...load }
  return driver === 'xdp' ? await XdpStage.create(light) : await UdpStage.create(light)
}

/** A driver whose upgrades are tested, and a stage for it; `lacks`: what this machine has not. */
export interface Staged {
  readonly driver: 'xdp' | 'packet' | 'udp'
  readonly lacks: string | null
  make(load?: Partial<Load>): Promise<Stage>
}

const LIGHT: Load = { connections: 20, flows: 8, packetsPerS: 500 }
const lacksXdp = choice.refused.find((r) => r.driver === 'xdp')?.reason ?? null

/** All drivers. Replicas of the packet driver are steered by XDP programs too. */
export const STAGED: readonly Staged[] = [
  {
    driver: 'xdp',
    lacks: lacksXdp,
    make: (load) => XdpStage.create({ ...LIGHT, ...load }),
  },
  {
    driver: 'packet',
    lacks: lacksXdp,
    make: (load) => XdpStage.create({ ...LIGHT, ...load }, 'packet'),
  },
  {
    driver: 'udp',
    lacks: null,
    make: (load) => UdpStage.create({ ...LIGHT, ...load }),
  },
]

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

interface ServiceStatus {
  readonly service: string
  readonly owner: string | null
  readonly epoch: number
  readonly version: string
  readonly change: unknown
  readonly state: string
  readonly replicas: readonly { readonly replica: string; readonly pid: number }[]
}

/** The NAT's status, or null where it is not deployed. */
export async function natStatus(stage: Stage): Promise<ServiceStatus | null> {
  const { events } = await stage.cluster.run(['status'])
  const services = (events.at(-1)?.services ?? []) as ServiceStatus[]
  return services.find((s) => s.service === 'nat') ?? null
}

/** Waits until `holds`, looking every 100 ms; throws after `timeoutMs` with what was seen last. */
export async function until(
  stage: Stage,
  holds: (status: ServiceStatus) => boolean,
  timeoutMs = 15_000,
): Promise<ServiceStatus> {
  const end = performance.now() + timeoutMs
  let last: ServiceStatus | null = null
  while (performance.now() < end) {
    last = await natStatus(stage).catch(() => null)
    if (last !== null && holds(last)) return last
    await sleep(100)
  }
  throw new Error(`the service did not settle in ${timeoutMs} ms: ${JSON.stringify(last)}`)
}
