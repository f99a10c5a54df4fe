// ICMPIPEncap and ICMPPingEncap: the second is the first with the type of echo requests.

import { cell } from '../../dataplane/declare.ts'
import {
  type AnyElement,
  type Arg,
  arg,
  type ConfigDecl,
  element,
} from '../../dataplane/element.ts'
import { parseIp } from '../../lib/click/args.ts'
import { ECHO, icmpHeaderLength, isSequenced, setIcmpChecksum, typeAndCode } from './icmp.ts'
import { ICMP, IP_HEADER, setU16, writeIpHeader } from './ip-header.ts'
import { SETTINGS } from './settings.ts'
import { ipText } from './text.ts'

const TTL = 255

interface Addresses {
  src: number
  dst: number
}

const addresses = { SRC: arg.ip().at().must(), DST: arg.ip().at().must() }
const typed: ConfigDecl = { TYPE: arg.text().at().must(), CODE: arg.text('0').at() }

export function makeICMPEncap(name: string, hasType: boolean): AnyElement {
  return element({
    name,
    ports: '1/1',
    config: {
      ...addresses,
      ...(hasType ? typed : {}),
      IDENTIFIER: arg.u16(0) as Arg<number>,
    },
    counters: { no_headroom: 'packets dropped for want of room in front, or too long' },
    state: {
      // How many were made, less one: identification and sequence number are one more, never 0.
      counts: cell({ version: 1, scope: 'shared', merge: 'max', row: { made: 'u16' } }),
    },
    local: SETTINGS,

    configure(config, context) {
      const given = config as unknown as { TYPE?: string; CODE?: string }
      const words = { type: 'invalid TYPE', code: 'invalid CODE' }
      const { type, code } = hasType
        ? typeAndCode(given.TYPE ?? '', given.CODE ?? '0', words, context)
        : { type: ECHO, code: 0 }
      const header = icmpHeaderLength(type)
      return { type, code, header, sequenced: isSequenced(type), names: context.addresses }
    },

    open: (self): Addresses => ({ src: self.config.SRC, dst: self.config.DST }),

    action(self, p) {
      const { type, code, header, sequenced } = self.plan
      const { src, dst } = self.resource
      const length = p.end - p.off + IP_HEADER + header
      if (length > 0xffff || !p.push(IP_HEADER + header)) {
        self.counters.no_headroom++
        return null
      }
      const { counts } = self.state
      const made = counts.made
      const id = made + 1
      counts.made = id === 0xffff ? 0 : id
      const m = p.mem
      const n = p.off
      const t = n + IP_HEADER
      writeIpHeader(m, n, length, id, TTL, ICMP, src, dst)
      m.fill(0, t, t + header)
      m[t] = type
      m[t + 1] = code
      if (sequenced) {
        setU16(m, t + 4, self.config.IDENTIFIER)
        setU16(m, t + 6, id)
      }
      setIcmpChecksum(m, t, length - IP_HEADER)
      p.net = n
      p.transport = t
      p.dst = dst
      return p
    },

    handlers: {
      src: {
        read: (self) => ipText(self.resource.src),
        write(self, value) {
          self.resource.src = address(value, self.plan.names)
        },
      },
      dst: {
        read: (self) => ipText(self.resource.dst),
        write(self, value) {
          self.resource.dst = address(value, self.plan.names)
        },
      },
    },
  })
}

function address(value: string, names: Parameters<typeof parseIp>[1]): number {
  const addr = parseIp(value.trim(), names)
  if (addr === null) throw new Error('syntax error')
  return addr
}
