// Random expressions of IPFilter and IPClassifier.

import type { Random } from '../../lib/random.ts'
import { HOSTS, PORTS } from './packets.ts'

const DIRECTIONS = ['', 'src ', 'dst ', 'src or dst ', 'src and dst ']

function primitive(random: Random): string {
  const direction = random.pick(DIRECTIONS)
  const relation = random.pick(['', '', '', '', '= ', '!= ', '> ', '< ', '>= ', '<= ', '== '])
  const equal = random.pick(['', '', '', '= ', '!= ', '== '])
  const port = random.pick([...PORTS, 'www', 'ssh', 'dns'])
  switch (random.below(24)) {
    case 0:
      return `${direction}host ${equal}${random.pick(HOSTS)}`
    case 1:
      return `${direction}net ${random.pick(['10.0.0.0/24', '10/8', '18.26.0.0/16', '10.0.0.0 mask 255.255.255.0', '224.0.0.0/4'])}`
    case 2:
      return `${direction}${random.pick(['tcp ', 'udp ', '', 'tcp or udp '])}port ${relation}${port}`
    case 3:
      return `ip proto ${equal}${random.pick(['tcp', 'udp', 'icmp', '6', '17', '47', 'igmp'])}`
    case 4:
      return random.pick(['tcp', 'udp', 'icmp', 'ip', 'true', 'false', 'all', 'any', 'none'])
    case 5:
      return `icmp type ${relation}${random.pick(['echo', 'echo-reply', '3', '11', 'unreachable'])}`
    case 6:
      return `tcp opt ${random.pick(['syn', 'ack', 'fin', 'rst', 'psh', 'urg'])}`
    case 7:
      return `ip ${random.pick(['vers', 'hl', 'id', 'tos', 'dscp', 'ttl', 'len'])} ${relation}${random.pick([0, 1, 4, 5, 46, 64, 128, 255])}`
    case 8:
      return `ip ${random.pick(['frag', 'unfrag', 'ect', 'ce'])}`
    case 9:
      return `ip[${4 * random.below(6)}${random.pick([':1', ':2', ':4', ''])}] ${equal}${random.below(256)}`
    case 10:
      return `ip[${random.below(20)}] & ${random.pick([1, 3, 15, 240, 128])} ${equal}${random.pick([0, 1, 2, 64, 128])}`
    case 11:
      return `tcp[${random.below(20)}] ${relation}${random.below(256)}`
    case 12:
      return `udp[${2 * random.below(4)}:2] ${relation}${random.below(65_536)}`
    case 13:
      return `icmp[${random.below(4)}] ${equal}${random.below(16)}`
    case 14:
      return `transp[${2 * random.below(3)}:2] & ${random.pick(['0xff', '0xf00f', '1'])} = ${random.below(256)}`
    case 15:
      return `tcp win ${relation}${random.pick([0, 100, 30_000, 65_535])}`
    case 16:
      return `${direction}${random.pick(HOSTS)}`
    case 17:
      return `ip ttl ${relation}${random.pick([1, 2, 64, 200])}`
    case 18:
      return `icmp type ${random.below(13)}`
    case 19:
      return `${direction}port ${random.pick(PORTS)}`
    case 20:
      return `ip dscp & ${random.pick([1, 8, 32])} ${equal}${random.pick([0, 8])}`
    case 21:
      return `not tcp opt ${random.pick(['syn', 'ack', 'fin'])}`
    case 22:
      return `(${primitive(random)})`
    default:
      return `${direction}tcp port ${relation}${random.pick(PORTS)}`
  }
}

export function filterExpression(random: Random, depth = 2): string {
  const kind = depth === 0 ? 9 : random.below(10)
  const inner = () => filterExpression(random, depth - 1)
  if (kind === 0) return `not ${primitive(random)}`
  if (kind === 1) return `!(${inner()})`
  if (kind <= 3) return `${inner()} and ${inner()}`
  if (kind <= 5) return `(${inner()}) || (${inner()})`
  if (kind === 6) return `(${inner()}) (${inner()})`
  if (kind === 7 && depth === 2) return `${inner()} ? ${inner()} : ${inner()}`
  return primitive(random)
}
