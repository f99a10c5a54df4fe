// Low-level remote calls of Click's protocol that tools still make, by their number in network
// format. Each is turned into handlers, so that elements need to know nothing of them.

import type { RouterServices } from '../../dataplane/element.ts'

type Call = (router: RouterServices, element: string, data: string) => string

/** 32-bit integers as a little-endian machine has them. */
function intBytes(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return bytes.toString('latin1')
}

function intOf(data: string): number {
  if (data.length < 4) throw new Error('too little data')
  return Buffer.from(data, 'latin1').readInt32LE(0)
}

export const LLRPC: ReadonlyMap<number, Call> = new Map<number, Call>([
  // CLICK_LLRPC_GET_SWITCH
  [0x4004c005, (router, e) => intBytes(Number(router.readHandler(`${e}.switch`)))],
  // CLICK_LLRPC_SET_SWITCH
  [
    0x80044006,
    (router, e, data) => {
      router.writeHandler(`${e}.switch`, String(intOf(data)))
      return ''
    },
  ],
])
