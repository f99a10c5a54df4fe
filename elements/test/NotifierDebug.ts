/*
=c

NotifierDebug

=s test

shows notification signals

=d

Passes packets unchanged. Its handler shows what the elements say that tasks near it listen to: where it
is pulled, the queues upstream, of which each is active while it has packets; where it is pushed to, the
queues downstream, of which each is active while there is room.

=h signal read-only

Returns the signals, by groups of 32: C<NAME.GROUP/MASK:ACTIVE>, in hexadecimal, with a star where one
is active. C<busy*>: there are elements that say nothing, which count as active; C<idle>: there are none.

=e

  q :: Queue -> n :: NotifierDebug -> Unqueue -> Discard

=a Queue, UpstreamNotifier
*/

import { element, type RouterServices } from '../../dataplane/element.ts'

/** Signals in a word. */
const WORD = 32

export default element({
  name: 'NotifierDebug',
  ports: '1/1',
  config: {},

  action(_self, p) {
    return p
  },

  handlers: {
    signal: { read: (self) => signalText(self, self.inputKinds[0] === 'pull') },
  },
})

interface Me {
  readonly name: string
  readonly router: RouterServices
}

interface Word {
  mask: number
  active: number
}

function signalText(self: Me, pulled: boolean): string {
  const { router } = self
  const kind = pulled ? 'empty' : 'full'
  const words = new Map<number, Word>()
  let busy = false
  router.neighbors(self.name, pulled ? 'up' : 'down', -1, (name) => {
    const note = router.noteOf(name, kind)
    if (note === null) {
      busy ||= isEnd(router, name, pulled)
      return true
    }
    const word = words.get(note.number >> 5) ?? { mask: 0, active: 0 }
    words.set(note.number >> 5, word)
    word.mask |= 1 << (note.number % WORD)
    if (note.active) word.active |= 1 << (note.number % WORD)
    return false
  })
  if (busy) return 'busy*'
  if (words.size === 0) return 'idle'
  const sorted = [...words].sort(([a], [b]) => a - b)
  return sorted.map(([n, word]) => wordText(kind, n, word)).join('+')
}

function wordText(kind: string, n: number, { mask, active }: Word): string {
  const star = active === 0 ? '' : '*'
  return `${kind}.${n}/${hex(mask)}:${hex(active)}${star}`
}

function hex(word: number): string {
  return (word >>> 0).toString(16)
}

/** Nothing lies beyond, and it is no Idle: packets may come, or go, at any time. */
function isEnd(router: RouterServices, name: string, up: boolean): boolean {
  const { className, ninputs, noutputs } = router.element(name)
  return className !== 'Idle' && (up ? ninputs : noutputs) === 0
}
