// StatefulFirewall: what passes, against a plain account of the same packets; connections live in the
// bucket that both of their directions are steered to.

import test from 'ava'
import fc from 'fast-check'
import type { Packet } from '../../../../dataplane/packet.ts'
import { STEER_KEYS, steerBucket } from '../../../../lib/steer.ts'
import { type IpFields, ipPacket } from '../ip/packets.ts'
import { Lab } from '../lab.ts'

const LOG2 = 6
const CONFIG = `fw :: StatefulFirewall;
  i :: TestIn -> [0]fw; o :: TestIn -> [1]fw; a :: TestIn -> [2]fw;
  fw[0] -> out :: TestOut; fw[1] -> back :: TestOut; fw[2] -> rest :: TestOut;`

const lab = await Lab.make(CONFIG, { bucketsLog2: LOG2 })

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

interface Step {
  readonly outside: boolean
  readonly host: number
  readonly port: number
  readonly flags: number
}

const step: fc.Arbitrary<Step> = fc.record({
  outside: fc.boolean(),
  host: fc.integer({ min: 1, max: 2 }),
  port: fc.integer({ min: 1, max: 2 }),
  flags: fc.constantFrom(SYN, SYN | ACK, ACK, ACK, FIN | ACK, RST, SYN | FIN, 0),
})

function packetOf({ outside, host, port, flags }: Step): Packet {
  const inside = { addr: `10.0.0.${host}`, port }
  const far = { addr: '192.0.2.1', port: 80 }
  const [from, to] = outside ? [far, inside] : [inside, far]
  const fields = { src: from.addr, sport: from.port, dst: to.addr, dport: to.port }
  return ipPacket({ ...fields, proto: 6, flags })
}

/** What should pass, told without tables and states: who began, and who has ended it. */
class Account {
  readonly #open = new Map<string, { fins: Set<boolean>; reset: boolean }>()

  passes({ outside, host, port, flags }: Step): boolean {
    if (flags === 0 || flags === (SYN | FIN)) return false
    const key = `${host}:${port}`
    const begins = flags === SYN
    let known = this.#open.get(key)
    const over = known !== undefined && (known.reset || known.fins.size === 2)
    if (begins && (known === undefined || over)) {
      if (outside) return false
      known = { fins: new Set(), reset: false }
      this.#open.set(key, known)
    }
    if (known === undefined) return false
    if (flags === RST) known.reset = true
    // A FIN ends its side for good; after both it no longer matters that there was a RST.
    if ((flags & FIN) !== 0) known.fins.add(outside)
    if (known.fins.size === 2) known.reset = false
    return true
  }
}

test('TCP packets pass as a plain account says', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 80, size: 'max' }), (steps) => {
      lab.write('fw.clear')
      lab.take()
      const account = new Account()
      for (const [k, s] of steps.entries()) {
        const wanted = account.passes(s)
        lab.send(s.outside ? 'o' : 'i', packetOf(s))
        const [seen] = lab.take()
        const passed = seen?.out === (s.outside ? 'back' : 'out')
        if (passed !== wanted) throw new Error(`step ${k} ${JSON.stringify(s)}: ${passed}`)
        if (!passed && s.outside && seen?.out !== 'rest') throw new Error(`step ${k}: not to rest`)
      }
    }),
    { numRuns: 200 },
  )
  t.pass()
})

/** Buckets of all connections that there are. */
function buckets(): number[] {
  const { $c } = (lab.router.element('fw') as unknown as Inside).state.connections
  const found: number[] = []
  for (let r = 0; r < $c.top; r++) if ($c.isLive(r)) found.push($c.bucketOf(r))
  return found
}

interface Inside {
  readonly state: { readonly connections: { readonly $c: Rows } }
}

interface Rows {
  readonly top: number
  isLive(r: number): boolean
  bucketOf(r: number): number
}

/** Where a packet is steered to, as a frame. */
function steered(p: Packet): number {
  const frame = new Uint8Array(14 + p.length)
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
  frame.set(p.mem.subarray(p.off, p.end), 14)
  return steerBucket(frame, 0, frame.length, STEER_KEYS.flow, LOG2)
}

const addr = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.${a}.0.${b}`)
const port = fc.integer({ min: 1, max: 65_535 })

/** A packet that opens a connection, from inside, and its answer. */
const exchange: fc.Arbitrary<readonly [IpFields, IpFields]> = fc
  .record({ proto: fc.constantFrom(6, 17, 1, 47), src: addr, dst: addr, sport: port, dport: port })
  .map(({ proto, src, dst, sport, dport }) => {
    const back = { proto, src: dst, dst: src }
    if (proto !== 1)
      return [
        { proto, src, dst, sport, dport, flags: SYN },
        { ...back, sport: dport, dport: sport, flags: SYN | ACK },
      ]
    return [
      { proto, src, dst, sport: 0x0800, dport },
      { ...back, sport: 0, dport },
    ]
  })

test('a connection is in the bucket that both directions are steered to', (t) => {
  fc.assert(
    fc.property(exchange, fc.boolean(), ([there, back], isSteered) => {
      lab.write('fw.clear')
      lab.take()
      const p = ipPacket(there)
      const answer = ipPacket(back)
      const bucket = steered(p)
      // Unsteered packets come in a configuration without a service.
      if (isSteered) p.bucket = bucket
      lab.send('i', p)
      lab.send('o', answer)
      const [row, ...more] = buckets()
      const passed = lab.take().map((s) => s.out)
      if (passed.join() !== 'out,back' || more.length > 0) throw new Error(passed.join())
      if (row !== bucket || steered(answer) !== bucket) throw new Error(`${row} ${bucket}`)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('a first fragment opens its connection where the whole packets go', (t) => {
  lab.write('fw.clear')
  const fields = { proto: 17, src: '10.0.0.1', dst: '192.0.2.1', sport: 5, dport: 53 }
  const first = ipPacket({ ...fields, more: true })
  first.bucket = steered(first)
  lab.send('i', first)
  t.deepEqual(buckets(), [steered(ipPacket(fields))])
  t.not(first.bucket, steered(ipPacket(fields)))
})

test('what is allowed from outside opens, and is never asked about twice', async (t) => {
  const loop = await Lab.make(`fw :: StatefulFirewall; i :: TestIn -> [0]fw; o :: TestIn -> [1]fw;
    fw[0] -> TestOut; fw[1] -> TestOut; fw[2] -> [2]fw;`)
  const ack = packetOf({ outside: true, host: 1, port: 22, flags: ACK })
  loop.send('o', ack)
  t.is(loop.read('fw.drops'), '1')
  t.is(loop.read('fw.refused'), '2')
  loop.send('o', packetOf({ outside: true, host: 1, port: 22, flags: SYN }))
  t.regex(
    loop.read('fw.connections'),
    /^tcp 10.0.0.1:22 < 192.0.2.1:80 syn_sent idle 0 left 240\n$/,
  )
})

test('rows are written once a second, not once a packet; idle times are not shorter for it', (t) => {
  lab.write('fw.clear')
  const seen = () =>
    (lab.router.element('fw') as unknown as Seen).state.connections.get(...key)!.seen
  const key = [0x0a000001, 0xc0000201 | 0, (1 << 16) | 80, 6]
  lab.send('i', packetOf({ outside: false, host: 1, port: 1, flags: SYN }))
  const began = seen()
  lab.wait(999)
  lab.send('i', packetOf({ outside: false, host: 1, port: 1, flags: SYN }))
  t.is(seen(), began)
  lab.wait(240_000)
  lab.send('o', packetOf({ outside: true, host: 1, port: 1, flags: SYN | ACK }))
  t.is(lab.take().at(-1)?.out, 'back', 'idle for 240 s, not for longer')
  t.not(seen(), began)
  lab.wait(241_000)
  lab.send('o', packetOf({ outside: true, host: 1, port: 1, flags: ACK }))
  t.is(lab.take().at(-1)?.out, 'rest')
})

interface Seen {
  readonly state: { readonly connections: { get(...key: number[]): { seen: number } | null } }
}
