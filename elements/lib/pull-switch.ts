// PullSwitch and SimplePullSwitch: one input of several, settable by a handler.

import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toInteger } from './settings.ts'

export function pullSwitch(name: string): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '-/1',
    processing: 'l/l',

    config: { INPUT: arg.int(0).at() },

    local: SETTINGS,

    open(self): { input: number } {
      return { input: inputOf(self.config.INPUT, self.ninputs) }
    },

    pull(self) {
      const { input } = self.resource
      return input < 0 ? null : self.in[input]!()
    },

    handlers: {
      switch: {
        read: (self) => String(self.resource.input),
        write(self, value) {
          const input = toInteger(value, -Infinity, `${name} input must be integer`)
          self.resource.input = inputOf(input, self.ninputs)
          self.notify()
        },
      },
    },
  })
}

/** An input that is not there is none: nothing is pulled. */
function inputOf(input: number, inputs: number): number {
  return input < 0 || input >= inputs ? -1 : input
}
