// Chains of IP elements over packets of all kinds: checks, header changes, marks and lookups.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Link, type Strand } from '../case.ts'
import { filterExpression } from '../filter-expression.ts'
import { HOSTS, ipPackets } from '../packets.ts'
import { link, named, printer, side } from '../printer.ts'

type Maker = (random: Random, name: string) => Link

const flag = (random: Random, word: string): string =>
  random.chance(0.3) ? `, ${word} ${random.chance(0.5)}` : ''

/** These take any packet. */
const CHECKS: readonly Maker[] = [
  (r, n) =>
    named(r, n, `CheckIPHeader(0${flag(r, 'VERBOSE')}${flag(r, 'CHECKSUM')}, DETAILS true)`, [
      'drops',
      'drop_details',
    ]),
  (r, n) =>
    named(r, n, `CheckIPHeader(INTERFACES 10.0.0.1/24 18.26.4.1/24${flag(r, 'VERBOSE')})`, [
      'drops',
    ]),
  (r, n) =>
    named(
      r,
      n,
      `CheckIPHeader(BADSRC ${r.pick(HOSTS)} ${r.pick(HOSTS)}, GOODDST ${r.pick(HOSTS)})`,
      ['drops'],
    ),
  (r, n) => named(r, n, `CheckIPHeader2(0, VERBOSE true)`, ['drops']),
]

/** These expect packets that have passed CheckIPHeader. */
const STEPS: readonly Maker[] = [
  (r, n) => named(r, n, `CheckTCPHeader(VERBOSE true, DETAILS true)`, ['drops', 'drop_details']),
  (r, n) => named(r, n, `CheckUDPHeader(VERBOSE true, DETAILS true)`, ['drops', 'drop_details']),
  (r, n) => named(r, n, `CheckICMPHeader(VERBOSE true)`, ['drops']),
  (r, n) => named(r, n, `DecIPTTL${r.chance(0.5) ? '' : '(MULTICAST false)'}`, ['drops']),
  (r, n) =>
    named(
      r,
      n,
      `IPFragmenter(${r.pick([28, 48, 60, 68, 100, 576])}${flag(r, 'HONOR_DF')}, VERBOSE true)`,
      ['drops', 'fragments'],
    ),
  (r, n) =>
    named(
      r,
      n,
      `IPGWOptions(${r.pick(HOSTS)}${r.chance(0.5) ? `, OTHERADDRS ${r.pick(HOSTS)} ${r.pick(HOSTS)}` : ''})`,
      ['drops'],
    ),
  (r, n) => link(`${n} :: PaintTee(${r.below(3)})`, [side(n, 1)]),
  (r, n) => named(r, n, `CheckPaint(${r.below(3)})`),
  (r, n) => named(r, n, `CheckLength(${r.pick([20, 28, 40, 60, 100])})`),
  () => link('SetIPChecksum'),
  () => link('SetTCPChecksum'),
  () => link('SetUDPChecksum'),
  (r) => link(`Paint(${r.below(3)})`),
  (r) => link(`SetIPAddress(${r.pick(HOSTS)})`),
  (r) => link(`GetIPAddress(${r.pick(['12', '16', '10', 'IP src', 'IP dst'])})`),
  (r, n) =>
    named(
      r,
      n,
      `StoreIPAddress(${r.pick(['src', 'dst', '12', `${r.pick(HOSTS)}, src`, `${r.pick(HOSTS)}, dst`, `${r.pick(HOSTS)}, 16`])})`,
    ),
  (r) => link(`IPMirror${r.chance(0.5) ? '' : '(false)'}`),
  (r) => link(`SetIPDSCP(${r.below(64)})`),
  (r) => link(`SetIPECN(${r.pick(['no', 'ce', 'ect1', 'ect2', '0', '3'])})`),
  (r) => link(`MarkIPCE${r.chance(0.5) ? '' : '(true)'}`),
  (r) => link(`FixIPSrc(${r.pick(HOSTS)})`),
  (r) => link(`IPPrint(p${r.below(9)}, ID true, TTL true, TOS true, LENGTH true, PAINT true)`),
  (r) => link(`IPPrint(p${r.below(9)}, CONTENTS HEX, MAXLENGTH ${r.pick([-1, 20, 33])})`),
  (r) => link(`IPPrint(p${r.below(9)}, PAYLOAD ASCII, TIMESTAMP false)`),
  (r) =>
    link(
      `ICMPError(${r.pick(HOSTS)}, ${r.pick(['timeexceeded', 'unreachable, port', 'unreachable, needfrag, PMTU 576', 'redirect, host', 'parameterproblem', '3, 1', '11, 1'])}${r.chance(0.3) ? ', MTU 60' : ''}${flag(r, 'SET_FIX_ANNO')})`,
    ),
  (r) => link(`TruncateIPPayload(${r.pick([0, 4, 8, 40])})`),
  () => link('EraseIPPayload'),
  () => link('StripIPHeader -> UnstripIPHeader'),
  (r) =>
    link(
      `IPEncap(${r.pick([4, 17, 50])}, ${r.pick(HOSTS)}, ${r.pick(HOSTS)}${r.chance(0.3) ? ', TTL 3, DSCP 12, DF true' : ''})`,
    ),
  () => link(`Strip(4) -> Unstrip(4)`),
  (_, n) => link(`${n} :: Counter`, [], [`${n}.count`, `${n}.byte_count`]),
  (r) => link(`SetTimestamp(${r.below(99)}.5)`),
  (r) => link(`Truncate(${r.pick([24, 40, 200])}) -> CheckIPHeader`),
  (r) => link(`Pad(${r.pick([60, 10])}) -> CheckIPHeader`),
  () => link(`SetRandIPAddress(10.0.0.0/32)`),
  (r, n) => filters(r, n),
]

function filters(random: Random, name: string): Link {
  const classifier = random.chance(0.5)
  const rules = Array.from({ length: random.between(1, 4) }, () => {
    const expression = filterExpression(random)
    return classifier ? expression : `${random.pick(['allow', 'deny', '0', '1'])} ${expression}`
  })
  rules.push(classifier ? '-' : random.pick(['allow all', 'deny all', '1 all']))
  const ports = classifier ? rules.length : 2
  const also = Array.from({ length: ports - 1 }, (_, k) => side(name, k + 1))
  return link(
    `${name} :: ${classifier ? 'IPClassifier' : 'IPFilter'}(${rules.join(',\n       ')})`,
    also,
  )
}

function strand(random: Random, k: number): Strand {
  const links: Link[] = [random.pick(CHECKS)(random, `s${k}e0`)]
  for (let n = random.between(1, 6); n > 0; n--)
    links.push(random.pick(STEPS)(random, `s${k}e${links.length}`))
  return { from: 't[#]', links, to: printer(`s${k}`) }
}

function make(random: Random): Case {
  const strands = Array.from({ length: random.between(2, 7) }, (_, k) => strand(random, k))
  const from = 'FromDump(in.pcap, STOP true)'
  return {
    ...EMPTY,
    statements: [{ text: `${from} -> t :: Tee;` }],
    strands,
    args: ['--simtime'],
    packets: ipPackets(random, random.between(10, 40)),
  }
}

export const generator: Generator = { make, weight: 3 }
