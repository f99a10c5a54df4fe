// A service's ports as the steering knows them.

import { ClickUpError } from '../lib/errors.ts'
import type { ServicePort } from '../lib/wire/messages.ts'

/** What the steering calls the port's interface: two loopback ports for the udp driver. */
export function interfaceOf(port: ServicePort, driver: string, service: string): string {
  const where = `service '${service}', port '${port.name}'`
  if (driver === 'udp') {
    if (port.listen !== null && port.peer !== null) return `udp:${port.listen}:${port.peer}`
    throw new ClickUpError(
      'DRIVER',
      `${where}: the udp driver needs loopback ports`,
      `give it udp: { listen: 47001, peer: 47002 } in the service file`,
    )
  }
  if (port.interface !== null) return port.interface
  throw new ClickUpError(
    'DRIVER',
    `${where}: the ${driver} driver needs an interface`,
    'give it interface: NAME in the service file',
  )
}
