// Socket, FromSocket and ToSocket: their configuration. They differ in their ports, and those say
// whether a socket that does not say it is a client.

import { type AnyElement, arg, type ConfigureContext } from '../../dataplane/element.ts'
import { parseArgs, parseString, parseU16 } from '../../lib/click/args.ts'
import { PORTS } from './ip-names.ts'
import { inetAddress, type SocketAddress, unixAddress, unixFits } from './socket-address.ts'
import { type SocketSpec, SocketTransport } from './socket-transport.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from './transport-element.ts'

const COMMON = {
  VERBOSE: arg.bool(false),
  SNAPLEN: arg.count(2048),
  HEADROOM: arg.count(DEFAULT_HEADROOM),
  TIMESTAMP: arg.bool(true),
  RCVBUF: arg.int(-1),
  SNDBUF: arg.int(-1),
  NODELAY: arg.bool(true),
  CLIENT: arg.text(''),
  PROPER: arg.bool(false),
  ALLOW: arg.element(''),
  DENY: arg.element(''),
}

const INET = {
  TYPE: arg.string().at().must(),
  ADDR: arg.ip(0).at().must(),
  PORT: arg.text('').at().must(),
  LOCAL_ADDR: arg.ip(0).at(),
  LOCAL_PORT: arg.text('0').at(),
  ...COMMON,
}

const UNIX = {
  TYPE: arg.string().at().must(),
  FILENAME: arg.filename('').at().must(),
  LOCAL_FILENAME: arg.filename('').at(),
  ...COMMON,
}

const TCP = 6
const UDP = 17

interface Plan extends TransportPlan {
  readonly socket: Omit<SocketSpec, 'label'>
}

export function socketElement(name: string, ports: string): AnyElement {
  return transportElement<Plan>({
    name,
    ports,
    configure,
    open: (self) => {
      const label = `${self.name} :: ${self.className}`
      const spec = { ...self.plan.socket, label }
      return new SocketTransport(spec, (text) => self.router.print(text))
    },
    initialize(self, errors) {
      for (const table of [self.plan.socket.allow, self.plan.socket.deny]) {
        if (table !== '' && !self.router.findHandler(`${table}.lookup`).read)
          errors.error(`${table} is not an IPRouteTable`)
      }
    },
  })
}

function configure(context: ConfigureContext): Plan {
  const [first = ''] = context.args
  const type = (parseString(first.replace(/^TYPE\s+/, '')) ?? '').toUpperCase()
  if (type === 'TCP' || type === 'UDP') return inetPlan(type === 'TCP', context)
  if (type === 'UNIX' || type === 'UNIX_DGRAM') return unixPlan(type === 'UNIX', context)
  if (context.args.length === 0) context.error('TYPE: required argument missing')
  else context.error(`unknown socket type \`${type}'`)
  return planOf(parseArgs(COMMON, [], context), context, false)
}

function inetPlan(stream: boolean, context: ConfigureContext): Plan {
  const config = parseArgs(INET, context.args, context)
  const port = portOf('PORT', config.PORT, context)
  const localPort = portOf('LOCAL_PORT', config.LOCAL_PORT, context)
  const isLocal = config.LOCAL_ADDR !== 0 || localPort !== 0
  const plan = planOf(config, context, isLocal)
  const { socket } = plan
  return {
    ...plan,
    socket: {
      ...socket,
      inet: true,
      stream,
      protocol: stream ? TCP : UDP,
      remote: inetAddress(config.ADDR, port),
      local: isLocal ? inetAddress(config.LOCAL_ADDR, localPort) : null,
      toAnnotation: socket.client && !stream && config.ADDR === 0,
    },
  }
}

function unixPlan(stream: boolean, context: ConfigureContext): Plan {
  const config = parseArgs(UNIX, context.args, context)
  const { FILENAME, LOCAL_FILENAME } = config
  if (!unixFits(FILENAME)) context.error(`remote filename '${FILENAME}' too long`)
  if (!unixFits(LOCAL_FILENAME)) context.error(`local filename '${LOCAL_FILENAME}' too long`)
  const plan = planOf(config, context, LOCAL_FILENAME !== '')
  const address = (path: string): SocketAddress => unixAddress(unixFits(path) ? path : '')
  return {
    ...plan,
    socket: {
      ...plan.socket,
      stream,
      remote: address(FILENAME),
      local: LOCAL_FILENAME === '' ? null : address(LOCAL_FILENAME),
    },
  }
}

interface CommonConfig {
  readonly VERBOSE: boolean
  readonly SNAPLEN: number
  readonly HEADROOM: number
  readonly TIMESTAMP: boolean
  readonly RCVBUF: number
  readonly SNDBUF: number
  readonly NODELAY: boolean
  readonly CLIENT: string
  readonly ALLOW: string
  readonly DENY: string
}

function planOf(config: CommonConfig, context: ConfigureContext, isLocal: boolean): Plan {
  if (config.SNAPLEN === 0) context.error('SNAPLEN: must be positive')
  const said = parseClient(config.CLIENT, context)
  return {
    headroom: config.HEADROOM,
    timestamp: config.TIMESTAMP,
    socket: {
      inet: false,
      stream: false,
      client: said ?? (context.noutputs === 0 || isLocal),
      protocol: 0,
      remote: inetAddress(0, 0),
      local: null,
      toAnnotation: false,
      sendBuffer: config.SNDBUF,
      receiveBuffer: config.RCVBUF,
      noDelay: config.NODELAY,
      verbose: config.VERBOSE,
      snaplen: config.SNAPLEN,
      allow: config.ALLOW,
      deny: config.DENY,
    },
  }
}

/** Null: not said. */
function parseClient(text: string, context: ConfigureContext): boolean | null {
  if (text === '') return null
  return parseArgs({ CLIENT: arg.bool(false) }, [`CLIENT ${text}`], context).CLIENT
}

export function portOf(keyword: string, text: string, context: ConfigureContext): number {
  const port = parseU16(text) ?? (Object.hasOwn(PORTS, text) ? PORTS[text]! : null)
  if (port === null && text !== '') context.error(`${keyword}: parse error`)
  return port ?? 0
}
