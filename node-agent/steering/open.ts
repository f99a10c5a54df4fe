// Chooses and opens the steering for a driver, with the reason, for people to read at start.

import { chooseDriver, packetLacks, xdpLacks } from '../../dataplane/io/open.ts'
import { ClickUpError } from '../../lib/errors.ts'
import type { Steering } from './steering.ts'
import { createUdpSteering } from './userspace.ts'
import { createXdpSteering } from './xdp.ts'

export interface SteeringChoice {
  readonly steering: Steering
  readonly reason: string
}

/** Throws DRIVER with what the wanted driver lacks here. */
export async function openSteering(
  choice: 'auto' | 'xdp' | 'packet' | 'udp',
  note: (text: string) => void = () => {},
): Promise<SteeringChoice> {
  if (choice === 'udp') return { steering: createUdpSteering(), reason: 'asked for' }
  const bpfLack = xdpLacks()
  if (choice !== 'auto') {
    // Both of them are steered by XDP programs: the packet driver's replicas only open other
    // sockets.
    const lack = bpfLack ?? (choice === 'packet' ? packetLacks() : null)
    if (lack !== null)
      throw new ClickUpError(
        'DRIVER',
        `the ${choice} driver cannot be used here: ${lack}`,
        "run the agent as root, or use the udp driver ('driver: udp' in the service file)",
      )
    return { steering: createXdpSteering({ replicaDriver: choice, note }), reason: 'asked for' }
  }
  const chosen = chooseDriver()
  if (chosen.driver === 'xdp')
    return { steering: createXdpSteering({ note }), reason: chosen.reason }
  const refused = chosen.refused.map((r) => `${r.driver}: ${r.reason}`).join('; ')
  const reason = `needs no privilege (${refused})`
  return { steering: createUdpSteering(), reason }
}
