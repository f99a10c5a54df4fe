// A replica's namespace and veth pairs, and what a crashed agent left of them.
//
//   host                                   netns <prefix>-<service>-<replica>
//   <hash>-<replica>-<port>  ═══ veth ═══  port<port>
//
// Interface names are short by Linux's rule, so the host side's alias says whose it is in full.
// IPv6 is off on both sides: what the kernel would send by itself (router solicitations, listener
// reports) is not the network function's traffic.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { isNativeError, native } from '../../dataplane/native/native.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { VETH_MTU_EXTRA, VETH_MTU_MAX } from '../../lib/limits.ts'

const run = promisify(execFile)
const NETNS_DIR = '/var/run/netns'

/** Names of everything that one service has on this host. */
export class LinkNames {
  readonly #prefix: string
  readonly #service: string

  /** @param prefix tells agents on one host apart (tests that run side by side) */
  constructor(prefix: string, service: string) {
    this.#prefix = prefix
    this.#service = service
  }

  netns(replica: number): string {
    return `${this.#prefix}-${this.#service}-${replica}`
  }

  netnsPath(replica: number): string {
    return `${NETNS_DIR}/${this.netns(replica)}`
  }

  /** At most 15 characters, Linux's bound: 'cu', 4 of the hash, replica and port in base 36. */
  host(replica: number, port: number): string {
    const hash = createHash('sha256').update(`${this.#prefix}/${this.#service}`).digest()
    const tag = (hash.readUInt32BE(0) % 36 ** 4).toString(36).padStart(4, '0')
    return `cu${tag}-${replica.toString(36)}-${port.toString(36)}`
  }

  inside(port: number): string {
    return `port${port}`
  }

  alias(replica: number, port: number): string {
    return `${this.#aliasPrefix}${replica} port ${port}`
  }

  ownsAlias(alias: string): boolean {
    return alias.startsWith(this.#aliasPrefix)
  }

  ownsNetns(name: string): boolean {
    const start = `${this.#prefix}-${this.#service}-`
    return name.startsWith(start) && /^\d+$/.test(name.slice(start.length))
  }

  get #aliasPrefix(): string {
    return `click-up ${this.#prefix}/${this.#service}.`
  }
}

/**
 * The prefix of an agent of this network namespace: 'cu', or with the namespace's number where it
 * is not the machine's own. Names of namespaces are the whole machine's, so agents in namespaces of
 * their own (labs, containers that share /var/run) must not take each other's.
 */
export function hostPrefix(): string {
  const own = netnsInode('/proc/self/ns/net')
  return own === netnsInode('/proc/1/ns/net') ? 'cu' : `${OTHER_NETNS}${own?.toString(36)}`
}

/** Before a namespace's number in base 36, 7 characters: numbers start at 0xf0000000. */
const OTHER_NETNS = 'cun'
const OTHER_NETNS_NAME = /^cun([0-9a-z]{7})-.*-\d+$/

function netnsInode(path: string): number | null {
  try {
    return statSync(path).ino
  } catch {
    return null // the process has ended, or is another user's
  }
}

/** Numbers of the network namespaces that a process is in, or that have a name; in base 36. */
export function liveNetns(): ReadonlySet<string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const named = existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR) : []
  const places = [
    ...pids.map((pid) => `/proc/${pid}/ns/net`),
    ...named.map((name) => `${NETNS_DIR}/${name}`),
  ]
  return new Set(places.map((place) => netnsInode(place)?.toString(36) ?? ''))
}

/** Removes replicas' namespaces of agents whose own network namespace is no more. */
async function removeOrphans(): Promise<string[]> {
  const all = existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR) : []
  const owner = (name: string) => OTHER_NETNS_NAME.exec(name)?.[1]
  if (!all.some((name) => owner(name) !== undefined)) return []
  const alive = liveNetns()
  const orphans = all.filter((name) => owner(name) !== undefined && !alive.has(owner(name)!))
  for (const name of orphans) await removeNetns(name)
  return orphans
}

/** Makes a replica's namespace with one veth pair for each MTU. Returns the host sides' indices. */
export async function makeLinks(
  names: LinkNames,
  replica: number,
  mtus: readonly number[],
): Promise<number[]> {
  const n = native()
  const netns = names.netns(replica)
  const hosts = mtus.map((_, i) => names.host(replica, i))
  try {
    await ip(['netns', 'add', netns])
    n.inNetns(names.netnsPath(replica), () => {
      disableIpv6('all')
      disableIpv6('default')
    })
    await batch(
      null,
      mtus.flatMap((mtu, i) => makeVeth(names, replica, i, mtu)),
    )
    hosts.forEach(disableIpv6)
    await batch(
      null,
      hosts.map((host) => `link set dev ${host} up`),
    )
    const inside = ['lo', ...mtus.map((_, i) => names.inside(i))]
    await batch(
      netns,
      inside.map((name) => `link set dev ${name} up`),
    )
    await Promise.all(mtus.map((_, i) => checksumsInFull(netns, names.inside(i))))
    return hosts.map((host) => n.interfaceInfo(host).index)
  } catch (error) {
    await removeLinks(names, replica, mtus.length)
    throw error
  }
}

/** One queue each way: frames of a port stay in order, and a fence queues behind all of them. */
function makeVeth(names: LinkNames, replica: number, port: number, mtu: number): string[] {
  const host = names.host(replica, port)
  const end = `mtu ${Math.min(mtu + VETH_MTU_EXTRA, VETH_MTU_MAX)} numtxqueues 1 numrxqueues 1`
  const peer = `name ${names.inside(port)} netns ${names.netns(replica)} ${end}`
  return [
    `link add name ${host} ${end} type veth peer ${peer}`,
    `link set dev ${host} alias "${names.alias(replica, port)}"`,
  ]
}

/** A checksum left to a device that does not exist would go out unfinished. */
async function checksumsInFull(netns: string, name: string): Promise<void> {
  await checked('ip', ['netns', 'exec', netns, 'ethtool', '-K', name, 'tx', 'off'])
}

/** Removes them, whether the replica lives or not, and whatever of them there is. */
export async function removeLinks(names: LinkNames, replica: number, ports: number): Promise<void> {
  // The links first: with its namespace, an interface goes only some time later.
  for (let i = 0; i < ports; i++) await removeLink(names.host(replica, i))
  await removeNetns(names.netns(replica))
}

/** Removes what a crashed agent left of a service, and orphans. Returns what it was. */
export async function removeLeftovers(names: LinkNames): Promise<string[]> {
  const links = await listLinks()
  const ours = links.filter((link) => names.ownsAlias(link.ifalias ?? '')).map((l) => l.ifname)
  for (const link of ours) await removeLink(link)
  const all = existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR) : []
  const namespaces = all.filter((name) => names.ownsNetns(name))
  for (const name of namespaces) await removeNetns(name)
  return [...ours, ...namespaces, ...(await removeOrphans())]
}

export interface Link {
  readonly ifname: string
  readonly ifindex: number
  readonly mtu: number
  /** The hardware address. */
  readonly address?: string
  readonly ifalias?: string
  readonly flags: readonly string[]
}

export async function listLinks(): Promise<Link[]> {
  return JSON.parse(await ip(['-j', 'link', 'show'])) as Link[]
}

/** Index of an interface of this namespace, or null where there is none of that name. */
export function linkIndex(name: string): number | null {
  try {
    return native().interfaceInfo(name).index
  } catch (error) {
    if (isNativeError(error) && error.code === 'ENODEV') return null
    throw error
  }
}

async function removeLink(name: string): Promise<void> {
  if (linkIndex(name) === null) return
  try {
    await ip(['link', 'del', 'dev', name])
  } catch (error) {
    if (linkIndex(name) !== null) throw error // else it went by itself, with its namespace
  }
}

async function removeNetns(name: string): Promise<void> {
  const there = () => existsSync(`${NETNS_DIR}/${name}`)
  if (!there()) return
  try {
    await ip(['netns', 'del', name])
  } catch (error) {
    if (there()) throw error
  }
}

function disableIpv6(name: string): void {
  const file = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  if (existsSync(file)) writeFileSync(file, '1') // absent: a kernel without IPv6
}

export async function ip(args: readonly string[]): Promise<string> {
  return await checked('ip', args)
}

async function batch(netns: string | null, lines: readonly string[]): Promise<void> {
  const inside = netns === null ? [] : ['-n', netns]
  await checked('ip', [...inside, '-batch', '-'], `${lines.join('\n')}\n`)
}

async function checked(file: string, args: readonly string[], input = ''): Promise<string> {
  const child = run(file, [...args])
  child.child.stdin?.on('error', () => {}) // it ended without reading; its status says why
  child.child.stdin?.end(input)
  try {
    return (await child).stdout
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    const said = (stderr ?? '').trim() || String((error as Error).message)
    throw new ClickUpError(
      'SYSCALL',
      `${file} ${args.join(' ')}: ${said}`,
      "the agent's xdp driver needs root, iproute2 and ethtool",
    )
  }
}
