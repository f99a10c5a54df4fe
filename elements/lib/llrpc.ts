// Low-level remote calls of Click's protocol that tools still make, by their number in network
// format. Each is turned into handlers, so that elements need to know nothing of them.
//
//   bits 31, 30   data comes in, goes out
//   bits 27..16   bytes of data
//   bit 14        the data holds no pointers: the call can be made from outside

import type { RouterServices } from '../../dataplane/element.ts'

interface Llrpc {
  readonly number: number
  readonly size: number
  readonly takes: boolean
  /** Can be called from outside. */
  readonly isFlat: boolean
}

/** The hexadecimal number of a call; null: it is none. */
export function parseLlrpc(text: string): Llrpc | null {
  const digits = /^(?:0[xX])?([0-9a-fA-F]{1,8})$/.exec(text)?.[1]
  if (digits === undefined) return null
  const number = Number.parseInt(digits, 16)
  const size = (number >>> 16) & 0xfff
  const moves = number >>> 30 !== 0
  return {
    number,
    size,
    takes: number >>> 31 === 1,
    isFlat: size > 0 && moves && (number & 0x4000) !== 0,
  }
}

type Call = (router: RouterServices, element: string, data: string) => string

/** 32-bit integers as a little-endian machine has them. */
function intBytes(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return bytes.toString('latin1')
}

function intOf(data: string): number {
  return Buffer.from(data, 'latin1').readInt32LE(0)
}

/** One of several handlers' values, by the number that comes in. */
function pick(...handlers: string[]): Call {
  return (router, element, data) => {
    const handler = handlers[intOf(data)]
    if (handler === undefined) throw new Error(INVALID)
    return intBytes(Math.trunc(Number(router.readHandler(`${element}.${handler}`))))
  }
}

const INVALID = 'Invalid argument'

interface Known {
  /** The handler that an element has which takes the call. */
  readonly needs: string
  readonly call: Call
}

const CALLS: ReadonlyMap<number, Known> = new Map<number, Known>([
  // GET_RATE, GET_COUNT
  [0xc004c001, { needs: 'rate', call: pick('rate') }],
  [0xc004c003, { needs: 'byte_count', call: pick('count', 'byte_count') }],
  // GET_SWITCH, SET_SWITCH
  [
    0x4004c005,
    { needs: 'switch', call: (router, e) => intBytes(Number(router.readHandler(`${e}.switch`))) },
  ],
  [
    0x80044006,
    {
      needs: 'switch',
      call(router, e, data) {
        router.writeHandler(`${e}.switch`, String(intOf(data)))
        return ''
      },
    },
  ],
])

/** Throws where the element does not take the call. */
export function callLlrpc(
  router: RouterServices,
  element: string,
  number: number,
  data: string,
): string {
  const known = CALLS.get(number)
  if (known === undefined || !router.findHandler(`${element}.${known.needs}`).read)
    throw new Error(INVALID)
  return known.call(router, element, data)
}
