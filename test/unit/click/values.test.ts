import test from 'ava'
import type { AddressTable } from '../../../lib/click/arg-types.ts'
import {
  parseAnnotation,
  parseBandwidth,
  parseBool,
  parseEth,
  parseInteger,
  parseIp,
  parseIp6,
  parseIp6Prefix,
  parseIpPrefix,
  parseReal,
  parseSeconds,
  parseString,
  parseU8,
  parseU16,
  parseU32,
} from '../../../lib/click/args.ts'

const SERVER: Readonly<Record<string, string>> = {
  ip: '10.0.0.5',
  ipnet: '10.0.0.0/24',
  eth: '0:1:2:3:4:5',
  ip6: '::1',
}
const names: AddressTable = {
  lookup: (name, kind) => (name === 'server' ? (SERVER[kind] ?? null) : null),
}

function table<T>(parse: (text: string) => T | null, rows: Record<string, T | null>) {
  return (t: { deepEqual(a: unknown, b: unknown, message: string): void }) => {
    for (const [text, value] of Object.entries(rows)) t.deepEqual(parse(text), value, text)
  }
}

test(
  'integers',
  table(parseInteger, {
    '0': 0,
    '-5': -5,
    '+7': 7,
    '0x1F': 31,
    '0b101': 5,
    '017': 15,
    '1_000': 1000,
    '08': null,
    '0x': null,
    '1_': null,
    '': null,
    '1 ': null,
    a: null,
  }),
)

test(
  'real numbers',
  table(parseReal, { '1': 1, '-1.5': -1.5, '.5': 0.5, '1e3': 1000, '1.': 1, '.': null, e3: null }),
)

test('bounded integers', (t) => {
  t.deepEqual([parseU8('255'), parseU8('256'), parseU8('-1')], [255, null, null])
  t.deepEqual([parseU16('0xffff'), parseU16('65536')], [65535, null])
  t.deepEqual([parseU32('4294967295'), parseU32('4294967296')], [4294967295, null])
})

test(
  'booleans',
  table(parseBool, {
    '1': true,
    yes: true,
    true: true,
    '0': false,
    no: false,
    True: null,
    '': null,
  }),
)

test(
  'times',
  table(parseSeconds, {
    '3600': 3600,
    '1.5s': 1.5,
    '10ms': 0.01,
    '250 us': 0.00025,
    '7ns': 7e-9,
    '60m': 3600,
    '1 hr': 3600,
    '3.6e6 msec': 3600,
    '2d': 172_800,
    '-1': null,
    '1x': null,
    s: null,
  }),
)

test(
  'bandwidths in bytes a second',
  table(parseBandwidth, {
    '8': 8,
    '8 baud': 1,
    '8Kbps': 1000,
    '8KBps': 8000,
    '10Mbps': 1_250_000,
    '1GB/s': 1e9,
    '8k': null,
    '-1': null,
  }),
)

test(
  'IPv4 addresses as int32',
  table((text) => parseIp(text, names), {
    '1.2.3.4': 0x01020304,
    '255.255.255.255': -1,
    '10.0.0': null,
    '1.2.3.256': null,
    server: 0x0a000005,
    'server:ip': 0x0a000005,
    'server:bcast': 0x0a0000ff,
    nobody: null,
  }),
)

test(
  'IPv4 prefixes',
  table((text) => parseIpPrefix(text, names), {
    '18.26.4/24': { addr: 0x121a0400, mask: -256 },
    '18.26.4.9/255.255.255.0': { addr: 0x121a0409, mask: -256 },
    '0.0.0.0/0': { addr: 0, mask: 0 },
    '1.2.3.4/32': { addr: 0x01020304, mask: -1 },
    '18.26.4/28': null,
    '1.2.3.4/33': null,
    '1.2.3.4': null,
    server: { addr: 0x0a000000, mask: -256 },
    'server/16': { addr: 0x0a000005, mask: -65536 },
  }),
)

test('IPv6 addresses and prefixes', (t) => {
  const hex = (text: string) => {
    const bytes = parseIp6(text, names)
    return bytes === null ? null : Buffer.from(bytes).toString('hex')
  }
  t.is(hex('1080:0:0:0:8:800:200C:417a'), '108000000000000000080800200c417a')
  t.is(hex('1080::8:800:200C:417a'), '108000000000000000080800200c417a')
  t.is(hex('::13.1.68.3'), '0000000000000000000000000d014403')
  t.is(hex('0::ffff:server'), '00000000000000000000ffff0a000005')
  t.is(hex('::'), '0'.repeat(32))
  t.is(hex('server'), `${'0'.repeat(31)}1`)
  for (const bad of [':::', '1:2:3:4:5:6:7:', '8000::1:1:1:1:1:1:1', '1:2', '::g', '1::2::3', ''])
    t.is(hex(bad), null, bad)
  t.is(parseIp6Prefix('fe80::/10')?.length, 10)
  t.is(parseIp6Prefix('fe80::/129'), null)
})

test('Ethernet addresses', (t) => {
  t.deepEqual(parseEth('0:a0:C9:9c:fd:9c'), Uint8Array.of(0, 0xa0, 0xc9, 0x9c, 0xfd, 0x9c))
  t.deepEqual(parseEth('0-1-2-3-4-5'), Uint8Array.of(0, 1, 2, 3, 4, 5))
  t.deepEqual(parseEth('server:eth', names), Uint8Array.of(0, 1, 2, 3, 4, 5))
  for (const bad of ['0:1:2:3:4', '0:1-2:3:4:5', '0:1:2:3:4:5:6', '0:1:2:3:4:100', 'server'])
    t.is(parseEth(bad), null, bad)
})

test('strings and annotations', (t) => {
  t.is(parseString('"a b"c'), 'a bc')
  t.is(parseString('a b'), null)
  t.is(parseString(''), null)
  t.is(parseString('""'), '')
  t.deepEqual(parseAnnotation('PAINT'), { offset: 16, size: 1 })
  t.deepEqual(parseAnnotation('20'), { offset: 20, size: 0 })
  t.is(parseAnnotation('48'), null)
  t.is(parseAnnotation('toString'), null)
})
