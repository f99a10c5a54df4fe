// Chains over Ethernet frames: Classifier, VLAN tags, encapsulation, ARP, what is cut and put on.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Link, type Strand } from '../case.ts'
import { etherFrames, HOSTS } from '../packets.ts'
import { link, named, printer, side } from '../printer.ts'

type Maker = (random: Random, name: string) => Link

const ETHERS = ['0:1:2:3:4:5', '02-00-00-00-00-01', 'ff:ff:ff:ff:ff:ff', '2:0:0:0:0:2']

/** Hexadecimal digits, some of them left open. */
function hexPattern(random: Random, bytes: number): string {
  const digit = () => (random.chance(0.15) ? '?' : random.pick([...'00014568cf']))
  return Array.from({ length: bytes * 2 }, digit).join('')
}

function clause(random: Random): string {
  const fixed = ['12/0800', '12/0806', '12/8100', '0/ffffffffffff', '23/06', '23/11', '14/45']
  const bytes = random.between(1, 3)
  const mask = random.chance(0.3) ? `%${hexPattern(random, bytes).replaceAll('?', 'f')}` : ''
  const free = `${random.below(40)}/${hexPattern(random, bytes)}${mask}`
  return `${random.chance(0.2) ? '!' : ''}${random.chance(0.5) ? random.pick(fixed) : free}`
}

const classifier: Maker = (random, name) => {
  const pattern = () => Array.from({ length: random.between(1, 3) }, () => clause(random)).join(' ')
  const patterns = Array.from({ length: random.between(1, 5) }, pattern)
  if (random.chance(0.8)) patterns.push('-')
  const also = patterns.slice(1).map((_, k) => side(name, k + 1))
  return link(`${name} :: Classifier(${patterns.join(', ')})`, also)
}

const STEPS: readonly Maker[] = [
  classifier,
  classifier,
  (r) =>
    link(
      `MarkMACHeader -> VLANEncap(${r.pick(['0x0064', 'ANNO', 'VLAN_ID 7, VLAN_PCP 3'])}) -> MarkIPHeader(18)`,
    ),
  () => link('MarkMACHeader -> VLANDecap'),
  (r) => link(`MarkMACHeader -> VLANDecap(ANNO ${r.chance(0.5)})`),
  (r) => link(`SetVLANAnno(${r.below(4096)}${r.chance(0.5) ? `, ${r.below(8)}` : ''})`),
  (r) => link(`EtherVLANEncap(0x0800, ${r.pick(ETHERS)}, ${r.pick(ETHERS)}, ${r.below(4096)})`),
  () => link('Pad(18) -> MarkMACHeader -> StripEtherVLANHeader'),
  (r) => link(`EtherEncap(0x0${r.pick(['800', '806'])}, ${r.pick(ETHERS)}, ${r.pick(ETHERS)})`),
  (r) => link(`EnsureEther(0x0800, ${r.pick(ETHERS)}, ${r.pick(ETHERS)})`),
  () => link('EtherMirror'),
  (r) => link(`EtherRewrite(${r.pick(ETHERS)}, ${r.pick(ETHERS)})`),
  (r) => link(`Strip(${r.pick([1, 4, 14, 18])})`),
  (r) => link(`Strip(${r.pick([2, 14])}) -> Unstrip(14)`),
  (r) => link(`Truncate(${r.pick([14, 30, 60])})`),
  (r) => link(`Pad(${r.pick([20, 60, 64])})`),
  (r, n) => named(r, n, `CheckLength(${r.pick([14, 60, 64])})`),
  (r, n) => named(r, n, `HostEtherFilter(${r.pick(ETHERS)})`),
  (r, n) =>
    named(
      r,
      n,
      `HostEtherFilter(${r.pick(ETHERS)}, DROP_OWN ${r.chance(0.5)}, DROP_OTHER ${r.chance(0.5)}, OFFSET 0)`,
    ),
  () => link('DropBroadcasts'),
  (r, n) => named(r, n, `CheckARPHeader(14, VERBOSE true, DETAILS true)`, ['drops']),
  (r) => link(`ARPPrint(a${r.below(9)}, ETHER ${r.chance(0.5)})`),
  (r) => link(`ARPResponder(${r.pick(HOSTS)} ${r.pick(ETHERS)}, 10.0.0.0/24 ${r.pick(ETHERS)})`),
  (r) => link(`StoreData(${r.pick([0, 6, 12, 50])}, \\<${hexPattern(r, 3).replaceAll('?', '0')}>)`),
  (r) => link(`Paint(${r.below(250)}${r.chance(0.5) ? `, ${r.pick(['17', '20', 'PAINT'])}` : ''})`),
  (r) => link(`SetAnnoByte(${r.below(48)}, ${r.below(256)})`),
  (_, n) => link(`${n} :: PaintSwitch`, [side(n, 1), side(n, 2)]),
  (r) => link(`StoreEtherAddress(${r.pick(ETHERS)}, ${r.pick(['src', 'dst', '3', '70'])})`),
  () => link('MarkIPHeader(14) -> StripToNetworkHeader'),
  () => link(`CheckIPHeader(14) -> EtherMirror -> IPMirror`),
  () => link(`SetCRC32 -> CheckCRC32`),
  () => link('CheckCRC32'),
  (r) => link(`SetPacketType(${r.pick(['HOST', 'BROADCAST', 'MULTICAST', 'OTHERHOST'])})`),
  () => link(`AggregateLength`),
  (r, n) =>
    link(`${n} :: HashSwitch(${r.below(14)}, ${r.between(1, 6)})`, [side(n, 1), side(n, 2)]),
  (r) => link(`Align(${r.pick(['4, 0', '4, 2', '8, 6'])})`),
  (r) =>
    link(
      `Print(q${r.below(9)}, ${r.pick([-1, 0, 5, 24])}, CONTENTS ${r.pick(['ASCII', 'HEX', 'NONE'])})`,
    ),
  (r) => link(`AggregatePaint(${r.pick([8, 4, 1])})`),
  () => link(`AverageCounter`),
  (r, n) => link(`${n} :: Counter(COUNT_CALL ${r.below(30)} ${n}.reset)`, [], [`${n}.count`]),
  (r, n) => link(`${n} :: Switch(${r.below(3)})`, [side(n, 1), side(n, 2)]),
  (_, n) => link(`${n} :: RoundRobinSwitch`, [side(n, 1), side(n, 2)]),
  (r, n) => link(`${n} :: StrideSwitch(1, ${r.between(1, 5)})`, [side(n, 1)]),
  (r, n) => link(`${n} :: StaticSwitch(${r.below(2)})`, [side(n, 1)]),
  (_, n) => link(`${n} :: Tee`, [side(n, 1), side(n, 2)]),
  (_, n) => link(`${n} :: Suppressor`),
]

function strand(random: Random, k: number): Strand {
  const links: Link[] = []
  for (let n = random.between(1, 6); n > 0; n--)
    links.push(random.pick(STEPS)(random, `s${k}e${links.length}`))
  return { from: 't[#]', links, to: printer(`s${k}`) }
}

function make(random: Random): Case {
  const strands = Array.from({ length: random.between(2, 7) }, (_, k) => strand(random, k))
  return {
    ...EMPTY,
    statements: [{ text: 'FromDump(in.pcap, STOP true) -> t :: Tee;' }],
    strands,
    args: ['--simtime'],
    packets: etherFrames(random, random.between(10, 40)),
    linkType: 1,
  }
}

export const generator: Generator = { make, weight: 2 }
