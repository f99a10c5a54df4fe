// Names that IP patterns and arguments know besides numbers: ports, protocols, TCP flags.

import { type AddressTable, parseU8, parseU16 } from '../../lib/click/args.ts'

export const IP_PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  icmp6: 58,
  sctp: 132,
}

export const PORTS: Readonly<Record<string, number>> = {
  echo: 7,
  discard: 9,
  daytime: 13,
  chargen: 19,
  'ftp-data': 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  dns: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  finger: 79,
  www: 80,
  http: 80,
  pop3: 110,
  sunrpc: 111,
  auth: 113,
  nntp: 119,
  ntp: 123,
  'netbios-ns': 137,
  'netbios-dgm': 138,
  'netbios-ssn': 139,
  imap: 143,
  snmp: 161,
  'snmp-trap': 162,
  irc: 194,
  imap3: 220,
  https: 443,
  rip: 520,
  route: 520,
  imaps: 993,
  pop3s: 995,
}

export const TCP_FLAGS: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
}

/** A port: a number, a name of a PortInfo element, or a usual name; null: none of these. */
export function parsePort(
  text: string,
  protocol: 'tcp' | 'udp',
  addresses?: AddressTable,
): number | null {
  const named = addresses?.lookup(text, protocol === 'tcp' ? 'tcpport' : 'udpport') ?? null
  if (named !== null) return parseU16(named)
  return parseU16(text) ?? (Object.hasOwn(PORTS, text) ? PORTS[text]! : null)
}

/** A protocol: a number or a name; null: neither, or not of a byte. */
export function parseProtocol(text: string): number | null {
  const named = Object.hasOwn(IP_PROTOCOLS, text) ? IP_PROTOCOLS[text]! : null
  return named ?? parseU8(text)
}
