// SetVLANAnno, under its two spellings.

import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import { SETTINGS } from './settings.ts'
import { setVlanTci, type Tag, tagHandlers, tagOf } from './vlan.ts'

interface Me {
  readonly resource: Tag
}

export function makeSetVLANAnno(name: string): AnyElement {
  return element({
    name,
    ports: '1/1',
    config: { VLAN_TCI: arg.text('').at(), VLAN_PCP: arg.int(0).at(), VLAN_ID: arg.int(0) },
    local: SETTINGS,
    reconfigures: true,

    configure(config, context) {
      const tag = tagOf(config, -1, context)
      if (tag.useAnno) context.error("VLAN_TCI: parse error: 'ANNO' is not an integer")
      return null
    },

    open: (self): Tag => tagOf(self.config, -1, null),

    action(self, p) {
      setVlanTci(p, self.resource.tci)
      return p
    },

    handlers: tagHandlers<Me>((self) => self.resource, false),
  })
}
