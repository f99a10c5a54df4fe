// One end of the numbered UDP traffic. Each flow is a socket of its own, so that a short stall of
// this process overflows no receive buffer; packets of a flow carry a sequence number, and the
// receiver counts what is missing, out of order or double.
//
// Usage: node udp-peer.js client HOST PORT FLOWS PACKETS_PER_S
//        node udp-peer.js server PORT FLOWS PACKETS_PER_S
// The server listens on PORT + flow, learns each flow's peer from its first packet (for a NAT: the
// mapped address), and sends its own numbered stream there. Prints `listening` when its sockets are
// bound and `ready` when every flow has received. `stop` on standard input stops sending; `finish` prints what was sent and received.

import { createSocket, type Socket } from 'node:dgram'
import { createInterface } from 'node:readline'
import { FlowCheck } from './flow-check.ts'

const PAYLOAD_BYTES = 64
const MAGIC = 0x43550001

const [role = 'client', ...rest] = process.argv.slice(2)
const [host, portText = '0', flowsText = '16', rateText = '10000'] =
  role === 'client' ? rest : ['', ...rest]
const port = Number(portText)
const flows = Number(flowsText)
const rate = Number(rateText)

interface Flow {
  readonly socket: Socket
  readonly check: FlowCheck
  sent: number
  peer: { address: string; port: number } | null
  readonly payload: Buffer
}

let lastAt = 0
let longestGapMs = 0
let errors = 0
let bound = 0

function makeFlow(index: number): Flow {
  const socket = createSocket('udp4')
  const flow: Flow = {
    socket,
    check: new FlowCheck(),
    sent: 0,
    peer: role === 'client' ? { address: host ?? '', port: port + index } : null,
    payload: Buffer.alloc(PAYLOAD_BYTES),
  }
  flow.payload.writeUInt32BE(MAGIC, 0)
  flow.payload.writeUInt32BE(index, 4)
  socket.on('message', (message, from) => {
    if (message.length !== PAYLOAD_BYTES || message.readUInt32BE(0) !== MAGIC) return
    const now = performance.now()
    if (lastAt !== 0 && now - lastAt > longestGapMs) longestGapMs = now - lastAt
    lastAt = now
    flow.peer ??= { address: from.address, port: from.port }
    flow.check.receive(message.readUInt32BE(8))
  })
  socket.on('error', () => errors++)
  socket.bind(role === 'client' ? 0 : port + index, () => {
    if (++bound === flows) console.log('listening')
  })
  return flow
}

const all = Array.from({ length: flows }, (_, index) => makeFlow(index))

function send(flow: Flow): boolean {
  if (flow.peer === null) return false
  flow.payload.writeUInt32BE(flow.sent, 8)
  // The callback makes an error a count in place of an exception; dgram copies nothing, so each
  // packet needs bytes of its own until it is sent.
  flow.socket.send(Buffer.from(flow.payload), flow.peer.port, flow.peer.address, (error) => {
    if (error !== null) errors++
  })
  flow.sent++
  return true
}

// Paced by the clock, at most 20 ms of catching up, so that a stall is not followed by a flood.
let next = 0
let owed = 0
let tickAt = performance.now()
const pacer = setInterval(() => {
  const now = performance.now()
  owed = Math.min(owed + ((now - tickAt) * rate) / 1000, rate / 50)
  tickAt = now
  for (; owed >= 1; owed--) {
    send(all[next]!)
    next = (next + 1) % flows
  }
}, 1)

const readyTimer = setInterval(() => {
  if (!all.every((f) => f.check.received > 0)) return
  clearInterval(readyTimer)
  longestGapMs = 0
  console.log('ready')
}, 10)

const commands = createInterface({ input: process.stdin })
// Whoever started this has gone.
commands.on('close', () => process.exit(1))
commands.on('line', (line) => {
  if (line === 'stop') {
    clearInterval(pacer)
    console.log('stopped')
  }
  if (line !== 'finish') return
  console.log(
    JSON.stringify({
      sent: all.map((f) => f.sent),
      received: all.map((f) => f.check.received),
      reordered: all.reduce((sum, f) => sum + f.check.reordered, 0),
      duplicated: all.reduce((sum, f) => sum + f.check.duplicated, 0),
      longest_gap_ms: longestGapMs,
      errors,
    }),
  )
  process.exit(0)
})
