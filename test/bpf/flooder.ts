// Sends numbered UDP frames from an interface in a namespace, until its stdin closes; a process of
// its own, so that the sender does not stop while the steering flips.
//
//   node flooder.js NETNS_PATH INTERFACE FLOWS PER_SECOND
//
// Frame i belongs to flow i % FLOWS (its source port) and carries i in the first 4 bytes of its
// payload. Bounded: ends by itself after 20 s. Prints how many it sent.

import { native } from '../../dataplane/native/native.ts'
import { eth, ip4, udp } from './frames.ts'

export const PAYLOAD_AT = 14 + 20 + 8
const BURST = 16
/** Frames lie this far apart; the first not at 0, where the addon has no room for a VLAN tag. */
const STRIDE = 64
const SECONDS_MAX = 20

function main(args: readonly string[]): void {
  const [netns, name, flows, perSecond] = args
  const n = native()
  const fd = n.inNetns(netns!, () => n.packetOpen(name!, 1 << 16, 1 << 20))
  const frame = eth(ip4({}, udp(1000, 53, new Uint8Array(18))))
  const mem = new Uint8Array((BURST + 1) * STRIDE)
  const view = new DataView(mem.buffer)
  const slots = new Int32Array(3 * BURST)
  for (let i = 0; i < BURST; i++) {
    mem.set(frame, (i + 1) * STRIDE)
    slots[3 * i] = (i + 1) * STRIDE
    slots[3 * i + 1] = frame.length
  }
  let sent = 0
  const start = performance.now()
  let next = start
  let over = false
  process.stdin.on('end', () => {
    over = true
  })
  process.stdin.resume()
  const turn = (): void => {
    const now = performance.now()
    if (over || now - start > SECONDS_MAX * 1000) {
      n.closeFd(fd)
      process.stdout.write(`${sent}\n`)
      process.stdin.destroy()
      return
    }
    if (now >= next) {
      // What a pause made late is not made up for: a long burst would overrun the veth's queue.
      next = Math.max(next + (BURST * 1000) / Number(perSecond), now - 1)
      for (let i = 0; i < BURST; i++) {
        view.setUint16((i + 1) * STRIDE + 34, 1000 + ((sent + i) % Number(flows)))
        view.setUint32((i + 1) * STRIDE + PAYLOAD_AT, sent + i)
      }
      const went = n.packetSend(fd, mem, slots, 0, BURST)
      if (went > 0) sent += went
    }
    setImmediate(turn)
  }
  turn()
}

if (process.argv[1]?.endsWith('flooder.js') === true) main(process.argv.slice(2))
