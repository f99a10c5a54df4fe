/*
=c

TCPIPSend()

=s tcp

generates TCP/IP packets when requested

=d

Sends TCP packets without payload, with an IP header, when its handler is written.

=h send write-only

Sends packets. The value is "SADDR SPORT DADDR DPORT SEQNO ACKNO FLAGS [COUNT [STOP]]": addresses,
ports, sequence numbers, and flags, as a number; how many packets, by default 1; and whether the
router is then stopped, by default not.

=h no_frame read-only

Returns the number of packets that were not sent: no frame was free.

=a FastTCPFlows
*/

import { element } from '../../dataplane/element.ts'
import { parseBool, parseIp, parseU8, parseU32, splitSpaces } from '../../lib/click/args.ts'
import { parsePort } from '../lib/ip-names.ts'
import { TCP_SEGMENT, type TcpHeader, writeTcpPacket } from '../lib/tcp-packet.ts'

export default element({
  name: 'TCPIPSend',
  ports: '0/1',
  processing: 'h/h',
  config: {},
  counters: { no_frame: 'packets not sent, no frame was free' },

  configure: (_config, context) => ({ addresses: context.addresses }),

  handlers: {
    send: {
      write(self, value) {
        const { addresses } = self.plan
        const words = splitSpaces(value)
        if (words.length < 7)
          throw new Error('too few arguments: SADDR SPORT DADDR DPORT SEQNO ACKNO FLAGS are needed')
        if (words.length > 9) throw new Error('too many arguments')
        const need = (keyword: string, parsed: number | null): number => {
          if (parsed === null) throw new Error(`${keyword}: parse error`)
          return parsed
        }
        const header: TcpHeader = {
          src: need('SRC', parseIp(words[0]!, addresses)),
          sport: need('SPORT', parsePort(words[1]!, 'tcp', addresses)),
          dst: need('DST', parseIp(words[2]!, addresses)),
          dport: need('DPORT', parsePort(words[3]!, 'tcp', addresses)),
          seq: need('SEQNO', parseU32(words[4]!)),
          ack: need('ACKNO', parseU32(words[5]!)),
          flags: need('FLAGS', parseU8(words[6]!)),
        }
        const count = need('COUNT', parseU32(words[7] ?? '1'))
        const stop = parseBool(words[8] ?? 'false')
        if (stop === null) throw new Error('STOP: parse error')
        for (let i = 0; i < count; i++) {
          const p = self.router.pool.allocLength(TCP_SEGMENT)
          if (p === null) {
            self.counters.no_frame++
            continue
          }
          writeTcpPacket(p, p.off, TCP_SEGMENT, header)
          self.out[0]!(p)
        }
        if (stop) self.router.stop()
      },
    },
  },
})
