// Elements that check and change headers: CheckIPHeader, DecIPTTL, SetIPChecksum, Check…Header,
// UDPIPEncap, IPFragmenter, and the checksums under them.

import test from 'ava'
import fc from 'fast-check'
import { Packet } from '../../../../dataplane/packet.ts'
import { checksum, diff32, fold, sumWords, updated } from '../../../../elements/lib/checksum.ts'
import { Lab } from '../lab.ts'
import { type IpFields, ip, ipPacket, ipSum, transportSum } from './packets.ts'

test('an incremental update equals a checksum made anew', (t) => {
  const data = fc.uint8Array({ minLength: 8, maxLength: 60 })
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(data, word, (bytes, now) => {
      const view = new DataView(bytes.buffer)
      const old = view.getInt32(4)
      const before = checksum(bytes, 0, bytes.length)
      view.setInt32(4, now)
      const after = updated(before, diff32(old, now))
      // 0 and all ones are the same sum: compare what a receiver computes.
      t.is(fold(sumWords(bytes, 0, bytes.length, after)), 0xffff)
    }),
  )
})

/** Sends one packet; which output it left by, its bytes and its destination annotation. */
async function through(config: string, p: Packet, two = true) {
  const lab = await Lab.make(
    `i :: TestIn -> x :: ${config} -> o :: TestOut${two ? '; x[1] -> bad :: TestOut' : ''}`,
  )
  lab.send('i', p)
  const [seen] = lab.take()
  const out = new Packet(seen!.bytes, 0, seen!.bytes.length, -1)
  out.end = seen!.bytes.length
  out.net = 0
  return { lab, to: seen!.out, out, dst: seen!.dst, bytes: seen!.bytes }
}

test('CheckIPHeader: a good packet is marked, and cut to its length', async (t) => {
  const p = ipPacket({ dst: '9.8.7.6' })
  p.dst = 0
  const length = p.length
  p.end += 13
  const { to, dst, bytes } = await through('CheckIPHeader', p)
  t.is(to, 'o')
  t.is(dst, ip('9.8.7.6'))
  t.is(bytes.length, length)
})

const SPOILT: readonly (readonly [string, (p: Packet) => void])[] = [
  [
    'too_short',
    (p) => {
      p.end = p.off + 19
    },
  ],
  [
    'bad_version',
    (p) => {
      p.mem[p.net] = 0x65
    },
  ],
  [
    'bad_header_length',
    (p) => {
      p.mem[p.net] = 0x44
    },
  ],
  [
    'bad_length',
    (p) => {
      p.mem[p.net + 3]! += 1
    },
  ],
  [
    'bad_length',
    (p) => {
      p.mem[p.net + 3] = 19
    },
  ],
  [
    'bad_length',
    (p) => {
      p.mem[p.net] = 0x4f
    },
  ],
  [
    'bad_checksum',
    (p) => {
      p.mem[p.net + 8]! ^= 1
    },
  ],
]
SPOILT.forEach(([reason, spoil], i) => {
  test(`CheckIPHeader: ${reason} (${i})`, async (t) => {
    const p = ipPacket()
    spoil(p)
    const { lab, to } = await through('CheckIPHeader(DETAILS true)', p)
    t.is(to, 'bad')
    t.is(lab.read('x.drops'), '1')
    t.is(lab.read(`x.${reason}`), '1')
    t.regex(lab.printed.join(), /IP header check failed/)
    t.regex(lab.read('x.drop_details'), /1\t/)
  })
})

test('CheckIPHeader: sources, by INTERFACES, BADSRC and the old syntax', async (t) => {
  const goes = async (config: string, f: IpFields) =>
    (await through(`CheckIPHeader(${config})`, ipPacket(f))).to
  const net = 'INTERFACES 18.26.4.9/24 18.32.9.44/28'
  t.is(await goes(net, { src: '18.26.4.255' }), 'bad')
  t.is(await goes(net, { src: '18.32.9.47' }), 'bad')
  t.is(await goes(net, { src: '0.0.0.0' }), 'bad')
  t.is(await goes(net, { src: '18.26.4.255', dst: '18.26.4.9' }), 'o')
  t.is(await goes(net, { src: '18.26.4.1' }), 'o')
  t.is(await goes('BADSRC 1.2.3.4', { src: '1.2.3.4' }), 'bad')
  t.is(await goes('BADSRC 1.2.3.4', { src: '0.0.0.0' }), 'o')
  t.is(await goes('1.2.3.4 1.2.3.5', { src: '1.2.3.5' }), 'bad')
  t.is(await goes('1.2.3.4', { src: '255.255.255.255' }), 'bad')
  t.is(await goes('', { src: '255.255.255.255' }), 'o')
})

test('CheckIPHeader2 and CHECKSUM false do not look at the checksum', async (t) => {
  for (const config of ['CheckIPHeader2', 'CheckIPHeader(CHECKSUM false)']) {
    const p = ipPacket()
    p.mem[p.net + 8]! ^= 1
    t.is((await through(config, p)).to, 'o')
  }
})

test('CheckIPHeader: options are summed too', async (t) => {
  const p = ipPacket({ payload: 20 })
  p.mem[p.net] = 0x46
  p.mem[p.net + 10] = 0
  p.mem[p.net + 11] = 0
  const sum = checksum(p.mem, p.net, 24)
  p.mem[p.net + 10] = sum >> 8
  p.mem[p.net + 11] = sum & 255
  t.is((await through('CheckIPHeader', p)).to, 'o')
  p.mem[p.net + 23]! ^= 1
  t.is((await through('CheckIPHeader', p)).to, 'bad')
})

test('DecIPTTL: decrements, keeps the checksum right for any header, sends the dead aside', async (t) => {
  const lab = await Lab.make('i :: TestIn -> x :: DecIPTTL -> o :: TestOut; x[1] -> bad :: TestOut')
  for (let id = 0; id < 65536; id += 7) {
    lab.send('i', ipPacket({ id, ttl: 2 + (id % 254) }))
    const [seen] = lab.take()
    const out = new Packet(seen!.bytes, 0, 20, -1)
    out.net = 0
    if (seen!.bytes[8] !== 1 + (id % 254) || ipSum(out) !== 0xffff) t.fail(`id ${id}`)
  }
  for (const ttl of [0, 1]) lab.send('i', ipPacket({ ttl }))
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['bad', 'bad'],
  )
})

test('DecIPTTL: MULTICAST and ACTIVE', async (t) => {
  const ttl = async (config: string, f: IpFields) =>
    (await through(`DecIPTTL(${config})`, ipPacket(f))).bytes[8]
  t.is(await ttl('MULTICAST false', { dst: '224.0.0.5', ttl: 1 }), 1)
  t.is(await ttl('MULTICAST false', { dst: '23.0.0.5', ttl: 9 }), 8)
  t.is(await ttl('', { dst: '224.0.0.5', ttl: 9 }), 8)
  t.is(await ttl('ACTIVE false', { ttl: 9 }), 9)
})

test('SetIPChecksum makes it right', async (t) => {
  const p = ipPacket()
  p.mem[p.net + 8]! ^= 5
  const lab = await Lab.make('i :: TestIn -> x :: SetIPChecksum -> o :: TestOut')
  lab.send('i', p)
  const [seen] = lab.take()
  const out = new Packet(seen!.bytes, 0, 20, -1)
  out.net = 0
  t.is(ipSum(out), 0xffff)
  p.end = p.net + 19
  lab.send('i', p)
  t.is(lab.take().length, 0)
  t.is(lab.read('x.drops'), '1')
})

for (const [name, proto] of [
  ['CheckTCPHeader', 6],
  ['CheckUDPHeader', 17],
  ['CheckICMPHeader', 1],
] as const) {
  test(`${name}: good, spoilt, short, other protocol, fragments`, async (t) => {
    const good: IpFields = { proto, sport: proto === 1 ? 0x0800 : 9 }
    const to = async (change: (p: Packet) => void, f: IpFields = good) => {
      const p = ipPacket(f)
      change(p)
      return (await through(name, p)).to
    }
    t.is(await to(() => {}), 'o')
    t.is(
      await to((p) => {
        p.mem[p.end - 1]! ^= 1
      }),
      'bad',
    )
    t.is(
      await to((p) => {
        p.end = p.transport + 7
      }),
      'bad',
    )
    t.is(await to(() => {}, { ...good, proto: 47 }), 'bad')
    // As in Click, fragments are looked at like whole packets.
    t.is(await to(() => {}, { ...good, offset: 3 }), 'o')
    t.is(
      await to(
        (p) => {
          p.mem[p.end - 1]! ^= 1
        },
        { ...good, more: true },
      ),
      'bad',
    )
  })
}

test('UDPIPEncap: right headers; the checksum may be left out', async (t) => {
  const p = new Packet(
    Uint8Array.from({ length: 100 }, (_, i) => i),
    0,
    100,
    -1,
  )
  p.off = 60
  p.end = 73
  const { out, dst } = await through('UDPIPEncap(1.0.0.1, 1234, 2.0.0.2, ssh)', p, false)
  t.is(ipSum(out), 0xffff)
  t.is(transportSum(out), 0xffff)
  t.is(dst, ip('2.0.0.2'))
  t.is(out.length, 28 + 13)
  const plain = await through(
    'UDPIPEncap(1.0.0.1, 1234, DST_ANNO, 22, false)',
    Object.assign(p, { dst: 5 }),
    false,
  )
  t.is(plain.bytes[26]! | plain.bytes[27]!, 0)
  t.is(plain.dst, 5)
})

test('IPFragmenter: fragments put together are the packet', async (t) => {
  const lab = await Lab.make(
    'i :: TestIn -> x :: IPFragmenter(100) -> o :: TestOut; x[1] -> df :: TestOut',
  )
  const payload = Uint8Array.from({ length: 500 }, (_, i) => i)
  const p = ipPacket({ payload, id: 77 })
  lab.send('i', p)
  const whole = new Uint8Array(508)
  const seen = lab.take()
  t.is(seen.length, 7)
  seen.forEach(({ bytes }, i) => {
    const view = new DataView(bytes.buffer)
    const f = new Packet(bytes, 0, bytes.length, -1)
    f.net = 0
    t.is(ipSum(f), 0xffff)
    t.true(bytes.length <= 100)
    t.is(view.getUint16(2), bytes.length)
    t.is(view.getUint16(4), 77)
    t.is((bytes[6]! & 0x20) !== 0, i < 6)
    whole.set(bytes.subarray(20), (view.getUint16(6) & 0x1fff) * 8)
  })
  t.deepEqual(whole, p.mem.slice(p.net + 20, p.end))
  const keep = ipPacket({ payload })
  keep.mem[keep.net + 6] = 0x40
  lab.send('i', keep)
  lab.send('i', ipPacket())
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['df', 'o'],
  )
  t.is(lab.pool.available, lab.pool.frames)
})
