/*
=c

EtherPauseSource(SRC, PAUSETIME [, I<keywords> DST, LIMIT, INTERVAL, ACTIVE])

=s ethernet

creates Ethernet pause frames

=d

Makes IEEE 802.3x pause frames, which ask the device at the other end of the link not to send for
PAUSETIME quanta, each the time that 512 bits take on the link. Where the output is pushed, a frame
is sent every INTERVAL; where it is pulled, at each pull.

Keyword arguments are:

=over 8

=item SRC

Ethernet address: that of the device that sends the frames.

=item PAUSETIME

Unsigned integer below 65536.

=item DST

Ethernet address. Default is 01-80-C2-00-00-01, the group address for pause frames.

=item LIMIT

Integer. Frames sent at most; negative: no limit. Default is -1.

=item INTERVAL

Time between frames, in whole milliseconds. Default is 1 second.

=item ACTIVE

Boolean. If false, sends nothing. Default is true.

=back

=h count read-only

Returns the number of frames made.

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=h pausetime read/write

Returns or sets the PAUSETIME parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h active read/write

Returns or sets the ACTIVE parameter.

=h reset_counts write-only

Sets the count to 0; another LIMIT frames follow.

=e

  EtherPauseSource(0:1e:13:22:48:91, 390) -> ToDevice(eth0);

=a EtherEncap
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { parseU16 } from '../../lib/click/args.ts'
import { etherHandler } from '../lib/ether-header.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'
import { makePacket } from '../lib/source-data.ts'

/** A frame is padded to this length. */
const LENGTH = 64
const GROUP = Uint8Array.of(1, 0x80, 0xc2, 0, 0, 1)
const TIME_AT = 16

interface Settings {
  readonly frame: Uint8Array
  limit: number
  active: boolean
  /** The timer is set. */
  running: boolean
}

interface Me {
  readonly resource: Settings
  readonly counters: { count: number }
  readonly router: { readonly nowMs: number; readonly pool: Pool }
  readonly outputKinds: readonly ('push' | 'pull')[]
  timerAt(ms: number): void
  notify(): void
}

export default element({
  name: 'EtherPauseSource',
  ports: '0/1',
  source: true,
  config: {
    SRC: arg.eth().at().must(),
    PAUSETIME: arg.u16().at().must(),
    DST: arg.eth(GROUP),
    LIMIT: arg.int(-1),
    ACTIVE: arg.bool(true),
    INTERVAL: arg.seconds(1),
  },
  counters: { count: 'frames made' },
  local: SETTINGS,

  configure: (config) => ({ everyMs: Math.floor(config.INTERVAL * 1000) }),

  open(self): Settings {
    const { SRC, DST, PAUSETIME, LIMIT, ACTIVE } = self.config
    const frame = new Uint8Array(LENGTH)
    frame.set(DST, 0)
    frame.set(SRC, 6)
    // MAC control, PAUSE.
    frame.set([0x88, 0x08, 0, 1, PAUSETIME >>> 8, PAUSETIME], 12)
    return { frame, limit: LIMIT, active: ACTIVE, running: false }
  },

  initialize(self) {
    const { active, limit } = self.resource
    if (!active || limit === 0 || self.outputKinds[0] !== 'push') return
    self.resource.running = true
    self.timerAt(self.router.nowMs + self.plan.everyMs)
  },

  timer(self) {
    const { resource, counters } = self
    resource.running = false
    if (!resource.active) return
    const p = make(self)
    if (p !== null) self.out[0]!(p)
    if (resource.limit >= 0 && counters.count >= resource.limit) return
    resource.running = true
    self.timerAt(self.router.nowMs + self.plan.everyMs)
  },

  pull(self) {
    const { active, limit } = self.resource
    return !active || (limit >= 0 && self.counters.count >= limit) ? null : make(self)
  },

  handlers: {
    src: etherHandler<Me>((self) => self.resource.frame, 6),
    dst: etherHandler<Me>((self) => self.resource.frame, 0),
    pausetime: {
      read: (self) =>
        String((self.resource.frame[TIME_AT]! << 8) | self.resource.frame[TIME_AT + 1]!),
      write(self, value) {
        const time = parseU16(value.trim())
        if (time === null) throw new Error('type mismatch')
        self.resource.frame.set([time >>> 8, time & 255], TIME_AT)
      },
    },
    limit: {
      read: (self) => String(self.resource.limit),
      write(self, value) {
        self.resource.limit = toInteger(value, -Infinity, 'type mismatch')
        goOn(self)
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        goOn(self)
      },
    },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
        goOn(self)
      },
    },
  },
})

function make(self: Me): Packet | null {
  const p = makePacket(self.router.pool, self.resource.frame, 0)
  if (p === null) return null
  p.mac = p.off
  p.net = p.off + 14
  self.counters.count++
  return p
}

/** After a change: there may be frames to send again. */
function goOn(self: Me): void {
  const { resource, counters } = self
  if (!resource.active || (resource.limit >= 0 && counters.count >= resource.limit)) return
  self.notify()
  if (resource.running || self.outputKinds[0] !== 'push') return
  resource.running = true
  self.timerAt(self.router.nowMs)
}
