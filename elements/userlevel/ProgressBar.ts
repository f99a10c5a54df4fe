/*
=c

ProgressBar(POSHANDLER [, SIZEHANDLER, I<keywords>])

=s control

shows on the terminal how far something has got

=d

Draws a bar on the error output, where that is a terminal. POSHANDLER is a read handler
whose value says how far things are; it is asked each time the bar is drawn. SIZEHANDLER
says where they end; it is asked once. Several handlers, apart by blanks, are added up.

   74% |**************     | 23315KB    00:01 ETA

=over 8

=item FIXED_SIZE

Real number. The size where there is no SIZEHANDLER. By default it is not known.

=item BANNER

String. Stands in front of the bar.

=item UPDATE

Time in seconds between two drawings. Default is 0.25.

=item ACTIVE

Boolean. If false, nothing is drawn. Default is true.

=item DELAY

Time in seconds. Nothing is drawn before. Default is 0.

=item CHECK_STDOUT

Boolean. If true, nothing is drawn where the standard output is a terminal. Default is
false.

=back

=e

  fd :: FromDump(large.pcap, STOP true) -> Discard;
  ProgressBar(fd.filepos, fd.filesize);

=h pos read-only

Returns the position that was drawn last.

=h size read/write

Returns or sets the size.

=h active read/write

Returns or sets whether the bar is drawn.

=h banner read/write

Returns or sets the banner.

=h poshandler read/write

Returns or sets the position's handlers.

=h sizehandler read/write

Returns or sets the size's handlers.

=h mark_stopped write-only

Ends the bar where it is.

=h mark_done write-only

Ends the bar as complete.

=h reset write-only

Starts the bar anew, and draws it.

=a FromDump
*/

import { arg, element } from '../../dataplane/element.ts'
import { writeAll } from '../../dataplane/output.ts'
import { parseReal } from '../../lib/click/args.ts'
import { checkHandlers, handlerList, ProgressState } from '../lib/progress-bar.ts'
import { progressLine } from '../lib/progress-text.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

const COLUMNS = 80

export default element({
  name: 'ProgressBar',
  ports: '0/0',

  config: {
    POSHANDLER: arg.text('').at().must(),
    SIZEHANDLER: arg.text('').at(),
    UPDATE: arg.seconds(0.25),
    BANNER: arg.string(''),
    ACTIVE: arg.bool(true),
    DELAY: arg.seconds(0),
    CHECK_STDOUT: arg.bool(false),
    FIXED_SIZE: arg.real(-1),
  },

  local: SETTINGS,

  open(self): ProgressState {
    const { POSHANDLER, SIZEHANDLER, BANNER, ACTIVE, CHECK_STDOUT, FIXED_SIZE } = self.config
    return new ProgressState(
      {
        banner: BANNER,
        posHandlers: handlerList(POSHANDLER),
        sizeHandlers: handlerList(SIZEHANDLER),
        size: FIXED_SIZE < 0 ? null : FIXED_SIZE,
        active: ACTIVE && !(CHECK_STDOUT && process.stdout.isTTY),
      },
      self.name,
    )
  },

  initialize(self) {
    const { posHandlers, sizeHandlers } = self.resource
    checkHandlers([...posHandlers, ...sizeHandlers], self.router, self.name)
    self.timerAt(self.router.nowMs)
  },

  timer(self) {
    const bar = self.resource
    if (!bar.active) return
    const since = bar.begin(self.router)
    const waits = since + self.config.DELAY * 1000 - self.router.nowMs
    if (waits <= 0) draw(self)
    if (!bar.ended) self.timerAt(self.router.nowMs + Math.max(waits, self.config.UPDATE * 1000))
  },

  handlers: {
    pos: { read: (self) => String(self.resource.pos) },
    size: {
      read: (self) => String(self.resource.size ?? 0),
      write(self, value) {
        const size = parseReal(value.trim())
        if (size === null || size < 0) throw new Error('type mismatch')
        self.resource.size = size
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        self.timerAt(self.router.nowMs)
      },
    },
    banner: {
      raw: true,
      read: (self) => self.resource.banner,
      write(self, value) {
        self.resource.banner = value
      },
    },
    poshandler: {
      read: (self) => self.resource.posHandlers.join(' '),
      write(self, value) {
        const paths = handlerList(value)
        checkHandlers(paths, self.router, self.name)
        self.resource.posHandlers = paths
      },
    },
    sizehandler: {
      read: (self) => self.resource.sizeHandlers.join(' '),
      write(self, value) {
        const paths = handlerList(value)
        checkHandlers(paths, self.router, self.name)
        self.resource.sizeHandlers = paths
      },
    },
    mark_stopped: { button: true, write: (self) => finish(self, false) },
    mark_done: { button: true, write: (self) => finish(self, true) },
    reset: {
      button: true,
      write(self) {
        self.resource.reset()
        self.timerAt(self.router.nowMs)
      },
    },
  },
})

interface Me {
  readonly resource: ProgressState
  readonly router: Parameters<ProgressState['look']>[0]
  timerAt(ms: number): void
}

function draw(self: Me): void {
  if (!process.stderr.isTTY) return // it stays as it is: there may be a terminal later
  const bar = self.resource
  const line = progressLine(bar.look(self.router), process.stderr.columns || COLUMNS)
  writeAll(2, `\r${line}${bar.ended ? '\n' : ''}`)
}

function finish(self: Me, whole: boolean): void {
  const bar = self.resource
  if (bar.ended || !bar.active) return
  bar.end(whole, self.router)
  draw(self)
  if (process.stderr.isTTY) bar.active = false
  self.timerAt(-1)
}
