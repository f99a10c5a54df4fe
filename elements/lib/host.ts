// This host's addresses on a network, as ARPQuerier is told them: 'IP, ETH', 'IP/PREFIX, ETH', or
// one name for all.

import type { ConfigureContext } from '../../dataplane/element.ts'
import { parseEth, parseIp, parseIpPrefix } from '../../lib/click/args.ts'

export interface Host {
  readonly ip: number
  readonly eth: Uint8Array
  /** Broadcast address of the network; 255.255.255.255: not known. */
  readonly broadcast: number
}

/**
 * @param ipText undefined: it was not given
 * @param broadcast as configured; 0: what the prefix gives
 */
export function hostPlan(
  ipText: string | undefined,
  ethText: string,
  broadcast: number,
  context: ConfigureContext,
): Host {
  // A missing argument has been reported.
  if (ipText === undefined) return { ip: 0, eth: new Uint8Array(6), broadcast: -1 }
  const prefix = parseIpPrefix(ipText, context.addresses)
  const ip = parseIp(ipText, context.addresses) ?? prefix?.addr ?? null
  if (ip === null) context.error(`IP: '${ipText}' is not an IP address`)
  const eth = parseEth(ethText === '' ? ipText : ethText, context.addresses)
  if (eth === null) {
    const text = ethText === '' ? `'${ipText}' does not stand for one` : `'${ethText}' is not one`
    context.error(`ETH: an Ethernet address is needed; ${text}`)
  }
  // Of a prefix of 32 bits there is none.
  const local = prefix !== null && prefix.mask !== -1 ? prefix.addr | ~prefix.mask : -1
  return {
    ip: ip ?? 0,
    eth: eth ?? new Uint8Array(6),
    broadcast: broadcast || (local === ip ? -1 : local),
  }
}
