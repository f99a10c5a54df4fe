// Rewriters between two sides: mappings made by packets of one, used by their answers.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Link } from '../case.ts'
import { ipPackets } from '../packets.ts'
import { printer, side } from '../printer.ts'

const HOSTS = ['10.0.0.1', '10.0.0.2', '18.26.4.44', '1.2.3.4']

function ports(random: Random): string {
  return random.pick(['-', '-', '1234', '5000-5003', '5000-5003#', '5000-5003?', '80'])
}

function pattern(random: Random): string {
  const address = () => random.pick(['-', '1.2.3.4', '18.26.4.44'])
  const outputs = random.pick(['0 1', '0 0', '1 1', '0 1'])
  const to = random.pick(['-', '-', '80', '123'])
  return `pattern ${address()} ${ports(random).replace('?', '#')} ${address()} ${to} ${outputs}`
}

function input(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return 'drop'
    case 1:
      return `pass ${random.below(2)}`
    case 2:
      return `keep ${random.below(2)} ${random.below(2)}`
    default:
      return pattern(random)
  }
}

/** IPAddrRewriter and IPAddrPairRewriter take addresses only. */
function addressInput(random: Random, pair: boolean): string {
  const kind = random.below(5)
  if (kind === 0) return random.pick(['drop', 'pass 1', 'keep 0 1'])
  const address = random.pick(['1.2.3.4', '1.2.3.4-1.2.3.9', '-', '1.2.3.4-1.2.3.9#'])
  return `pattern ${address} ${pair ? random.pick(['-', '18.26.4.44']) : '-'} 0 1`
}

function rewriter(random: Random): Link {
  const kind = random.below(6)
  const two = (make: () => string) => `${make()}, ${make()}`
  const handlers = ['rw.table', 'rw.patterns', 'rw.size'].filter(() => random.chance(0.7))
  const also = [side('rw', 1)]
  const text = (name: string, inputs: string, more = '') => `rw :: ${name}(${inputs}${more})`
  if (kind === 0)
    return {
      text: text(
        'IPAddrRewriter',
        two(() => addressInput(random, false)),
      ),
      also,
      handlers,
    }
  if (kind === 1)
    return {
      text: text(
        'IPAddrPairRewriter',
        two(() => addressInput(random, true)),
      ),
      also,
      handlers,
    }
  const inputs = two(() => input(random))
  if (kind === 2) return { text: text('UDPRewriter', inputs), also, handlers }
  if (kind === 3) return { text: text('TCPRewriter', inputs), also, handlers }
  const more = random.pick([
    '',
    '',
    ', MAPPING_CAPACITY 3',
    ', DST_ANNO false',
    ', UDP_TIMEOUT 1, GUARANTEE 0',
  ])
  return {
    text: text('IPRewriter', inputs, more.replace('GUARANTEE 0', 'UDP_GUARANTEE 0')),
    also,
    handlers,
  }
}

function make(random: Random): Case {
  const rw = rewriter(random)
  const kinds = /UDP/.test(rw.text) ? 'udp' : /TCPR/.test(rw.text) ? 'tcp' : 'tcp or udp'
  const filter = /IPAddr/.test(rw.text) ? '-' : kinds
  const inside = random.pick([
    'src net 10/8',
    'src host 10.0.0.1',
    'src host 10.0.0.1 or src host 10.0.0.2',
  ])
  return {
    ...EMPTY,
    args: ['--simtime'],
    statements: [
      {
        text:
          'FromDump(in.pcap, STOP true, TIMING true) -> CheckIPHeader -> f :: IPClassifier(' +
          `${filter}); f -> c :: IPClassifier(${inside}, -); c[1] -> [1] rw;`,
      },
    ],
    strands: [{ from: 'c', links: [rw], to: printer('out0') }],
    packets: ipPackets(random, random.between(10, 50), {
      bad: 0.02,
      fragments: 0.05,
      options: 0.05,
      payloadMax: 20,
      protocols: [6, 6, 17, 17, 17, 1],
      hosts: HOSTS,
    }),
  }
}

export const generator: Generator = { make, weight: 1 }
