// ICMPError and ICMPPingResponder: what is answered, how, and what is not.

import test from 'ava'
import { Packet } from '../../../../dataplane/packet.ts'
import { Lab } from '../lab.ts'
import { type IpFields, ip, ipPacket, ipSum, transportSum } from './packets.ts'

const errors = (config: string) =>
  Lab.make(`i :: TestIn -> e :: ICMPError(${config}) -> o :: TestOut`)

function seen(lab: Lab) {
  const [one] = lab.take()
  if (one === undefined) return null
  const p = new Packet(one.bytes, 0, one.bytes.length, -1)
  p.end = one.bytes.length
  p.net = 0
  const view = new DataView(one.bytes.buffer)
  return {
    src: view.getInt32(12),
    dst: view.getInt32(16),
    annoDst: one.dst,
    type: one.bytes[20],
    code: one.bytes[21],
    rest: view.getInt32(24),
    length: view.getUint16(2),
    there: one.bytes.length,
    quote: one.bytes.subarray(28),
    good: ipSum(p) === 0xffff && transportSum(p) === 0xffff,
  }
}

const BAD: IpFields = { src: '10.0.0.1', dst: '10.0.0.2', ttl: 1 }

test('an error quotes the packet and goes to its source', async (t) => {
  const lab = await errors('1.1.1.1, timeexceeded')
  const p = ipPacket(BAD)
  lab.send('i', p)
  const error = seen(lab)!
  t.like(error, { type: 11, code: 0, rest: 0, good: true, length: 28 + 36, there: 28 + 36 })
  t.is(error.src, ip('1.1.1.1'))
  t.is(error.dst, ip('10.0.0.1'))
  t.is(error.annoDst, ip('10.0.0.1'))
  t.deepEqual(error.quote, p.mem.slice(p.off, p.end))
  t.is(lab.pool.available, lab.pool.frames)
})

test('an error has at most MTU bytes', async (t) => {
  const lab = await errors('1.1.1.1, unreachable, port')
  lab.send('i', ipPacket({ ...BAD, payload: 1200 }))
  t.like(seen(lab)!, { type: 3, code: 3, there: 576, good: true })
  const small = await errors('1.1.1.1, unreachable, port, MTU 100')
  small.send('i', ipPacket({ ...BAD, payload: 1200 }))
  t.like(seen(small)!, { there: 100, good: true })
})

test('what the four bytes after the checksum say', async (t) => {
  const mtu = await errors('1.1.1.1, unreachable, needfrag, PMTU 1400')
  mtu.send('i', ipPacket(BAD))
  t.like(seen(mtu)!, { type: 3, code: 4, rest: 1400, good: true })
  const redirect = await errors('1.1.1.1, redirect, host')
  const p = ipPacket(BAD)
  p.dst = ip('10.0.0.254')
  redirect.send('i', p)
  t.like(seen(redirect)!, { type: 5, code: 1, rest: ip('10.0.0.254'), good: true })
  const problem = await errors('1.1.1.1, parameterproblem, erroratptr')
  const q = ipPacket(BAD)
  q.anno = new Uint8Array(48)
  q.anno[17] = 20
  problem.send('i', q)
  t.like(seen(problem)!, { type: 12, code: 0, rest: 20 << 24, good: true })
})

const SILENT: readonly (readonly [string, IpFields, Partial<Packet>])[] = [
  ['an ICMP error', { proto: 1, sport: 0x0300 }, {}],
  ['a later fragment', { offset: 5 }, {}],
  ['a packet to a multicast address', { dst: '224.0.0.1' }, {}],
  ['a packet to the broadcast address', { dst: '255.255.255.255' }, {}],
  ['a packet from a multicast address', { src: '224.0.0.1' }, {}],
  ['a packet from 0.0.0.0', { src: '0.0.0.0' }, {}],
  ['a packet from loopback', { src: '127.0.0.1' }, {}],
  ['a packet from the broadcast address', { src: '255.255.255.255' }, {}],
  ['a link-level broadcast', {}, { type: 1 }],
  ['a link-level multicast', {}, { type: 2 }],
  ['a packet from a bad address', { src: '10.0.0.255' }, {}],
  ['a packet to a bad address', { dst: '10.0.0.255' }, {}],
  ['a packet without IP header', {}, { net: -1 }],
]
for (const [what, fields, annotations] of SILENT) {
  test(`no error about ${what}`, async (t) => {
    const lab = await errors('1.1.1.1, timeexceeded, transit, BADADDRS 10.0.0.255')
    lab.send('i', Object.assign(ipPacket({ ...BAD, ...fields }), annotations))
    t.is(seen(lab), null)
    t.is(lab.read('e.silent'), '1')
  })
}

test('an echo request deserves an error, and so does a first fragment', async (t) => {
  const lab = await errors('1.1.1.1, timeexceeded')
  lab.send('i', ipPacket({ ...BAD, proto: 1, sport: 0x0800 }))
  t.true(seen(lab)!.good)
  lab.send('i', ipPacket({ ...BAD, more: true }))
  t.true(seen(lab)!.good)
})

test('wrong configuration', async (t) => {
  await t.throwsAsync(errors('1.1.1.1, nosuch, 300, BADADDRS x, MTU 10'), {
    message: /TYPE: invalid number.*ICMP code.*BADADDRS: parse error.*MTU: 10/s,
  })
})

test('ping: the reply, and what is none', async (t) => {
  const lab = await Lab.make(
    'i :: TestIn -> r :: ICMPPingResponder -> o :: TestOut; r[1] -> other :: TestOut',
  )
  const echo: IpFields = { src: '10.0.0.1', dst: '10.0.0.2', proto: 1, sport: 0x0800, dport: 7 }
  lab.send('i', ipPacket(echo))
  const reply = seen(lab)!
  t.like(reply, { type: 0, good: true, src: ip('10.0.0.2'), dst: ip('10.0.0.1') })
  t.is(reply.annoDst, ip('10.0.0.1'))
  for (const f of [
    { ...echo, sport: 0 },
    { ...echo, proto: 17 },
    { ...echo, more: true },
    { ...echo, offset: 2 },
  ])
    lab.send('i', ipPacket(f))
  t.deepEqual(
    lab.take().map((s) => s.out),
    // As in Click, a fragment that begins with an echo request's header is answered.
    ['other', 'other', 'o', 'o'],
  )
  t.is(lab.read('r.replies'), '3')
})
