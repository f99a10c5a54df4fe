/*
=c

LinkUnqueue(LATENCY, BANDWIDTH)

=s shaping

delay-inducing pull-to-push converter

=d

Is like a link of that latency and bandwidth: pulls packets as the link has room, and
pushes each on after its own transmission time and the latency. The time annotation is
set to the time at which a packet left the link. Packets on the link are state: they move
with their buckets.

=over 8

=item LATENCY

Time.

=item BANDWIDTH

Bandwidth, at least 100 bytes a second; whole hundreds count.

=back

=h latency read/write

Returns or sets the LATENCY parameter.

=h bandwidth read/write

Returns or sets the BANDWIDTH parameter.

=h size read-only

Returns the number of packets on the link.

=h reset write-only

Drops the packets on the link.

=a DelayUnqueue, BandwidthRatedUnqueue
*/

import { cell, packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseSeconds } from '../../lib/click/args.ts'
import { extraLength } from '../lib/extra-length.ts'
import { SETTINGS } from '../lib/settings.ts'

/** Packets on the link at most: beyond that it takes no more until some have left. */
const LINK_PACKETS = 8192

export default element({
  name: 'LinkUnqueue',
  ports: '1/1',
  processing: 'l/h',

  config: {
    LATENCY: arg.seconds().at().must(),
    BANDWIDTH: arg.bandwidth().at().must(),
  },

  state: {
    link: packets({ capacity: LINK_PACKETS }),
    last: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: { busy_us: 'f64' },
    }),
  },

  local: SETTINGS,

  configure(config, context) {
    if (config.BANDWIDTH < 100) context.error('bandwidth too small, minimum 100Bps')
  },

  open(self): { latencyUs: number; bandwidth: number } {
    return { latencyUs: self.config.LATENCY * 1e6, bandwidth: hundreds(self.config.BANDWIDTH) }
  },

  initialize(self) {
    self.schedule()
  },

  task(self) {
    const { link, last } = self.state
    const { latencyUs, bandwidth } = self.resource
    const now = Math.floor(self.router.nowUs)
    let worked = false
    // The link takes a packet when the one before has left its sender.
    while ((link.length === 0 || last.busy_us - latencyUs <= now) && link.length < LINK_PACKETS) {
      const p = self.in[0]!()
      if (p === null) break
      const start = link.length > 0 ? Math.max(last.busy_us, now) : now + latencyUs
      const length = p.end - p.off + extraLength(p)
      last.busy_us = start + Math.floor((length * 1e6) / bandwidth)
      p.timeUs = last.busy_us
      link.push(p)
      worked = true
    }
    for (let p = link.peek(); p !== null && p.timeUs <= now; p = link.peek()) {
      link.shift()
      self.out[0]!(p)
      worked = true
    }
    const head = link.peek()
    if (head !== null) {
      const due = Math.min(head.timeUs, Math.max(last.busy_us - latencyUs, now + 1))
      self.timerAt(self.router.nowMs + (due - now) / 1000)
    }
    return worked
  },

  timer(self) {
    self.schedule()
  },

  handlers: {
    latency: {
      read: (self) => String(self.resource.latencyUs / 1e6),
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null) throw new Error('latency must be a time')
        self.resource.latencyUs = seconds * 1e6
      },
    },
    bandwidth: {
      read: (self) => String(self.resource.bandwidth),
      write(self, value) {
        const bandwidth = parseBandwidth(value.trim())
        if (bandwidth === null || bandwidth < 100) throw new Error('bandwidth too small')
        self.resource.bandwidth = hundreds(bandwidth)
      },
    },
    size: { read: (self) => String(self.state.link.length) },
    reset: {
      button: true,
      write(self) {
        const { link } = self.state
        for (let p = link.shift(); p !== null; p = link.shift()) self.kill(p)
      },
    },
  },
})

/** As in Click, only whole hundreds of bytes a second count. */
function hundreds(bandwidth: number): number {
  return Math.floor(bandwidth / 100) * 100
}
