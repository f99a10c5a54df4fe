// Handlers of an ARP table: ARPTable's own, and ARPQuerier's, which pass on to its table.

import { parseEth, parseIp, splitSpaces } from '../../lib/click/args.ts'
import { readIp } from './arp.ts'
import type { ArpStore } from './arp-table.ts'

export function arpTableHandlers<Me>(storeOf: (self: Me) => ArpStore) {
  return {
    table: { raw: true, read: (self: Me) => storeOf(self).text() },
    count: { read: (self: Me) => String(storeOf(self).entries.size) },
    length: { read: (self: Me) => String(storeOf(self).waiting.length) },
    insert: {
      write(self: Me, value: string) {
        insertEntry(storeOf(self), value)
      },
    },
    delete: {
      write(self: Me, value: string) {
        const ip = parseIp(value.trim())
        if (ip === null) throw new Error(`'${value}' is not an IP address`)
        storeOf(self).insert(ip, 0xffff, -1)
      },
    },
    clear: {
      button: true,
      write(self: Me) {
        storeOf(self).clear()
      },
    },
  }
}

/** Takes 'IP ETH'; gives back the address. */
export function insertEntry(store: ArpStore, value: string): number {
  const [ipWord, ethWord, more] = splitSpaces(value)
  const ip = parseIp(ipWord ?? '')
  const eth = parseEth(ethWord ?? '')
  if (ip === null || eth === null || more !== undefined)
    throw new Error(`'${value}' is not 'IP ETH'`)
  store.insert(ip, (eth[0]! << 8) | eth[1]!, readIp(eth, 2))
  return ip
}
