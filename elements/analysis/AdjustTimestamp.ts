/*
=c

AdjustTimestamp(TIME [, I<keywords> FIRST, ALL])

=s timestamps

moves packets' time annotation

=d

Adds TIME, which may be negative, to each packet's time annotation. Packets without a
time stay as they are.

=over 8

=item TIME

Seconds.

=item FIRST

Boolean. If true, the first time annotation is changed in place of the time annotation.
Default is false.

=item ALL

Boolean. If true, packets without a time get one: TIME. Default is false.

=back

=h time read/write

Returns or sets TIME.

=a SetTimestamp, SetTimestampDelta
*/

import { arg, element } from '../../dataplane/element.ts'
import { firstTimeUs, setFirstTimeUs } from '../lib/anno-words.ts'
import { SETTINGS } from '../lib/settings.ts'
import { parseDeltaUs, timeText } from '../lib/time-text.ts'

export default element({
  name: 'AdjustTimestamp',
  ports: '1/1',

  config: {
    TIME: arg.text().at().must(),
    FIRST: arg.bool(false),
    ALL: arg.bool(false),
  },

  local: SETTINGS,

  configure(config, context) {
    const us = parseDeltaUs(config.TIME ?? '')
    if (us === null) context.error('TIME: parse error')
    return { us: us ?? 0 }
  },

  open(self): { us: number } {
    return { us: self.plan.us }
  },

  action(self, p) {
    const { FIRST, ALL } = self.config
    const before = FIRST ? firstTimeUs(p) : p.timeUs
    if (before === 0 && !ALL) return p
    const after = before + self.resource.us
    if (FIRST) setFirstTimeUs(p, after)
    else p.timeUs = after
    return p
  },

  handlers: {
    time: {
      read: (self) => timeText(self.resource.us),
      write(self, value) {
        const us = parseDeltaUs(value)
        if (us === null) throw new Error('expected a time in seconds')
        self.resource.us = us
      },
    },
  },
})
