// IPRewriter in a real router: mappings, checksums, ICMP, ports that hash home.

import test from 'ava'
import fc from 'fast-check'
import { type Packet, Packet as PacketClass } from '../../../../dataplane/packet.ts'
import { homeOf } from '../../../../elements/lib/rewriter-ports.ts'
import { type IpFields, ip, ipPacket, ipSum } from '../ip/packets.ts'
import { Lab } from '../lab.ts'
import { back, NAT, nat, OUT, one, parsed } from './nat.ts'

for (const proto of [6, 17]) {
  test(`protocol ${proto}: out and back, own port kept, checksums right`, async (t) => {
    const lab = await nat()
    lab.send('in0', ipPacket({ ...OUT, proto }))
    const out = one(lab)
    t.is(out.flow, '1.0.0.1:3000 > 10.0.0.4:40')
    t.is(out.out, 'out0')
    t.is(out.annoDst, ip('10.0.0.4'))
    t.true(out.good)
    lab.send('in1', ipPacket(back(3000, { ...OUT, proto })))
    const reply = one(lab)
    t.is(reply.flow, '10.0.0.4:40 > 18.26.4.44:3000')
    t.is(reply.out, 'out1')
    t.is(reply.annoDst, ip('18.26.4.44'))
    t.true(reply.good)
    t.is(lab.read('rw.size'), '1')
  })
}

test('a UDP packet without checksum stays without', async (t) => {
  const lab = await nat()
  lab.send('in0', ipPacket({ ...OUT, proto: 17, noChecksum: true }))
  const { p, t: at } = one(lab)
  t.is(p.mem[at + 6]! | p.mem[at + 7]!, 0)
})

test('checksums are right for any flow and payload', async (t) => {
  const lab = await nat('pattern 1.0.0.1 1024-65535? 9.8.7.6 99 0 1, drop')
  const field = fc.record({
    src: fc.ipV4().filter((a) => a !== '9.8.7.6'),
    dst: fc.ipV4(),
    sport: fc.integer({ min: 1, max: 65535 }),
    dport: fc.integer({ min: 1, max: 65535 }),
    proto: fc.constantFrom(6, 17),
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  fc.assert(
    fc.property(field, (f) => {
      lab.send('in0', ipPacket(f))
      const seen = one(lab)
      t.true(seen.good)
      t.is(seen.dport, 99)
    }),
    { numRuns: 500 },
  )
})

test('what no mapping is for: the input says what happens', async (t) => {
  const lab = await Lab.make(`
    in0 :: TestIn; in1 :: TestIn; in2 :: TestIn; out0 :: TestOut; out1 :: TestOut;
    rw :: IPRewriter(drop, pass 1, keep 0 1);
    in0 -> [0]rw[0] -> out0; in1 -> [1]rw[1] -> out1; in2 -> [2]rw;`)
  lab.send('in0', ipPacket(OUT))
  t.is(lab.take().length, 0)
  t.is(lab.read('rw.unmapped'), '1')
  lab.send('in1', ipPacket(OUT))
  t.is(one(lab).out, 'out1')
  t.is(lab.read('rw.size'), '0')
  lab.send('in2', ipPacket(OUT))
  t.like(one(lab), { out: 'out0', flow: '18.26.4.44:3000 > 10.0.0.4:40' })
  lab.send('in0', ipPacket({ ...OUT, src: OUT.dst!, dst: OUT.src!, sport: 40, dport: 3000 }))
  t.is(one(lab).out, 'out1')
})

test('other protocols and later fragments go through pass inputs only', async (t) => {
  const lab = await nat(`${NAT.replace('drop', 'pass 1')}`)
  for (const f of [
    { ...OUT, proto: 47 },
    { ...OUT, offset: 10 },
  ]) {
    lab.send('in0', ipPacket(f))
    t.is(lab.take().length, 0)
    lab.send('in1', ipPacket(f))
    t.is(one(lab).out, 'out1')
  }
  t.is(lab.read('rw.unsupported'), '2')
})

test('# takes ports in turn, and uses one again for another remote end', async (t) => {
  const lab = await nat('pattern 1.0.0.1 1024-1026# - - 0 1, drop')
  const send = (sport: number, dst: string, dport: number) => {
    lab.send('in0', ipPacket({ ...OUT, sport, dst, dport }))
    const all = lab.take()
    return all.length === 0 ? 'dropped' : String(parsed(all[0]!).sport)
  }
  t.deepEqual(
    [
      send(1, '10.0.0.4', 1),
      send(2, '10.0.0.8', 2),
      send(3, '10.0.0.4', 3),
      send(4, '10.0.0.8', 2),
      send(5, '10.0.0.8', 2),
      send(6, '10.0.0.8', 2),
      send(1, '10.0.0.4', 1),
    ],
    ['1024', '1025', '1026', '1024', '1026', 'dropped', '1024'],
  )
  t.is(lab.read('rw.no_port'), '1')
  t.is(lab.read('rw.mapping_failures'), '1')
})

test('an inside endpoint keeps its outside port for every remote end', async (t) => {
  for (const bucketsLog2 of [0, 1, 4, 10]) {
    const lab = await nat(NAT, { bucketsLog2 })
    const ports = new Set<number>()
    for (let i = 1; i <= 50; i++) {
      lab.send('in0', ipPacket({ ...OUT, dst: `10.0.${i}.7`, dport: 1000 + i * 7 }))
      ports.add(one(lab).sport)
    }
    t.is(ports.size, 1, `${2 ** bucketsLog2} buckets`)
  }
})

test('replies hash to the bucket of the flow, for any flow and number of buckets', async (t) => {
  for (const bucketsLog2 of [1, 6, 10]) {
    const lab = await nat(NAT, { bucketsLog2 })
    let made = 0
    for (let i = 0; i < 300; i++) {
      const f = {
        ...OUT,
        src: `10.${i % 7}.${i}.9`.replace(/\.(\d{3,})\./, (_, x) => `.${x % 256}.`),
      }
      const sport = 1024 + ((i * 7919) % 60_000)
      const dst = `192.0.2.${i % 200}`
      lab.send('in0', ipPacket({ ...f, sport, dst, dport: 443 }))
      const all = lab.take()
      if (all.length === 0) continue
      made++
      const out = parsed(all[0]!)
      const home = homeOf(ip(f.src), ip(dst), sport, 443, bucketsLog2)
      t.is(homeOf(ip(dst), ip('1.0.0.1'), 443, out.sport, bucketsLog2), home)
    }
    t.true(made >= 295, `${made} of 300 mapped`)
  }
})

test('a packet that came by its bucket is mapped home to that bucket', async (t) => {
  const lab = await nat(NAT, { bucketsLog2: 10 })
  const p = ipPacket(OUT)
  p.bucket = 77
  lab.send('in0', p)
  const out = one(lab)
  t.is(homeOf(ip(OUT.dst!), ip('1.0.0.1'), OUT.dport!, out.sport, 10), 77)
  lab.send('in1', ipPacket(back(out.sport)))
  t.is(one(lab).dst, '18.26.4.44')
})

test('a range without a fitting port maps nothing and says so', async (t) => {
  const lab = await nat('pattern 1.0.0.1 2000-2001 - - 0 1, drop', { bucketsLog2: 10 })
  let mapped = 0
  for (let i = 0; i < 100; i++) {
    lab.send('in0', ipPacket({ ...OUT, sport: 5000 + i }))
    mapped += lab.take().length
  }
  t.true(mapped < 5)
  t.is(lab.read('rw.no_port'), String(100 - mapped))
})

test('a used-up coset drops and counts', async (t) => {
  const lab = await nat(NAT, { bucketsLog2: 10 })
  // Of one bucket and to one remote end there are at most 64 ports.
  let mapped = 0
  for (let i = 0; i < 80; i++) {
    const p = ipPacket({ ...OUT, src: `10.9.0.${i}` })
    p.bucket = 5
    lab.send('in0', p)
    mapped += lab.take().length
  }
  t.true(mapped >= 60 && mapped <= 64, `${mapped} mapped`)
  t.is(Number(lab.read('rw.no_port')), 80 - mapped)
})

test('ICMP echo: the identifier is translated, and back', async (t) => {
  const lab = await nat()
  const echo = { src: '18.26.4.44', dst: '10.0.0.4', proto: 1, sport: 0x0800, dport: 5000 }
  lab.send('in0', ipPacket(echo))
  const out = one(lab)
  t.like(out, { src: '1.0.0.1', dst: '10.0.0.4', id: 5000, good: true })
  // Another host with the same identifier gets another.
  lab.send('in0', ipPacket({ ...echo, src: '18.26.4.45' }))
  const second = one(lab)
  t.not(second.id, 5000)
  t.true(second.good)
  const reply = { src: '10.0.0.4', dst: '1.0.0.1', proto: 1, sport: 0 }
  lab.send('in1', ipPacket({ ...reply, dport: second.id }))
  t.like(one(lab), { dst: '18.26.4.45', id: 5000, out: 'out1', good: true })
  lab.send('in1', ipPacket({ ...reply, dport: 5000 }))
  t.like(one(lab), { dst: '18.26.4.44', id: 5000, good: true })
  // A reply that nobody asked for starts nothing.
  lab.send('in0', ipPacket({ ...echo, sport: 0, dport: 6000 }))
  t.is(lab.take().length, 0)
})

/** An ICMP error from `src` to `dst` that quotes a packet. */
function icmpError(src: string, dst: string, quoted: Uint8Array, bytes = 28): Packet {
  return ipPacket({ src, dst, proto: 1, sport: 0x0b00, dport: 0, payload: quoted.slice(0, bytes) })
}

for (const proto of [6, 17, 1]) {
  test(`an ICMP error about a mapped packet of protocol ${proto} is translated`, async (t) => {
    const lab = await nat()
    const sent: IpFields =
      proto === 1 ? { ...OUT, proto, sport: 0x0800, dport: 5000 } : { ...OUT, proto }
    const original = ipPacket(sent)
    lab.send('in0', original)
    const out = lab.take()[0]!
    // From a router outside: to the NAT's address, quoting what left.
    lab.send('in1', icmpError('10.9.9.9', '1.0.0.1', out.bytes, 48))
    const error = one(lab)
    t.like(error, { src: '10.9.9.9', dst: '18.26.4.44', out: 'out1', good: true })
    const quoted = error.p.mem.subarray(28, 28 + 28)
    t.deepEqual([...quoted], [...original.mem.subarray(original.off, original.off + 28)])
    t.is(ipSum(Object.assign(new PacketClass(error.p.mem, 0, 99, -1), { net: 28 })), 0xffff)
  })
}

test('an ICMP error from inside hides the inside', async (t) => {
  const lab = await nat()
  lab.send('in0', ipPacket({ ...OUT, proto: 17 }))
  lab.take()
  lab.send('in1', ipPacket(back(3000, { ...OUT, proto: 17 })))
  const delivered = lab.take()[0]!
  for (const from of ['18.26.4.44', '18.26.4.1']) {
    lab.send('in0', icmpError(from, '10.0.0.4', delivered.bytes))
    const error = one(lab)
    t.like(error, { src: '1.0.0.1', dst: '10.0.0.4', out: 'out0', good: true })
    t.is([...error.p.mem.subarray(44, 48)].join('.'), '1.0.0.1')
  }
})

test('ICMP errors that quote nothing known, or too little, are not let in', async (t) => {
  const lab = await nat()
  lab.send('in1', icmpError('10.9.9.9', '1.0.0.1', ipPacket(OUT).mem.slice(64, 92)))
  lab.send('in1', icmpError('10.9.9.9', '1.0.0.1', new Uint8Array(28)))
  lab.send('in1', icmpError('10.9.9.9', '1.0.0.1', new Uint8Array(3), 3))
  t.is(lab.take().length, 0)
  t.is(lab.read('rw.unsupported'), '3')
})

test('a flow that is its own reply does not break anything', async (t) => {
  const lab = await nat('pattern 1.0.0.1 1024-65535# - - 0 1, drop')
  const own = { ...OUT, src: '1.0.0.1', sport: 1024, dst: '1.0.0.1', dport: 1024 }
  lab.send('in0', ipPacket(own))
  t.is(one(lab).out, 'out0')
  lab.send('in1', ipPacket(own))
  t.is(one(lab).out, 'out1')
  lab.wait(90_000_000)
  t.is(lab.read('rw.size'), '0')
})

test('named patterns', async (t) => {
  const lab = await Lab.make(`
    IPRewriterPatterns(out 1.0.0.1 7000 - -);
    in0 :: TestIn; out0 :: TestOut; out1 :: TestOut;
    rw :: IPRewriter(pattern out 0 1); in0 -> rw -> out0; rw[1] -> out1;`)
  lab.send('in0', ipPacket(OUT))
  t.is(one(lab).sport, 7000)
  t.is(lab.read('rw.patterns'), '1.0.0.1 7000 - - [1]\n')
})

test('specifications that are wrong are all reported', async (t) => {
  const specs = [
    'pattern 1.0.0.x 1 - - 0 1',
    'pattern 1.0.0.1 456-19 - - 0 1',
    'pattern 1.0.0.1 1-65536 - - 0 1',
    'pattern nosuch 0 1',
    'keep 0 7',
    'pass x',
    'in0',
    'mystery 1',
    'MAPPING_CAPACITY nobody',
  ]
  const ins = specs
    .slice(0, 8)
    .map((_, i) => `in${i} :: TestIn -> [${i}]rw;`)
    .join('')
  const text = `rw :: IPRewriter(${specs.join(', ')}); rw[0] -> TestOut; rw[1] -> TestOut; ${ins}`
  const error = await t.throwsAsync(Lab.make(text))
  for (const said of [
    /input spec 0: bad source address/,
    /input spec 1: bad source port/,
    /input spec 2: bad source port/,
    /input spec 3: no such pattern 'nosuch'/,
    /input spec 4: output port out of range/,
    /input spec 5: syntax error, expected 'nochange \[OUTPUT\]'/,
    /input spec 6: element is not an IPMapper/,
    /input spec 7: unknown specification/,
    /bad MAPPING_CAPACITY/,
  ])
    t.regex(error.message, said)
})

test('the table as text, with what each mapping has carried', async (t) => {
  const lab = await nat()
  lab.send('in0', ipPacket({ ...OUT, payload: 10 }))
  lab.send('in0', ipPacket({ ...OUT, payload: 10 }))
  lab.send('in1', ipPacket(back(3000)))
  t.is(
    lab.read('rw.table'),
    '(18.26.4.44, 3000, 10.0.0.4, 40, tcp) => (1.0.0.1, 3000, 10.0.0.4, 40) [*0 1] idle 0.0s, ' +
      'out 2 packets 100 bytes, back 1 packets 48 bytes\n',
  )
  t.is(lab.read('rw.udp_table'), '')
})
