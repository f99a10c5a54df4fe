// EtherVLANEncap, under its two spellings.

import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import { parseU16 } from '../../lib/click/args.ts'
import { copyEth } from './arp.ts'
import { etherHandler } from './ether-header.ts'
import { SETTINGS } from './settings.ts'
import { nativeHandler, TAGGED, type Tag, tagConfig, tagFor, tagHandlers, tagOf } from './vlan.ts'

interface Me {
  readonly resource: {
    readonly tag: Tag
    /** Destination and source. */
    readonly header: Uint8Array
    type: number
  }
}

export function makeEtherVLANEncap(name: string): AnyElement {
  return element({
    name,
    ports: '1/1',
    config: {
      ETHERTYPE: arg.u16().at().must(),
      SRC: arg.eth().at().must(),
      DST: arg.eth().at().must(),
      ...tagConfig,
      NATIVE_VLAN: arg.int(0),
    },
    counters: { no_headroom: 'packets dropped for want of room in front' },
    local: SETTINGS,
    reconfigures: true,

    configure(config, context) {
      tagOf(config, config.NATIVE_VLAN, context)
      return null
    },

    open(self): Me['resource'] {
      const header = new Uint8Array(12)
      header.set(self.config.DST, 0)
      header.set(self.config.SRC, 6)
      const tag = tagOf(self.config, self.config.NATIVE_VLAN, null)
      return { tag, header, type: self.config.ETHERTYPE }
    },

    action(self, p) {
      const { tag, header, type } = self.resource
      const tci = tagFor(tag, p)
      if (!p.push(tci < 0 ? 14 : 18)) {
        self.counters.no_headroom++
        return null
      }
      const m = p.mem
      const o = p.off
      copyEth(m, o, header, 0)
      copyEth(m, o + 6, header, 6)
      let t = o + 12
      if (tci >= 0) {
        m[t] = TAGGED >>> 8
        m[t + 1] = TAGGED & 255
        m[t + 2] = tci >>> 8
        m[t + 3] = tci
        t += 4
      }
      m[t] = type >>> 8
      m[t + 1] = type
      p.mac = o
      p.net = o + (tci < 0 ? 14 : 18)
      return p
    },

    handlers: {
      src: etherHandler<Me>((self) => self.resource.header, 6),
      dst: etherHandler<Me>((self) => self.resource.header, 0),
      ethertype: {
        read: (self) => String(self.resource.type),
        write(self, value) {
          const type = parseU16(value.trim())
          if (type === null) throw new Error(`'${value}' is not an Ethernet type`)
          self.resource.type = type
        },
      },
      ...tagHandlers<Me>((self) => self.resource.tag, true),
      native_vlan: nativeHandler<Me>((self) => self.resource.tag),
    },
  })
}
