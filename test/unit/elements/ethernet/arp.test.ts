// ARPQuerier and ARPResponder in a real router.

import test from 'ava'
import { Packet } from '../../../../dataplane/packet.ts'
import { ipPacket } from '../ip/packets.ts'
import { Lab } from '../lab.ts'

const ME = '1.0.0.3, 2:1:1:1:1:1'
const querier = (keywords = '') =>
  Lab.make(`ip :: TestIn; arp :: TestIn; q :: ARPQuerier(${ME}${keywords});
    ip -> [0]q -> out :: TestOut; arp -> [1]q[1] -> queries :: TestOut`)

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function reply(ip: string, eth: string): Packet {
  return frame(`020101010101${eth}08060001080006040002${eth}${ipHex(ip)}02010101010101000003`)
}
const ipHex = (ip: string) => hex(Uint8Array.from(ip.split('.').map(Number)))

function frame(text: string): Packet {
  const bytes = Uint8Array.from(Buffer.from(text, 'hex'))
  const p = new Packet(bytes, 0, bytes.length, -1)
  p.end = bytes.length
  return p
}

const to = (dst: string, id = 1) => ipPacket({ src: '1.0.0.1', dst, id })
/** Identification of the IP packet in a frame. */
const idOf = (bytes: Uint8Array) => (bytes[18]! << 8) | bytes[19]!

test('asks, holds, and sends in order once the answer is there', async (t) => {
  const lab = await querier()
  for (let id = 1; id <= 3; id++) lab.send('ip', to('1.0.0.9', id))
  const [query, ...more] = lab.take()
  t.is(more.length, 0) // at most 10 queries a second for an address
  t.is(query!.out, 'queries')
  t.is(
    hex(query!.bytes),
    'ffffffffffff020101010101080600010800060400010201010101010100000300000000000001000009',
  )
  t.is(lab.read('q.length'), '3')
  lab.send('arp', reply('1.0.0.9', '020000000009'))
  const sent = lab.take()
  t.deepEqual(
    sent.map((s) => idOf(s.bytes)),
    [1, 2, 3],
  )
  t.is(hex(sent[0]!.bytes.subarray(0, 14)), '0200000000090201010101010800')
  lab.send('ip', to('1.0.0.9', 4))
  t.deepEqual(
    lab.take().map((s) => idOf(s.bytes)),
    [4],
  )
  t.is(lab.read('q.table'), '1.0.0.9 1 02-00-00-00-00-09 0.000000\n')
})

test('broadcast, multicast and no address', async (t) => {
  const lab = await Lab.make(`ip :: TestIn; arp :: TestIn; q :: ARPQuerier(1.0.0.3/24, 2:1:1:1:1:1);
    ip -> q -> out :: TestOut; arp -> [1]q`)
  t.is(lab.read('q.broadcast'), '1.0.0.255')
  for (const dst of ['255.255.255.255', '1.0.0.255', '224.129.2.3', '0.0.0.0'])
    lab.send('ip', to(dst))
  t.deepEqual(
    lab.take().map((s) => hex(s.bytes.subarray(0, 6))),
    ['ffffffffffff', 'ffffffffffff', '01005e010203'],
  )
  t.is(lab.read('q.drops'), '1')
})

test('what was learnt is polled from POLL_TIMEOUT on, and not used after TIMEOUT', async (t) => {
  const lab = await querier(', TIMEOUT 10, POLL_TIMEOUT 5')
  lab.write('q.insert', '1.0.0.9 2:0:0:0:0:9')
  lab.wait(4_900)
  lab.send('ip', to('1.0.0.9'))
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['out'],
  )
  lab.wait(200)
  lab.send('ip', to('1.0.0.9'))
  const seen = lab.take()
  t.deepEqual(
    seen.map((s) => s.out),
    ['queries', 'out'],
  )
  t.is(hex(seen[0]!.bytes.subarray(0, 6)), '020000000009') // asked directly
  lab.wait(5_000)
  lab.send('ip', to('1.0.0.9'))
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['queries'],
  )
  t.regex(lab.read('q.table'), /^1\.0\.0\.9 0 /)
})

test('capacities: the oldest goes', async (t) => {
  const lab = await querier(', CAPACITY 3, ENTRY_CAPACITY 2')
  for (let id = 1; id <= 5; id++) lab.send('ip', to('1.0.0.9', id))
  t.is(lab.read('q.length'), '3')
  t.is(lab.read('q.stats'), '2 packets killed\n1 ARP queries sent\n')
  lab.wait(10)
  lab.send('ip', to('1.0.0.10', 6))
  lab.wait(10)
  lab.send('ip', to('1.0.0.11', 7)) // displaces 1.0.0.9 and what waits for it
  t.is(lab.read('q.count'), '2')
  t.is(lab.read('q.length'), '2')
  const each = await querier(', ENTRY_PACKET_CAPACITY 2')
  for (let id = 1; id <= 5; id++) each.send('ip', to('1.0.0.9', id))
  each.take()
  each.send('arp', reply('1.0.0.9', '020000000009'))
  t.deepEqual(
    each.take().map((s) => idOf(s.bytes)),
    [1, 2],
  )
})

test('what nobody answers for is dropped in the end, and no frame is lost', async (t) => {
  const lab = await querier(', TIMEOUT 3')
  lab.send('ip', to('1.0.0.9'))
  lab.take()
  for (let i = 0; i < 8; i++) lab.wait(1000)
  t.is(lab.read('q.length'), '0')
  t.is(lab.read('q.table_drops'), '1')
  lab.send('ip', to('1.0.0.8'))
  lab.write('q.clear')
  t.is(lab.read('q.count'), '0')
  t.is(lab.pool.available, lab.pool.frames)
})

test('only ARP replies of single hosts are taken in', async (t) => {
  const lab = await querier()
  const good = reply('1.0.0.9', '020000000009')
  for (const spoil of [12, 14, 16, 21]) {
    const bytes = good.mem.slice()
    bytes[spoil]!++
    lab.send('arp', frame(hex(bytes)))
  }
  lab.send('arp', frame(hex(good.mem.subarray(0, 41))))
  lab.send('arp', reply('1.0.0.9', '030000000009'))
  t.is(lab.read('q.count'), '0')
  lab.send('arp', good)
  t.is(lab.read('q.count'), '1')
  t.is(lab.read('q.responses'), '6')
})

test('a packet without head room is dropped and counted', async (t) => {
  const lab = await querier()
  lab.write('q.insert', '1.0.0.9 2:0:0:0:0:9')
  const p = lab.pool.alloc(10)!
  p.end = p.off + 40
  p.dst = 0x01000009
  lab.router.element('ip')!.out[0]!(p)
  t.is(lab.take().length, 0)
  t.is(lab.read('q.no_headroom'), '1')
})

const RESPONDER = `AddressInfo(a 1.0.0.2/24 00:01:02:03:04:05);
  i :: TestIn -> r :: ARPResponder(a, 1.0.0.0/24 00:01:02:03:04:06) -> o :: TestOut`
const request = (ip: string) =>
  frame(
    `ffffffffffff02000000002208060001080006040001020000000022010000070000000000000${ipHex(ip)}`.replace(
      /0(?=.{8}$)/,
      '',
    ),
  )

test('ARPResponder: the longest prefix answers', async (t) => {
  const lab = await Lab.make(RESPONDER)
  for (const ip of ['1.0.0.2', '1.0.0.3', '1.0.1.3']) lab.send('i', request(ip))
  t.deepEqual(
    lab.take().map((s) => hex(s.bytes)),
    [
      '0200000000220001020304050806000108000604000200010203040501000002020000000022' + '01000007',
      '0200000000220001020304060806000108000604000200010203040601000003020000000022' + '01000007',
    ],
  )
  t.is(lab.read('r.unanswered'), '1')
})

test('ARPResponder: handlers', async (t) => {
  const lab = await Lab.make(RESPONDER)
  t.is(lab.read('r.table'), '1.0.0.2/32 00-01-02-03-04-05\n1.0.0.0/24 00-01-02-03-04-06\n')
  lab.write('r.remove', '1.0.0.2')
  t.is(lab.read('r.lookup', '1.0.0.2'), '00-01-02-03-04-06')
  lab.write('r.add', 'a:ipnet a:eth')
  t.is(lab.read('r.table'), '1.0.0.0/24 00-01-02-03-04-05\n')
  t.is(lab.read('r.lookup', '9.9.9.9'), '')
  t.throws(() => lab.write('r.remove', '1.0.0.2'), { message: /no entry/ })
  t.throws(() => lab.write('r.add', '1.0.0.2'), { message: /Ethernet address is missing/ })
})
