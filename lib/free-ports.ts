// UDP ports of the loopback address that nobody has now, for the udp driver: its replicas' side, and
// both sides in the demo. Whoever gets them binds them soon.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** All are held at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  try {
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    return sockets.map((socket) => socket.address().port)
  } finally {
    for (const socket of sockets) socket.close()
  }
}
