// The spinlock elements: they pass packets. One thread works on all packets of a replica, so that a
// lock is always free; the names are checked, so that a configuration means what it says.

import { type AnyElement, arg, type ConfigureContext, element } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'

/** Names that the graph's SpinlockInfo elements define. */
function isDefined(name: string, context: ConfigureContext): boolean {
  const lists = context.argsOf?.('SpinlockInfo') ?? []
  return lists.some((args) => args.some((arg) => splitSpaces(arg).includes(name)))
}

export function spinlock(name: string, processing: 'a/a' | 'h/h'): AnyElement {
  return element({
    name,
    ports: '1/1',
    processing,

    config: { LOCK: arg.string().at().must() },

    configure(config, context) {
      if (!isDefined(config.LOCK, context)) context.error(`cannot locate spinlock ${config.LOCK}`)
    },

    action(_self, p) {
      return p
    },
  })
}
