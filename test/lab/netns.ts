// Network namespaces and veth pairs for tests, the demo and the benchmarks.
//
//   const lab = await Lab.create('nat')
//   const client = await lab.netns('client')
//   const server = await lab.netns('server')
//   await lab.veth({ netns: 'client', name: 'eth0', addr: '10.0.0.1/24' },
//                  { netns: 'server', name: 'eth0', addr: '10.0.0.2/24' })
//   await lab.exec('client', 'ping', ['-c1', '10.0.0.2'])
//   await lab.close()
//
// Namespaces are called `cut-<pid>-<lab>-<name>`, so that runs side by side do not collide. What a
// lab made goes with `close`, with the process's exit or its SIGINT/SIGTERM; what a run that was
// killed by SIGKILL left behind goes when the next lab is created. IPv6 is off unless asked for:
// router solicitations would be counted as packets of the test.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NETNS_DIR = '/var/run/netns'
const PREFIX = 'cut-'
/** Linux refuses longer interface names (IFNAMSIZ - 1). */
const INTERFACE_NAME_MAX = 15

export interface Netns {
  /** The namespace's full name, as `ip netns` shows it. */
  readonly name: string
  readonly path: string
}

export interface VethEnd {
  /** Name of a namespace of this lab; left out: the one that the process is in. */
  readonly netns?: string
  /** Interface name. In the process's own namespace it is made unique: see what `veth` returns. */
  readonly name: string
  readonly mac?: string
  /** Address with prefix length. */
  readonly addr?: string
  readonly mtu?: number
  /** Number of receive and transmit queues; 1 where it is left out. */
  readonly queues?: number
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** What this machine lacks for namespaces and veth, for a title `skipped: needs …`; null: nothing. */
export function rootSkip(): string | null {
  if (process.getuid?.() !== 0) return 'root'
  for (const tool of ['ip', 'ethtool'])
    if (spawnSync(tool, ['--version']).error !== undefined) return tool
  const probe = `${PREFIX}${process.pid}-probe`
  const made = spawnSync('ip', ['netns', 'add', probe]).status === 0
  const veth =
    made && spawnSync('ip', ['-n', probe, 'link', 'add', 'v0', 'type', 'veth']).status === 0
  if (made) spawnSync('ip', ['netns', 'del', probe])
  return veth ? null : 'a kernel that allows network namespaces and veth'
}

export class Lab {
  readonly #id: string
  readonly #namespaces = new Map<string, Netns>()
  readonly #links: string[] = []
  readonly #children = new Set<ChildProcess>()
  #closed = false

  private constructor(id: string) {
    this.#id = id
  }

  /** @param prefix names the lab among those of this process */
  static async create(prefix: string): Promise<Lab> {
    await removeLeftovers()
    const lab = new Lab(`${PREFIX}${process.pid}-${prefix}`)
    openLabs.add(lab)
    watchExit()
    return lab
  }

  /** Makes a namespace with `lo` up. */
  async netns(name: string, options: { ipv6?: boolean } = {}): Promise<Netns> {
    if (this.#namespaces.has(name)) throw new Error(`lab: namespace '${name}' exists already`)
    const full = `${this.#id}-${name}`
    const netns = { name: full, path: `${NETNS_DIR}/${full}` }
    this.#namespaces.set(name, netns)
    await ip(['netns', 'add', full])
    await ip(['-n', full, 'link', 'set', 'lo', 'up'])
    if (options.ipv6 !== true) await this.exec(name, 'sh', ['-c', DISABLE_IPV6])
    return netns
  }

  /** Removes one namespace, with its processes and interfaces. */
  async deleteNetns(name: string): Promise<void> {
    const netns = this.#get(name)
    killInside(netns.name)
    this.#namespaces.delete(name)
    await ip(['netns', 'del', netns.name])
  }

  /** The namespace of that name. */
  namespace(name: string): Netns {
    return this.#get(name)
  }

  /** A veth pair, up, without transmit checksum offload. Returns the names of both ends. */
  async veth(a: VethEnd, b: VethEnd): Promise<{ a: string; b: string }> {
    const nameA = this.#interfaceName(a)
    const nameB = this.#interfaceName(b)
    const end = (e: VethEnd, name: string): string[] => [
      ...['name', name, ...(e.mac === undefined ? [] : ['address', e.mac])],
      ...(e.mtu === undefined ? [] : ['mtu', String(e.mtu)]),
      ...['numtxqueues', String(e.queues ?? 1), 'numrxqueues', String(e.queues ?? 1)],
      ...(e.netns === undefined ? [] : ['netns', this.#get(e.netns).name]),
    ]
    const [first, ...rest] = end(a, nameA)
    await ip(['link', 'add', first!, ...rest, 'type', 'veth', 'peer', ...end(b, nameB)])
    if (a.netns === undefined) this.#links.push(nameA)
    if (b.netns === undefined) this.#links.push(nameB)
    await this.#setUp(a, nameA)
    await this.#setUp(b, nameB)
    return { a: nameA, b: nameB }
  }

  /** Runs a command in a namespace of this lab (null: the process's own) and waits for it. */
  async exec(ns: string | null, cmd: string, args: readonly string[] = []): Promise<Output> {
    const [file, ...all] = this.#inside(ns, cmd, args)
    return await run(file!, all, { maxBuffer: 16 * 1024 * 1024 })
  }

  /** Starts a command in a namespace of this lab; `close` ends it. Its pid is the command's own. */
  spawn(
    ns: string | null,
    cmd: string,
    args: readonly string[] = [],
    options: Parameters<typeof spawn>[2] = {},
  ): ChildProcess {
    const [file, ...all] = this.#inside(ns, cmd, args)
    const child = spawn(file!, all, options)
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** Ends the lab's processes and removes what it made. May be called again. */
  async close(): Promise<void> {
    const exits = [...this.#children].map(
      (child) => new Promise<void>((resolve) => child.once('close', () => resolve())),
    )
    this.closeSync()
    await Promise.all(exits)
  }

  /** The same for exit handlers: does not wait for the processes that it killed. */
  closeSync(): void {
    if (this.#closed) return
    this.#closed = true
    openLabs.delete(this)
    for (const child of this.#children) child.kill('SIGKILL')
    for (const { name } of this.#namespaces.values()) killInside(name)
    // The links first: with its namespace an interface goes only some time later.
    for (const link of this.#links) spawnSync('ip', ['link', 'del', link])
    for (const { name } of this.#namespaces.values()) spawnSync('ip', ['netns', 'del', name])
  }

  #get(name: string): Netns {
    const netns = this.#namespaces.get(name)
    if (netns === undefined) throw new Error(`lab: no namespace '${name}'`)
    return netns
  }

  #inside(ns: string | null, cmd: string, args: readonly string[]): string[] {
    return ns === null ? [cmd, ...args] : ['ip', 'netns', 'exec', this.#get(ns).name, cmd, ...args]
  }

  #interfaceName(end: VethEnd): string {
    const name = end.netns === undefined ? `cu${process.pid.toString(36)}${end.name}` : end.name
    if (name.length > INTERFACE_NAME_MAX) throw new Error(`lab: interface name '${name}' too long`)
    return name
  }

  async #setUp(end: VethEnd, name: string): Promise<void> {
    const at = end.netns === undefined ? [] : ['-n', this.#get(end.netns).name]
    if (end.addr !== undefined) await ip([...at, 'addr', 'add', end.addr, 'dev', name])
    // A checksum left to a device that does not exist would reach XDP unfinished.
    await this.exec(end.netns ?? null, 'ethtool', ['-K', name, 'tx', 'off'])
    await ip([...at, 'link', 'set', name, 'up'])
  }
}

const DISABLE_IPV6 =
  'for i in all default; do f=/proc/sys/net/ipv6/conf/$i/disable_ipv6; ' +
  '[ ! -e $f ] || echo 1 > $f; done'

async function ip(args: readonly string[]): Promise<string> {
  try {
    return (await run('ip', [...args])).stdout
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(`ip ${args.join(' ')}: ${(stderr ?? String(error)).trim()}`)
  }
}

/** Kills every process that is in a namespace of ours. */
function killInside(full: string): void {
  const pids = spawnSync('ip', ['netns', 'pids', full]).stdout?.toString() ?? ''
  for (const pid of pids.split('\n').filter((line) => line !== '')) {
    if (Number(pid) === process.pid) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

/** Removes namespaces of labs whose process is dead. */
async function removeLeftovers(): Promise<void> {
  if (!existsSync(NETNS_DIR)) return
  for (const name of readdirSync(NETNS_DIR)) {
    const pid = Number(/^cut-(\d+)-/.exec(name)?.[1] ?? Number.NaN)
    if (Number.isNaN(pid) || existsSync(`/proc/${pid}`)) continue
    killInside(name)
    spawnSync('ip', ['netns', 'del', name])
  }
}

const openLabs = new Set<Lab>()
let watching = false

function watchExit(): void {
  if (watching) return
  watching = true
  const closeAll = () => {
    for (const lab of openLabs) lab.closeSync()
  }
  process.on('exit', closeAll)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      // Somebody else who listens ends the process in an order of their own; then `exit` closes.
      if (process.listenerCount(signal) > 0) return
      closeAll()
      process.kill(process.pid, signal)
    })
}
