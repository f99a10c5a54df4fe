// The steering program as a function: load it with a key and a number of buckets, give it a frame,
// get the verdict and what the counters went up by. Loaded without any interface: the slots of the
// replica map stand for the loopback interface, and a test run redirects nothing.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Native, native, nativeFile } from '../../dataplane/native/native.ts'
import { STEER_KEYS, type SteerKeyName } from '../../lib/steer.ts'
import { REASONS, type Reason } from '../../node-agent/steering/steering.ts'

export const VERDICTS = ['ABORTED', 'DROP', 'PASS', 'TX', 'REDIRECT'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What this machine lacks for BPF, for a title `skipped: needs …`; null: nothing. */
export function bpfSkip(): string | null {
  if (process.getuid?.() !== 0) return 'root'
  if (!existsSync(nativeFile('clickup.node')) || !native().features.bpf) return 'libbpf'
  if (!existsSync(nativeFile('steer.bpf.o'))) return 'clang'
  const probe = spawnSync(process.execPath, ['-e', PROBE, nativeFile('clickup.node')])
  return probe.status === 0 ? null : 'a kernel that allows BPF'
}
const PROBE = "require(process.argv[1]).bpfArrayCreate('probe', 4, 1)"

export interface Outcome {
  readonly verdict: Verdict
  /** Reasons that were counted. */
  readonly reasons: readonly Reason[]
  /** Bucket that was counted; -1: none. */
  readonly bucket: number
}

export class SteerProgram {
  readonly #n: Native = native()
  readonly #object: object
  readonly #fd: number
  readonly #cpus: number
  readonly #buckets: number
  readonly #out = new Uint8Array(4096)
  /** What the counters were after the last frame. */
  #reasons: Float64Array = new Float64Array(REASONS.length)
  #counted: Float64Array

  /** Every bucket, and the primary, belong to the replica in slot 0, which is there. */
  constructor(key: SteerKeyName, bucketsLog2: number) {
    this.#buckets = 1 << bucketsLog2
    this.#counted = new Float64Array(this.#buckets)
    this.#object = this.#n.bpfLoad(
      nativeFile('steer.bpf.o'),
      { config_key: STEER_KEYS[key], config_buckets_log2: bucketsLog2 },
      { buckets: this.#buckets },
      { owners: this.#buckets + 1 },
      {},
    )
    this.#fd = this.#n.bpfProgramFd(this.#object, 'cu_steer')
    this.#cpus = this.#n.bpfPossibleCpus()
    this.setOwners(new Uint32Array(this.#buckets + 1))
    this.setSlot(0, true)
  }

  setOwners(owners: Uint32Array): void {
    const fd = this.#n.bpfArrayCreate('owners_test', 4, this.#buckets + 1)
    this.#n.bpfArrayWrite(fd, owners)
    const outer = this.#n.bpfMapFd(this.#object, 'owners')
    this.#n.bpfMapUpdate(outer, Uint32Array.of(0), Uint32Array.of(fd), 'owners')
    this.#n.closeFd(fd)
  }

  /** Whether the replica in a slot has an interface (the loopback, which is number 1). */
  setSlot(slot: number, there: boolean): void {
    const fd = this.#n.bpfMapFd(this.#object, 'replicas')
    if (there) this.#n.bpfMapUpdate(fd, Uint32Array.of(slot), Uint32Array.of(1), 'replicas')
    else this.#n.bpfMapDelete(fd, Uint32Array.of(slot))
  }

  run(frame: Uint8Array): Outcome {
    const { verdict, length } = this.#n.bpfTestRun(this.#fd, frame, this.#out, 0)
    if (length !== frame.length) throw new Error('the program changed the frame')
    const reasons = this.#read('reasons', REASONS.length)
    const buckets = this.#read('buckets', this.#buckets)
    const [reasonsBefore, bucketsBefore] = [this.#reasons, this.#counted]
    this.#reasons = reasons
    this.#counted = buckets
    return {
      verdict: VERDICTS[verdict] ?? 'ABORTED',
      reasons: REASONS.filter((_, i) => reasons[i]! > reasonsBefore[i]!),
      bucket: buckets.findIndex((n, i) => n > bucketsBefore[i]!),
    }
  }

  close(): void {
    this.#n.bpfClose(this.#object)
  }

  #read(map: string, entries: number): Float64Array {
    const values = new BigUint64Array(entries * this.#cpus)
    this.#n.bpfArrayRead(this.#n.bpfMapFd(this.#object, map), values)
    const sums = new Float64Array(entries)
    for (let i = 0; i < values.length; i++) sums[Math.floor(i / this.#cpus)]! += Number(values[i]!)
    return sums
  }
}
