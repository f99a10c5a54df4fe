// StripEtherVLANHeader, under its two spellings.

import { type AnyElement, arg, DROP, element } from '../../dataplane/element.ts'
import { setVlanTci, TAGGED, VLAN_ID_MASK } from './vlan.ts'

export function makeStripEtherVLANHeader(name: string): AnyElement {
  return element({
    name,
    ports: '1/1-2',
    processing: 'a/ah',
    config: { NATIVE_VLAN: arg.int(0).at() },
    reconfigures: true,

    configure(config, context) {
      if (config.NATIVE_VLAN > VLAN_ID_MASK) context.error('bad NATIVE_VLAN')
      return null
    },

    route(self, p) {
      const m = p.mem
      const o = p.off
      if (p.end - o >= 18 && ((m[o + 12]! << 8) | m[o + 13]!) === TAGGED) {
        setVlanTci(p, (m[o + 14]! << 8) | m[o + 15]!)
        p.off = o + 18
        return 0
      }
      const native = self.config.NATIVE_VLAN
      if (native < 0) return self.noutputs > 1 ? 1 : DROP
      setVlanTci(p, native)
      p.off = Math.min(o + 14, p.end)
      return 0
    },
  })
}
