// Opening a driver by name, and choosing one: the best that works here, with the reason, and the
// reasons against the better ones, for people to read at start.

import { existsSync } from 'node:fs'
import { ClickUpError } from '../../lib/errors.ts'
import { native, nativeFile } from '../native/native.ts'
import type { Driver, DriverName, DriverSpec } from './device.ts'
import { openPacket } from './packet.ts'
import { openUdp } from './udp.ts'
import { openXdp } from './xdp.ts'

const OPEN: Readonly<Record<DriverName, (spec: DriverSpec) => Driver>> = {
  xdp: openXdp,
  packet: openPacket,
  udp: openUdp,
}

/** Opens all ports of a replica, or none. Throws ClickUpError. */
export function openDriver(spec: DriverSpec): Driver {
  const open = OPEN[spec.driver]
  if (open === undefined)
    throw new ClickUpError('DRIVER', `no driver '${spec.driver}'`, 'one of: xdp, packet, udp')
  return open(spec)
}

export interface Choice {
  readonly driver: DriverName
  readonly reason: string
  /** Better drivers that do not work here. */
  readonly refused: readonly { readonly driver: DriverName; readonly reason: string }[]
}

/** The best driver of this machine. Tries what it needs for a moment; touches no interface. */
export function chooseDriver(): Choice {
  const refused: { driver: DriverName; reason: string }[] = []
  const candidates = [
    { driver: 'xdp', lacks: xdpLacks, reason: 'XDP programs and AF_XDP sockets work here' },
    { driver: 'packet', lacks: packetLacks, reason: 'AF_PACKET sockets work here' },
  ] as const
  for (const { driver, lacks, reason } of candidates) {
    const lack = lacks()
    if (lack === null) return { driver, reason, refused }
    refused.push({ driver, reason: lack })
  }
  return { driver: 'udp', reason: 'needs no privilege', refused }
}

/** Why the xdp driver does not work here; null: it does. */
export function xdpLacks(): string | null {
  return lacks(() => {
    const n = native()
    if (!n.features.bpf) return 'built without libbpf (needs libbpf-dev)'
    const object = nativeFile('xsk_redirect.bpf.o')
    if (!existsSync(object)) return 'built without BPF programs (needs clang)'
    n.xdpProbe(object)
    return null
  })
}

/** Why the packet driver does not work here; null: it does. */
export function packetLacks(): string | null {
  return lacks(() => {
    native().packetProbe()
    return null
  })
}

function lacks(probe: () => string | null): string | null {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    return probe()
  } catch (error) {
    return (error as Error).message
  }
}
