// RawSocket, FromRawSocket and ToRawSocket: the same but for their ports.

import { type AnyElement, arg, type ConfigureContext } from '../../dataplane/element.ts'
import { parseArgs, parseU8, parseU32 } from '../../lib/click/args.ts'
import { IP_PROTOCOLS } from './ip-names.ts'
import { markIp } from './link-ip.ts'
import { type RawSpec, RawTransport } from './raw-transport.ts'
import { portOf } from './socket-element.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from './transport-element.ts'

const CONFIG = {
  TYPE: arg.text('').at().must(),
  PORT: arg.text('').at(),
  SNAPLEN: arg.count(2048),
  HEADROOM: arg.count(DEFAULT_HEADROOM),
}

const RAW_IP = 12
const TCP = 6
const UDP = 17

interface Plan extends TransportPlan {
  readonly raw: Omit<RawSpec, 'label'>
}

export function rawElement(name: string, ports: string): AnyElement {
  return transportElement<Plan>({
    name,
    ports,
    processing: 'l/h',
    configure,
    open: (self) =>
      new RawTransport({ ...self.plan.raw, label: `${self.name} :: ${self.className}` }),
    output: (_self, p) => (markIp(p, RAW_IP) ? 0 : -1),
  })
}

function configure(context: ConfigureContext): Plan {
  const config = parseArgs(CONFIG, context.args, context)
  const word = config.TYPE.toLowerCase()
  const protocol = parseU8(word) ?? (Object.hasOwn(IP_PROTOCOLS, word) ? IP_PROTOCOLS[word]! : null)
  if (protocol === null && word !== '') context.error('TYPE: invalid number')
  const hasPort = protocol === TCP || protocol === UDP
  if (!hasPort && config.PORT !== '' && parseU32(config.PORT) === null)
    context.error('PORT: parse error')
  if (config.SNAPLEN === 0) context.error('SNAPLEN: must be positive')
  return {
    headroom: config.HEADROOM,
    timestamp: true,
    raw: {
      protocol: protocol ?? 0,
      port: hasPort ? portOf('PORT', config.PORT, context) : 0,
      snaplen: config.SNAPLEN,
    },
  }
}
