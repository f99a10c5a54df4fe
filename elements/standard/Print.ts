/*
=c

Print([LABEL, MAXLENGTH, I<keywords>])

=s debugging

prints packet contents

=d

Prints up to MAXLENGTH bytes of each packet in hexadecimal, after LABEL and the
packet's length.

=over 8

=item LABEL

String. Default is none.

=item MAXLENGTH

Integer. Most bytes to print; negative: all. Default is 24.

=item CONTENTS

C<HEX>, C<ASCII>, or C<NONE> for no contents. Default is C<HEX>.

=item TIMESTAMP

Boolean. If true, prints the packet's time annotation. Default is false.

=item PRINTANNO

Boolean. If true, prints the packet's annotations. Default is false.

=item HEADROOM

Boolean. If true, prints how many bytes are free before and after the data. Default
is false.

=item ACTIVE

Boolean. If false, prints nothing. Default is true.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=a IPPrint
*/

import { arg, element } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseBool } from '../../lib/click/args.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

type Contents = 'NONE' | 'HEX' | 'ASCII'

export default element({
  name: 'Print',
  reconfigures: true,
  ports: '1/1',

  config: {
    LABEL: arg.string('').at(),
    MAXLENGTH: arg.int(24).at(),
    LENGTH: arg.int(24),
    NBYTES: arg.int(24),
    CONTENTS: arg.text('HEX'),
    TIMESTAMP: arg.bool(false),
    PRINTANNO: arg.bool(false),
    CPU: arg.bool(false),
    HEADROOM: arg.bool(false),
    ACTIVE: arg.bool(true),
  },

  local: SETTINGS,

  configure(config, context) {
    const contents = parseContents(config.CONTENTS)
    if (contents === null) {
      const text = `bad contents value '${config.CONTENTS}'`
      context.error(`${text}; should be 'NONE', 'HEX', or 'ASCII'`)
    }
    const { MAXLENGTH, LENGTH, NBYTES } = config
    const most = MAXLENGTH !== 24 ? MAXLENGTH : LENGTH !== 24 ? LENGTH : NBYTES
    return { contents: contents ?? 'HEX', most }
  },

  open(self): { active: boolean } {
    return { active: self.config.ACTIVE }
  },

  action(self, p) {
    if (self.resource.active) self.router.print(describe(self, p))
    return p
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
  },
})

function parseContents(text: string): Contents | null {
  const bool = parseBool(text)
  if (bool !== null) return bool ? 'HEX' : 'NONE'
  const upper = text.toUpperCase()
  return upper === 'NONE' || upper === 'HEX' || upper === 'ASCII' ? upper : null
}

interface Me {
  readonly config: {
    readonly LABEL: string
    readonly TIMESTAMP: boolean
    readonly HEADROOM: boolean
    readonly PRINTANNO: boolean
  }
  readonly plan: { readonly contents: Contents; readonly most: number }
}

function describe(self: Me, p: Packet): string {
  const { config, plan } = self
  const head: string[] = []
  if (config.LABEL !== '') head.push(config.LABEL)
  if (config.TIMESTAMP) head.push((p.timeUs / 1e6).toFixed(6))
  let line = String(p.length).padStart(4)
  if (head.length > 0) line = `${head.join(': ')}: ${line}`
  if (config.HEADROOM) line += ` (h${p.off - p.base} t${p.limit - p.end})`
  if (config.PRINTANNO) line += ` | ${annotations(p)}`
  const most = plan.contents === 'NONE' ? 0 : plan.most
  const n = most < 0 ? p.length : Math.min(most, p.length)
  if (n === 0) return line
  const bytes = p.mem.subarray(p.off, p.off + n)
  return `${line} | ${plan.contents === 'ASCII' ? ascii(bytes) : hex(bytes)}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/.{8}(?=.)/g, '$& ')
}

function ascii(bytes: Uint8Array): string {
  let text = ''
  bytes.forEach((c, i) => {
    if (i % 8 === 0) text += ' '
    text += c < 32 || c > 126 ? '.' : String.fromCharCode(c)
  })
  return text
}

/**
 * The annotation area in hexadecimal, with those that have a field of their own in their places.
 */
function annotations(p: Packet): string {
  const area = new Uint8Array(ANNO_SIZE)
  if (p.anno !== null) area.set(p.anno)
  new DataView(area.buffer).setInt32(0, p.dst)
  area[16] = p.paint
  return Buffer.from(area).toString('hex')
}
