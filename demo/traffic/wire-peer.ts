// One end of the traffic with the udp driver: a host in user space whose network card is a loopback
// UDP socket, each datagram a frame. Numbered UDP both ways and checked TCP, as udp-peer, tcp-client
// and tcp-server do with the kernel's stacks.
//
// Usage: node wire-peer.js client|server BIND_PORT SEND_PORT CONNECTIONS FLOWS PACKETS_PER_S
// Prints `listening`, then `ready`; takes `mark`, `stop`, `finish`; prints its report as JSON.

import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'
import { FlowCheck } from './flow-check.ts'
import {
  ACK,
  arpReply,
  build,
  type Endpoint,
  ipOf,
  macOf,
  parse,
  RST,
  type Segment,
  SYN,
} from './frames.ts'
import { WireConnection } from './wire-tcp.ts'

const CLIENT: Endpoint = { mac: macOf('02:00:00:77:01:02'), ip: ipOf('10.77.1.2') }
const SERVER: Endpoint = { mac: macOf('02:00:00:77:02:02'), ip: ipOf('10.77.2.2') }
const GATEWAY = { client: macOf('02:00:00:77:01:01'), server: macOf('02:00:00:77:02:01') }
const TCP_PORT = 5000
const UDP_PORT = 6000
const CLIENT_TCP_PORT = 20_000
const CLIENT_UDP_PORT = 30_000
const CHUNK_BYTES = 500
const CHUNK_INTERVAL_MS = 200
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
const UDP_BYTES = 64
const FINISH_MS = 4_000

const [role, bindPort, sendPort, connectionCount, flowCount, rate] = process.argv.slice(2)
const isClient = role === 'client'
const me = isClient ? CLIENT : SERVER
const via = isClient ? GATEWAY.client : GATEWAY.server
const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })

function transmit(segment: Segment): void {
  socket.send(build(me, via, segment), Number(sendPort), '127.0.0.1')
}

// ---- numbered UDP

interface Flow {
  readonly index: number
  readonly check: FlowCheck
  sent: number
  peer: { ip: number; port: number } | null
}
const flows: Flow[] = Array.from({ length: Number(flowCount) }, (_, index) => ({
  index,
  check: new FlowCheck(),
  sent: 0,
  peer: isClient ? { ip: SERVER.ip, port: UDP_PORT + index } : null,
}))
let lastAt = 0
let longestGapMs = 0

function sendUdp(flow: Flow): void {
  if (flow.peer === null) return
  const payload = Buffer.alloc(UDP_BYTES)
  payload.writeUInt32BE(flow.sent++, 0)
  transmit({
    protocol: 'udp',
    saddr: me.ip,
    daddr: flow.peer.ip,
    sport: (isClient ? CLIENT_UDP_PORT : UDP_PORT) + flow.index,
    dport: flow.peer.port,
    seq: 0,
    ack: 0,
    flags: 0,
    payload,
  })
}

function receiveUdp(segment: Segment): void {
  const flow = flows[segment.dport - (isClient ? CLIENT_UDP_PORT : UDP_PORT)]
  if (flow === undefined || segment.payload.length < UDP_BYTES) return
  const now = performance.now()
  if (lastAt !== 0 && now - lastAt > longestGapMs) longestGapMs = now - lastAt
  lastAt = now
  flow.peer ??= { ip: segment.saddr, port: segment.sport }
  flow.check.receive(segment.payload.readUInt32BE(0))
}

// ---- TCP

const connections = new Map<string, WireConnection>()

function emitTo(daddr: number, sport: number, dport: number) {
  return (seq: number, ack: number, flags: number, payload: Buffer) =>
    transmit({ protocol: 'tcp', saddr: me.ip, daddr, sport, dport, seq, ack, flags, payload })
}

function receiveTcp(s: Segment): void {
  const key = isClient ? `${s.dport}` : `${s.saddr}:${s.sport}>${s.dport}`
  const known = connections.get(key)
  if (known !== undefined) known.receive(s.seq, s.ack, s.flags, s.payload)
  else if (!isClient && (s.flags & (SYN | ACK)) === SYN) {
    const emit = emitTo(s.saddr, s.dport, s.sport)
    const number = s.dport - TCP_PORT
    connections.set(key, new WireConnection(number, false, (s.seq + 1) >>> 0, emit))
  } else if ((s.flags & RST) === 0)
    emitTo(s.saddr, s.dport, s.sport)(s.ack, 0, RST, Buffer.alloc(0))
}

function openConnections(): void {
  for (let n = 0; n < Number(connectionCount); n++) {
    const sport = CLIENT_TCP_PORT + n
    const emit = emitTo(SERVER.ip, sport, TCP_PORT + n)
    connections.set(`${sport}`, new WireConnection(n, true, null, emit))
  }
}

// ---- the host

socket.on('message', (frame) => {
  const reply = arpReply(frame, me)
  if (reply !== null) {
    socket.send(reply, Number(sendPort), '127.0.0.1')
    return
  }
  const segment = parse(frame, me)
  if (segment === null) return
  if (segment.protocol === 'udp') receiveUdp(segment)
  else receiveTcp(segment)
})
socket.bind(Number(bindPort), '127.0.0.1', () => {
  console.log('listening')
  if (isClient) openConnections()
})

let owed = 0
let next = 0
let tickAt = performance.now()
let chunkAt = 0
let sendingUdp = true
const pacer = setInterval(() => {
  const now = performance.now()
  owed = Math.min(owed + ((now - tickAt) * Number(rate)) / 1000, Number(rate) / 50)
  tickAt = now
  for (; sendingUdp && owed >= 1; owed--) {
    sendUdp(flows[next]!)
    next = (next + 1) % flows.length
  }
  for (const c of connections.values()) c.tick(now)
  if (now - chunkAt < CHUNK_INTERVAL_MS) return
  chunkAt = now
  for (const c of connections.values()) c.sendChunk(CHUNK_BYTES)
}, 1)

const readyTimer = setInterval(() => {
  const all = [...connections.values()]
  if (all.length < Number(connectionCount) || all.some((c) => c.incoming.count === 0)) return
  if (flows.some((f) => f.check.received === 0)) return
  clearInterval(readyTimer)
  longestGapMs = 0
  console.log('ready')
}, 10)

async function finish(): Promise<void> {
  const all = [...connections.values()]
  if (isClient) for (const c of all) c.close()
  const until = performance.now() + FINISH_MS
  while (performance.now() < until && all.some((c) => c.error === null && !c.closedInOrder))
    await new Promise((resolve) => setTimeout(resolve, 20))
  clearInterval(pacer)
  const broken: Record<string, number> = {}
  for (const c of all.filter((x) => !x.survived)) {
    const reason = c.error ?? (c.closedInOrder ? 'no data after the upgrade' : 'stalled')
    broken[reason] = (broken[reason] ?? 0) + 1
  }
  console.log(
    JSON.stringify({
      udp: {
        sent: flows.map((f) => f.sent),
        received: flows.map((f) => f.check.received),
        reordered: flows.reduce((sum, f) => sum + f.check.reordered, 0),
        duplicated: flows.reduce((sum, f) => sum + f.check.duplicated, 0),
        longest_gap_ms: longestGapMs,
      },
      tcp: {
        connections: Number(connectionCount),
        survived: all.filter((c) => c.survived).length,
        bytes_checked: all.reduce((sum, c) => sum + c.incoming.count, 0),
        broken,
      },
    }),
  )
  process.exit(0)
}

const commands = createInterface({ input: process.stdin })
// Whoever started this has gone.
commands.on('close', () => process.exit(1))
commands.on('line', (line) => {
  if (line === 'mark') for (const c of connections.values()) c.bytesAtMark = c.incoming.count
  if (line === 'stop') {
    sendingUdp = false
    console.log('stopped')
  }
  if (line === 'finish') void finish()
})
