/*
=c

IPPrint([LABEL, I<keywords> CONTENTS, PAYLOAD, MAXLENGTH, ...])

=s ip

pretty-prints IP packets

=d

Prints each packet on a line, much as tcpdump(1) does, after LABEL, and passes it on. The IP header
annotation must be set; a packet without it is passed silently.

Keyword arguments are:

=over 8

=item LABEL

String. Printed first. Default is nothing.

=item CONTENTS

'NONE', 'HEX' or 'ASCII'. Whether and how the packet's bytes are printed too. Default is 'NONE'.

=item PAYLOAD

The same, for the payload alone. Give one of both.

=item MAXLENGTH

Integer. Bytes of contents or payload printed at most; -1 is all. Default is 1500.

=item NBYTES

Older name of MAXLENGTH.

=item ID

Boolean. Print the IP identification. Default is false.

=item TTL

Boolean. Print the time-to-live. Default is false.

=item TOS

Boolean. Print the type of service. Default is false.

=item LENGTH

Boolean. Print the IP length. Default is false.

=item TIMESTAMP

Boolean. Print the timestamp annotation. Default is true.

=item AGGREGATE

Boolean. Print the aggregate annotation. Default is false.

=item PAINT

Boolean. Print the paint annotation. Default is false.

=item SWAP

Boolean. Print ICMP identifiers and sequence numbers in network order. Default is true.

=item OUTFILE

File that is printed to, in place of standard error.

=item ACTIVE

Boolean. If false, nothing is printed. Default is true.

=back

=h active read/write

Returns or sets ACTIVE.

=a Print, CheckIPHeader
*/

import { closeSync, openSync, writeSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseBool } from '../../lib/click/args.ts'
import { addressOf } from '../lib/annotation.ts'
import {
  asciiLines,
  describeIp,
  hexLines,
  type PrintFields,
  payloadStart,
} from '../lib/ip-print.ts'
import { toBool } from '../lib/settings.ts'

const ANNO_AGGREGATE = 20

type Contents = 'NONE' | 'HEX' | 'ASCII'

interface Plan {
  readonly contents: Contents
  /** Contents are of the payload only. */
  readonly payload: boolean
  readonly most: number
  readonly fields: PrintFields
}

export default element({
  name: 'IPPrint',
  ports: '1/1',
  config: {
    LABEL: arg.string('').at(),
    CONTENTS: arg.text('NONE'),
    PAYLOAD: arg.text('NONE'),
    MAXLENGTH: arg.int(1500),
    NBYTES: arg.int(1500),
    ID: arg.bool(false),
    TTL: arg.bool(false),
    TOS: arg.bool(false),
    LENGTH: arg.bool(false),
    TIMESTAMP: arg.bool(true),
    AGGREGATE: arg.bool(false),
    PAINT: arg.bool(false),
    SWAP: arg.bool(true),
    OUTFILE: arg.filename(''),
    ACTIVE: arg.bool(true),
  },
  local: 'an open file, and whether to print: a new version brings its own',

  configure(config, context): Plan {
    const contents = contentsOf(config.CONTENTS)
    const payload = contentsOf(config.PAYLOAD)
    if (contents === null) context.error("CONTENTS: should be 'NONE', 'HEX' or 'ASCII'")
    if (payload === null) context.error("PAYLOAD: should be 'NONE', 'HEX' or 'ASCII'")
    if (contents !== 'NONE' && payload !== 'NONE')
      context.error('specify one of CONTENTS and PAYLOAD')
    return {
      contents: (payload === 'NONE' ? contents : payload) ?? 'NONE',
      payload: payload !== 'NONE',
      most: config.MAXLENGTH === 1500 ? config.NBYTES : config.MAXLENGTH,
      fields: {
        id: config.ID,
        ttl: config.TTL,
        tos: config.TOS,
        length: config.LENGTH,
        swap: config.SWAP,
      },
    }
  },

  open(self): { active: boolean; readonly fd: number } {
    const { OUTFILE, ACTIVE } = self.config
    const fd = OUTFILE === '' ? -1 : OUTFILE === '-' ? 1 : openSync(OUTFILE, 'w')
    return { active: ACTIVE, fd }
  },

  action(self, p) {
    if (!self.resource.active || p.net < 0) return p
    const line = head(self, p) + describeIp(p, self.plan.fields) + contents(self.plan, p)
    if (self.resource.fd < 0) self.router.print(line)
    else writeSync(self.resource.fd, `${line}\n`)
    return p
  },

  close(self) {
    if (self.resource.fd > 1) closeSync(self.resource.fd)
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

function contentsOf(text: string): Contents | null {
  const bool = parseBool(text)
  if (bool !== null) return bool ? 'HEX' : 'NONE'
  const upper = text.toUpperCase()
  return upper === 'NONE' || upper === 'HEX' || upper === 'ASCII' ? upper : null
}

interface Me {
  readonly config: {
    readonly LABEL: string
    readonly TIMESTAMP: boolean
    readonly AGGREGATE: boolean
    readonly PAINT: boolean
  }
}

function head({ config }: Me, p: Packet): string {
  let text = config.LABEL === '' ? '' : `${config.LABEL}: `
  if (config.TIMESTAMP) text += `${(p.timeUs / 1e6).toFixed(6)}: `
  if (config.AGGREGATE) text += `#${addressOf(p, ANNO_AGGREGATE) >>> 0}`
  if (config.PAINT) text += `${config.AGGREGATE ? '.' : 'paint '}${p.paint}`
  return config.AGGREGATE || config.PAINT ? `${text}: ` : text
}

function contents({ contents, payload, most }: Plan, p: Packet): string {
  if (contents === 'NONE' || p.end - p.net < 20) return ''
  const from = Math.min(payload ? payloadStart(p) : p.off, p.end)
  const bytes = p.mem.subarray(from, most < 0 ? p.end : Math.min(p.end, from + most))
  return contents === 'HEX' ? hexLines(bytes) : asciiLines(bytes)
}
