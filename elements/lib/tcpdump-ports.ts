// Ports as tcpdump prints them: numbers, and the names of those that are met most.

const NAMES: Readonly<Record<string, number>> = {
  'ftp-data': 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  finger: 79,
  http: 80,
  www: 80,
  pop3: 110,
  sunrpc: 111,
  auth: 113,
  nntp: 119,
  ntp: 123,
  imap: 143,
  imap2: 143,
  snmp: 161,
  bgp: 179,
  https: 443,
  syslog: 514,
}

/** Null: neither a number nor a name that is known. */
export function portNumber(word: string): number | null {
  if (/^\d{1,5}$/.test(word)) return Number(word) < 65_536 ? Number(word) : null
  return Object.hasOwn(NAMES, word) ? NAMES[word]! : null
}
