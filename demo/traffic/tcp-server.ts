// The server's end of the TCP traffic: for each connection it checks the bytes that come and sends
// a stream of its own, at a fixed pace, until the client half-closes. Then it ends its side too.
// Protocol of a connection: the client's first 4 bytes are its number (big-endian), which seeds
// both streams: the client's with 2n, the server's with 2n + 1.
//
// Usage: node tcp-server.js PORT CHUNK_BYTES INTERVAL_MS. Prints `ready` when it listens.

import { createServer, type Socket } from 'node:net'
import { ByteStream } from './bytes.ts'

function serve(socket: Socket, chunkBytes: number, intervalMs: number): void {
  let incoming: ByteStream | null = null
  let head = Buffer.alloc(0)
  let timer: NodeJS.Timeout | null = null
  const stop = () => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  const start = (number: number) => {
    incoming = new ByteStream(2 * number)
    const outgoing = new ByteStream(2 * number + 1)
    timer = setInterval(() => {
      if (socket.writableLength < 8 * chunkBytes) socket.write(outgoing.make(chunkBytes))
    }, intervalMs)
  }
  socket.setNoDelay(true)
  socket.on('data', (data) => {
    let rest = data
    if (incoming === null) {
      head = Buffer.concat([head, data])
      if (head.length < 4) return
      start(head.readUInt32BE(0))
      rest = head.subarray(4)
    }
    if (!incoming!.check(rest)) socket.destroy(new Error('wrong bytes'))
  })
  socket.on('end', () => {
    stop()
    socket.end()
  })
  socket.on('error', stop)
  socket.on('close', stop)
}

const [port = '0', chunkBytes = '500', intervalMs = '100'] = process.argv.slice(2)
const server = createServer({ allowHalfOpen: true }, (socket) => {
  serve(socket, Number(chunkBytes), Number(intervalMs))
})
server.listen({ port: Number(port), host: '0.0.0.0', backlog: 1024 }, () => console.log('ready'))
process.on('SIGTERM', () => process.exit(0))
