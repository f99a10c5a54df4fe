/*
=c

LinuxIPLookup(DEVICE0, DEVICE1, ..., DEVICEn)

=s iproute

interface to Linux's routing table

=d

Looks up each packet's destination address annotation in Linux's IPv4 routing table, as it was when the
element was made: the main table, from F</proc/net/route>. A packet whose route leaves by the Ith
device goes to output I; where the route has a gateway, the annotation is set to it. Packets without a
route to one of the devices go to the output after the last device's where that is connected, and are
dropped otherwise. Routes by way of other devices are reported, and not used.

=h table read-only

Returns the routes in use, one a line.

=h no_route read-only

Returns the number of packets without a route to one of the devices.

=e

  host :: LinuxIPLookup(inside, outside);
  host[0] -> ... -> ToDevice(inside);
  host[1] -> ... -> ToDevice(outside);
  host[2] -> ICMPError(192.0.2.1, unreachable, net) -> ...

=a RadixIPLookup
*/

import { readFileSync } from 'node:fs'
import { DROP, type ErrorContext, element } from '../../dataplane/element.ts'
import { routeLine } from '../lib/route-text.ts'
import { Routes } from '../lib/routes.ts'
import { maskLength } from '../lib/text.ts'

const TABLE = '/proc/net/route'

export default element({
  name: 'LinuxIPLookup',
  ports: '1/1-',
  processing: 'h/h',
  config: 'raw',
  counters: { no_route: 'packets without a route to one of the devices' },
  local: "the host's routes: another host has others",

  configure(_config, context) {
    const { args, noutputs } = context
    const devices = args.filter((text) => text !== '')
    if (noutputs < devices.length || noutputs > devices.length + 1)
      context.error(`need ${devices.length} or ${devices.length + 1} output ports`)
    return { devices }
  },

  open(self, errors): Routes {
    return readRoutes(self.plan.devices, (line) => self.router.print(line), errors)
  },

  route(self, p) {
    const { next } = self.resource
    const found = self.resource.lookup(p.dst)
    if (found < 0) {
      self.counters.no_route++
      const other = self.plan.devices.length
      return other < self.noutputs ? other : DROP
    }
    const gw = next.gateways[found]!
    if (gw !== 0) p.dst = gw
    return next.outputs[found]!
  },

  handlers: { table: { read: (self) => self.resource.all().map(routeLine).join('') } },
})

function readRoutes(
  devices: readonly string[],
  print: (line: string) => void,
  errors: ErrorContext,
): Routes {
  const routes = new Routes()
  let text = ''
  try {
    text = readFileSync(TABLE, 'latin1')
  } catch {
    errors.error(`cannot open ${TABLE}`)
  }
  // Iface Destination Gateway Flags RefCnt Use Metric Mask …, addresses as the machine's words.
  for (const line of text.split('\n').slice(1)) {
    const [device, dst, gw, , , , , mask] = line.trim().split(/\s+/)
    if (device === undefined || dst === undefined || gw === undefined || mask === undefined)
      continue
    const port = devices.indexOf(device)
    if (port < 0) {
      print(`LinuxIPLookup: no output for dev ${device}`)
      continue
    }
    const length = maskLength(swapped(mask))
    if (length < 0 || routes.find(swapped(dst), length) !== null) continue
    routes.set({ addr: swapped(dst), length, gw: swapped(gw), port })
  }
  return routes
}

/** A word in hexadecimal whose bytes are in the machine's order, which is little-endian here. */
function swapped(hex: string): number {
  const word = Number.parseInt(hex, 16)
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
