// Where wire speed is measured: generator ══ device under test ══ sink, three namespaces and two veth
// pairs. The device stays on one core; the generator, and with it the kernel's receiving side of the
// device's interfaces, on another.

import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Lab } from '../lab/netns.ts'
import { type Generator, type GeneratorOptions, startGenerator } from '../lab/wire/generator.ts'
import { type Sink, startSink } from '../lab/wire/sink.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
export const DEVICE_CPU = 0
export const GENERATOR_CPU = 1
/** Packets a scheduling of the peers' device elements: of 1, 8, 32 and 128 the fastest. */
const BURST = 128
/** Of a jiffy in /proc. */
const TICK_NS = 1e7

/**
 * Starts the rest of its arguments on the processor that the first names, before other processes. A
 * nice value counts within a session only, where the kernel groups processes by session.
 */
const FIRST = 'echo -20 2>/dev/null >/proc/self/autogroup; exec nice -n -20 taskset -c "$0" "$@"'

export interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

export interface Load {
  readonly name: string
  readonly file: string
  readonly flows: number
  /** Of 256 frames, so many come back from outside. */
  readonly reflect: number
}

export const LOADS: readonly Load[] = [
  { name: 'forward', file: 'wire-forward.click', flows: 1_000, reflect: 0 },
  { name: 'nat', file: 'wire-nat.click', flows: 1_000, reflect: 128 },
]

/** Ours by driver, and the peers that CLICK= and FASTCLICK= name. */
export function contenders(): Contender[] {
  const ours = [process.execPath, join(ROOT, 'build', 'deploy', 'start.cjs'), '--driver']
  const all: Contender[] = [
    { name: 'xdp', command: [...ours, 'xdp'] },
    { name: 'packet', command: [...ours, 'packet'] },
  ]
  for (const [name, path] of [
    ['Click', process.env.CLICK],
    ['FastClick', process.env.FASTCLICK],
  ] as const)
    if (path !== undefined && path !== '') all.push({ name, command: [path] })
  return all
}

const RMEM_DEFAULT = '/proc/sys/net/core/rmem_default'
/** As much as our packet driver asks for. */
const PEER_BUFFER_BYTES = 8 * 1024 * 1024

/**
 * Sockets that are opened from now on have large receive buffers, until the function that this returns
 * is called (or the process ends). The peers take the system's default, which is 50 frames of the
 * generator: their loss would be that of the default, not theirs.
 */
export function largeBuffers(): () => void {
  const before = readFileSync(RMEM_DEFAULT, 'utf8')
  const end = (): void => process.exit(1) // `exit` restores, and takes the lab down
  const restore = (): void => {
    process.off('exit', restore).off('SIGINT', end).off('SIGTERM', end)
    writeFileSync(RMEM_DEFAULT, before)
  }
  process.on('exit', restore).on('SIGINT', end).on('SIGTERM', end)
  writeFileSync(RMEM_DEFAULT, String(PEER_BUFFER_BYTES))
  return restore
}

/** Processor time so far, in ns. */
export interface Used {
  readonly user: number
  readonly system: number
  /** Of the device's core, all that served interrupts softly: other processes' too. */
  readonly softirq: number
}

export class WireRig {
  readonly sink: Sink
  /** Of what comes back; null where nothing does. */
  readonly back: Sink
  readonly #lab: Lab
  #device: ChildProcess | null = null
  #errors = ''

  private constructor(lab: Lab, sink: Sink, back: Sink) {
    this.#lab = lab
    this.sink = sink
    this.back = back
  }

  static async create(load: Load): Promise<WireRig> {
    const lab = await Lab.create('wire')
    try {
      for (const ns of ['near', 'device', 'far']) await lab.netns(ns)
      await lab.veth({ netns: 'near', name: 'eth0' }, { netns: 'device', name: 'in0' })
      await lab.veth({ netns: 'device', name: 'out0' }, { netns: 'far', name: 'eth0' })
      // An interface without a program takes XDP frames only with GRO.
      for (const name of ['in0', 'out0'])
        await lab.exec('device', 'ethtool', ['-K', name, 'gro', 'on'])
      const { reflect } = load
      const far = { netns: lab.namespace('far').path, ifname: 'eth0' }
      const sink = await startSink(reflect > 0 ? { ...far, reflect } : far)
      const near = { netns: lab.namespace('near').path, ifname: 'eth0' }
      return new WireRig(lab, sink, await startSink({ ...near, back: true }))
    } catch (error) {
      await lab.close()
      throw error
    }
  }

  generate(options: Omit<GeneratorOptions, 'ifname'>): Promise<Generator> {
    return startGenerator({
      netns: this.#lab.namespace('near').path,
      ifname: 'eth0',
      cpu: GENERATOR_CPU,
      first: true,
      src: '02:00:00:00:00:01',
      dst: '02:00:00:00:00:02',
      ...options,
    })
  }

  startDevice({ command }: Contender, { file }: Load): void {
    const path = join(ROOT, 'test', 'bench', file)
    const child = this.#lab.spawn(
      'device',
      'sh',
      ['-c', FIRST, String(DEVICE_CPU), ...command, path, 'IN=in0', 'OUT=out0', `BURST=${BURST}`],
      { stdio: ['ignore', 'inherit', 'pipe'], detached: true },
    )
    this.#device = child
    this.#errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
  }

  get devicePid(): number {
    return this.#device?.pid ?? -1
  }

  /** Throws where the device has ended. */
  check(): void {
    const child = this.#device
    if (child === null || (child.exitCode === null && child.signalCode === null)) return
    throw new Error(`the device ended with ${child.exitCode ?? child.signalCode}: ${this.#errors}`)
  }

  async stopDevice(): Promise<void> {
    const child = this.#device
    this.#device = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await ended
    clearTimeout(timer)
  }

  used(): Used {
    const stat = readFileSync(`/proc/${this.devicePid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const core = readFileSync('/proc/stat', 'utf8').split('\n')[1 + DEVICE_CPU]!.split(/\s+/)
    return {
      user: Number(fields[11]) * TICK_NS,
      system: Number(fields[12]) * TICK_NS,
      softirq: Number(core[7]) * TICK_NS,
    }
  }

  async close(): Promise<void> {
    await this.stopDevice()
    await this.sink.stop().catch(() => {})
    await this.back.stop().catch(() => {})
    await this.#lab.close()
  }
}
