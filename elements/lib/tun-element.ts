// KernelTun and KernelTap: the same but for what they carry, IP packets or Ethernet frames.

import { type AnyElement, arg, type ConfigureContext } from '../../dataplane/element.ts'
import { parseArgs } from '../../lib/click/args.ts'
import { FRAME_SIZE } from '../../lib/limits.ts'
import { markIp } from './link-ip.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from './transport-element.ts'
import { type TunSpec, TunTransport } from './tun-transport.ts'

const RAW_IP = 12
const MTU_MIN = 20

const CONFIG = {
  ADDR: arg.ipnet({ addr: 0, mask: 0 }).at().must(),
  GATEWAY: arg.ip(0).at(),
  TAP: arg.bool(false),
  HEADROOM: arg.count(DEFAULT_HEADROOM),
  BURST: arg.int(1),
  ETHER: arg.eth(Uint8Array.of(0, 1, 2, 3, 4, 5)),
  IGNORE_QUEUE_OVERFLOWS: arg.bool(false),
  MTU: arg.int(1500),
  DEVNAME: arg.string(''),
  DEV_NAME: arg.string(''),
}

interface Plan extends TransportPlan {
  readonly tun: Omit<TunSpec, 'label'>
}

export function tunElement(name: string, isTap: boolean): AnyElement {
  return transportElement<Plan>({
    name,
    ports: '0-1/1-2',
    configure: (context) => configure(context, isTap),
    open: (self) => new TunTransport({ ...self.plan.tun, label: self.className }),
    // What is not an IP packet leaves by the second output.
    output: (self, p) => (self.plan.tun.tap || isIp(p) ? 0 : 1),
    handlers: {
      dev_name: { read: (self) => (self.resource as TunTransport).devname },
      packets: { read: (self) => String(self.counters.count) },
    },
  })
}

function isIp(p: Parameters<typeof markIp>[0]): boolean {
  if (markIp(p, RAW_IP)) return true
  if (p.end - p.off < 40 || p.mem[p.off]! >> 4 !== 6) return false
  p.net = p.off
  p.transport = p.off + 40
  return true
}

function configure(context: ConfigureContext, isTap: boolean): Plan {
  const config = parseArgs(CONFIG, context.args, context)
  const { addr, mask } = config.ADDR
  const { GATEWAY, BURST, MTU, HEADROOM } = config
  if (GATEWAY !== 0 && (GATEWAY & mask) !== (addr & mask)) context.error('bad GATEWAY')
  if (BURST < 1) context.error('BURST must be >= 1')
  if (MTU <= MTU_MIN) context.error(`MTU must be greater than ${MTU_MIN}`)
  if (HEADROOM > FRAME_SIZE) context.error('HEADROOM too big')
  const tap = isTap || config.TAP
  return {
    headroom: HEADROOM,
    timestamp: true,
    tun: {
      tap,
      devname: config.DEVNAME || config.DEV_NAME,
      address: addr,
      mask,
      gateway: GATEWAY,
      mtu: MTU,
      ether: tap ? config.ETHER : new Uint8Array(0),
      quietOverflows: config.IGNORE_QUEUE_OVERFLOWS,
    },
  }
}
