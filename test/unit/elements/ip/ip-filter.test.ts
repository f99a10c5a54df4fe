// The pattern language: what packets match, and that the compiled function, the interpreter and the
// patterns themselves agree.

import test from 'ava'
import fc from 'fast-check'
import type { Packet } from '../../../../dataplane/packet.ts'
import { parseFilter } from '../../../../elements/lib/ip-filter.ts'
import { compileRules, type Expr } from '../../../../elements/lib/program.ts'
import { interpreter, matcher, printProgram } from '../../../../elements/lib/program-code.ts'
import { type IpFields, ipPacket } from './packets.ts'

const NO_NAMES = { lookup: () => null }
const self = () => ({ counters: { unmatched: 0 } })

function parse(pattern: string): Expr {
  return parseFilter(pattern, NO_NAMES, (message) => {
    throw new Error(`${pattern}: ${message}`)
  })
}

function matches(pattern: string, packet: Packet): boolean {
  const program = compileRules([{ expr: parse(pattern), output: 0 }], () => {})
  const compiled = matcher(program, 'headers', 1, 'unmatched')(self(), packet, 0)
  const stepped = interpreter(program, 'headers', 1, 'unmatched')(self(), packet, 0)
  if (compiled !== stepped) throw new Error(`${pattern}: compiled ${compiled}, stepped ${stepped}`)
  return compiled === 0
}

const TCP_SYN: IpFields = {
  src: '10.0.0.1',
  dst: '18.26.4.9',
  proto: 6,
  sport: 1234,
  dport: 80,
  flags: 2,
  ttl: 3,
  tos: 0xb9,
  window: 512,
}

const CASES: readonly (readonly [string, IpFields, boolean])[] = [
  ['tcp', TCP_SYN, true],
  ['udp', TCP_SYN, false],
  ['ip proto 6', TCP_SYN, true],
  ['ip proto != tcp', TCP_SYN, false],
  ['src host 10.0.0.1', TCP_SYN, true],
  ['dst host 10.0.0.1', TCP_SYN, false],
  ['host 10.0.0.1', TCP_SYN, true],
  ['src and dst host 10.0.0.1', TCP_SYN, false],
  ['src or dst host 18.26.4.9', TCP_SYN, true],
  ['host != 10.0.0.1', TCP_SYN, false],
  ['src net 10.0.0.0/8', TCP_SYN, true],
  ['dst net 18.26.0.0 mask 255.255.0.0', TCP_SYN, true],
  ['10.0.0.0/24 and syn', TCP_SYN, true],
  ['src 10.0.0.2 or 10.0.0.1', TCP_SYN, true],
  ['dst port www', TCP_SYN, true],
  ['port 80', TCP_SYN, true],
  ['src port 80', TCP_SYN, false],
  ['dst tcp port 8000 or 80', TCP_SYN, true],
  ['dst udp port 80', TCP_SYN, false],
  ['src tcp port > 1023', TCP_SYN, true],
  ['src port >= 1234', TCP_SYN, true],
  ['src port > 1234', TCP_SYN, false],
  ['src port <= 1233', TCP_SYN, false],
  ['src port < 1235', TCP_SYN, true],
  ['src tcp port & 10 == 2', TCP_SYN, true],
  ['src tcp port & 1', TCP_SYN, false],
  ['tcp opt syn', TCP_SYN, true],
  ['syn ack', TCP_SYN, false],
  ['syn and not ack', TCP_SYN, true],
  ['tcp win 512', TCP_SYN, true],
  ['ip ttl < 4', TCP_SYN, true],
  ['ip ttl == 3', TCP_SYN, true],
  ['ip tos 0xb9', TCP_SYN, true],
  ['ip dscp 46', TCP_SYN, true],
  ['ip ect', TCP_SYN, true],
  ['ip ce', TCP_SYN, false],
  ['ip ce', { ...TCP_SYN, tos: 3 }, true],
  ['ip vers 4 and ip hl 5', TCP_SYN, true],
  ['ip frag', TCP_SYN, false],
  ['ip unfrag', TCP_SYN, true],
  ['frag', { ...TCP_SYN, more: true }, true],
  ['dst port 80', { ...TCP_SYN, offset: 100 }, false],
  ['dst port != 81', { ...TCP_SYN, offset: 100 }, false],
  ['not dst port 80', { ...TCP_SYN, offset: 100 }, true],
  ['ip[8] 3', TCP_SYN, true],
  ['ip[8:2] == 0x0306', TCP_SYN, true],
  ['transp[2:2] 80', TCP_SYN, true],
  ['tcp[13] & 2 != 0', TCP_SYN, true],
  ['udp[2:2] 80', TCP_SYN, false],
  ['icmp type echo', { ...TCP_SYN, proto: 1, sport: 0x0800 }, true],
  ['icmp type != echo', { ...TCP_SYN, proto: 1, sport: 0x0800 }, false],
  ['icmp type != echo', TCP_SYN, false],
  ['icmp type unreachable or timeexceeded', { ...TCP_SYN, proto: 1, sport: 0x0b00 }, true],
  ['(dst port www or dst port ssh) and tcp opt syn', TCP_SYN, true],
  ['tcp ? dst port 80 : dst port 53', TCP_SYN, true],
  ['udp ? dst port 80 : dst port 53', TCP_SYN, false],
  ['!(tcp && (udp || syn))', TCP_SYN, false],
  ['true', TCP_SYN, true],
  ['false', TCP_SYN, false],
  ['-', TCP_SYN, true],
]

for (const [pattern, fields, expected] of CASES) {
  const odd = fields === TCP_SYN ? '' : ` of ${JSON.stringify(fields)}`
  test(`${pattern} is ${expected}${odd}`, (t) => {
    t.is(matches(pattern, ipPacket(fields)), expected)
  })
}

test('what is missing matches neither a test nor its negative, but the test’s not', (t) => {
  const short = ipPacket(TCP_SYN)
  short.end = short.net + 21
  t.false(matches('transp[1]&128==0', short))
  t.false(matches('transp[1]&128!=0', short))
  t.true(matches('not (transp[1]&128==0)', short))
  t.false(matches('src port <= 65534', short))
  t.false(matches('src port != 1 or 2', short))
})

test('patterns that are wrong say why', (t) => {
  const said = (pattern: string) => {
    let text = ''
    parseFilter(pattern, NO_NAMES, (message) => {
      text = message
    })
    return text
  }
  t.regex(said('src port'), /partial directive/)
  t.regex(said('(tcp'), /missing '\)'/)
  t.regex(said('tcp and'), /missing expression/)
  t.regex(said('80'), /specify header field/)
  t.regex(said('nosuchname'), /unknown name/)
  t.regex(said('echo'), /ambiguous/)
  t.regex(said('port 70000'), /out of range/)
  t.regex(said('ip ttl 300'), /out of range/)
  t.regex(said('ip[2:4] 1'), /aligned word/)
  t.regex(said('tcp ? udp'), /missing ':'/)
  t.regex(said('tcp )'), /garbage/)
  t.regex(said(`${'('.repeat(300)}tcp`), /nested deeper/)
})

test('any text is a pattern or an error, never a failure', (t) => {
  const words = fc.constantFrom(
    'src',
    'dst',
    'host',
    'net',
    'port',
    'tcp',
    'udp',
    'icmp',
    'ip',
    'proto',
    'type',
    'opt',
    'syn',
    'and',
    'or',
    'not',
    '(',
    ')',
    '&',
    '==',
    '<',
    '[',
    ']',
    '1',
    '80',
    '10.0.0.1',
    '10.0.0.0/8',
    '?',
    ':',
    'frag',
    'ttl',
    'mask',
    'ether',
    '0:1:2:3:4:5',
    '-',
    'echo',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), (list) => {
      const expr = parseFilter(list.join(' '), NO_NAMES, () => {})
      compileRules([{ expr, output: 0 }], () => {})
    }),
    { numRuns: 3000 },
  )
  t.pass()
})

test('several patterns together match what each says alone', (t) => {
  const atoms = CASES.map(([pattern]) => pattern).filter((p) => p !== '-')
  const pattern = fc.array(fc.constantFrom(...atoms), { minLength: 1, maxLength: 3 })
  const packet = fc.record({
    src: fc.constantFrom('10.0.0.1', '10.0.0.2', '18.26.4.9'),
    dst: fc.constantFrom('10.0.0.1', '18.26.4.9', '18.26.5.1'),
    proto: fc.constantFrom(1, 6, 17),
    sport: fc.constantFrom(0x0800, 0x0b00, 80, 1234, 1024),
    dport: fc.constantFrom(80, 22, 53, 8000),
    flags: fc.constantFrom(0, 2, 18),
    ttl: fc.constantFrom(1, 3, 64),
    tos: fc.constantFrom(0, 3, 0xb9),
    offset: fc.constantFrom(0, 0, 100),
    more: fc.boolean(),
    length: fc.integer({ min: 20, max: 60 }),
  })
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 6 }), packet, (lists, fields) => {
      const texts = lists.map((list) => list.map((p) => `(${p})`).join(' and '))
      const p = ipPacket(fields)
      p.end = Math.min(p.end, p.net + fields.length)
      const rules = texts.map((text, output) => ({ expr: parse(text), output }))
      const program = compileRules(rules, () => {})
      const expected = texts.findIndex((text) => matches(text, p))
      const got = matcher(program, 'headers', texts.length, 'unmatched')(self(), p, 0)
      const stepped = interpreter(program, 'headers', texts.length, 'unmatched')(self(), p, 0)
      t.is(got, expected, `${texts.join(', ')}\n${printProgram(program, 'headers')}`)
      t.is(stepped, expected)
    }),
    { numRuns: 2000 },
  )
})

test('programs print as Click prints them', (t) => {
  const patterns = [
    'src 0:1:2:3:4:5',
    'src 10.0.0.0 & 8.0.0.0 = 8.0.0.0',
    'dst 10:20:30:40:50:60',
    'host 9:A:B:C:D:E',
  ]
  const rules = patterns.map((text) => ({ expr: parse(text), output: 0 }))
  t.is(
    printProgram(
      compileRules(rules, () => {}),
      'headers',
    ),
    ` 0   8/00010203%ffffffff  yes->step 1  no->step 2
 1  12/04050000%ffff0000  yes->[0]  no->step 2
 2 268/0a000000%ffffffff  yes->[0]  no->step 3
 3   0/00001020%0000ffff  yes->step 4  no->step 5
 4   4/30405060%ffffffff  yes->[0]  no->step 5
 5   8/090a0b0c%ffffffff  yes->step 6  no->step 7
 6  12/0d0e0000%ffff0000  yes->[0]  no->step 7
 7   0/0000090a%0000ffff  yes->step 8  no->[X]
 8   4/0b0c0d0e%ffffffff  yes->[0]  no->[X]
safe length 272
alignment offset 0
`,
  )
})
