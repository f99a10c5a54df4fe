// Who owns what in one service, without any effect: the replicas' slots, the epoch in force, and
// what a flip means for them. The steering implementations keep one for each service and carry out
// what it decides.
//
// A replica has a slot (its index in the steering's tables) from attach to detach, and after that
// for as long as the table in force names it: a newcomer must not inherit a dead replica's frames.

import assert from 'node:assert/strict'
import { ClickUpError } from '../../lib/errors.ts'
import { BUCKETS_MAX, BUCKETS_MIN, REPLICA_SLOTS, SERVICE_PORTS_MAX } from '../../lib/limits.ts'
import { STEER_KEYS } from '../../lib/steer.ts'
import { type FlipRequest, NOBODY, type ServiceSpec } from './steering.ts'

export class Ownership {
  readonly service: string
  readonly buckets: number
  #epoch = 0
  #owners: Uint32Array
  readonly #slots = new Map<number, number>()
  /** Replicas that are gone and whose slots the table in force still names. */
  readonly #gone = new Map<number, number>()

  constructor(service: string, bucketsLog2: number) {
    this.service = service
    this.buckets = 1 << bucketsLog2
    this.#owners = new Uint32Array(this.buckets + 1).fill(NOBODY)
  }

  get epoch(): number {
    return this.#epoch
  }

  get owners(): Uint32Array {
    return this.#owners.slice()
  }

  /** Replicas that are attached. */
  get replicas(): readonly number[] {
    return [...this.#slots.keys()]
  }

  slot(replica: number): number | null {
    return this.#slots.get(replica) ?? null
  }

  /** Takes a slot for a replica. */
  add(replica: number): number {
    assert(Number.isInteger(replica) && replica >= 0 && replica < NOBODY)
    assert(!this.#slots.has(replica))
    const own = this.#gone.get(replica)
    const used = new Set([...this.#slots.values(), ...this.#gone.values()])
    let slot = own ?? 0
    while (own === undefined && used.has(slot)) slot++
    if (slot >= REPLICA_SLOTS)
      throw new ClickUpError(
        'LIMIT',
        `service '${this.service}': ${REPLICA_SLOTS} replicas are attached (REPLICA_SLOTS)`,
        'stop replicas that own no bucket',
      )
    this.#gone.delete(replica)
    this.#slots.set(replica, slot)
    return slot
  }

  /** The replica is gone. Its slot is free once the table in force does not name it. */
  remove(replica: number): void {
    const slot = this.#slots.get(replica)
    if (slot === undefined) return
    this.#slots.delete(replica)
    if (this.#owners.includes(replica)) this.#gone.set(replica, slot)
  }

  /**
   * What to do with a flip: the table of slots to install, or null where it is in force already (a
   * repetition). Throws STALE_EPOCH, CONFLICT, NOT_FOUND. Changes nothing.
   */
  decide(request: FlipRequest): Uint32Array | null {
    const { epoch, owners, fenceTo } = request
    const where = `service '${this.service}', flip of move ${request.move}`
    assert(Number.isInteger(epoch) && epoch > 0)
    assert.equal(owners.length, this.buckets + 1)
    if (epoch < this.#epoch)
      throw new ClickUpError(
        'STALE_EPOCH',
        `${where}: epoch ${epoch} is older than ${this.#epoch}`,
        'another move has changed the ownership since; ask for the status and start again',
      )
    if (fenceTo !== null && !this.#slots.has(fenceTo))
      throw this.#unknown(where, fenceTo, 'gets the fence')
    const slots = owners.map((replica) => {
      if (replica === NOBODY) return NOBODY
      const slot = this.#slots.get(replica) ?? this.#gone.get(replica)
      if (slot === undefined) throw this.#unknown(where, replica, 'owns a bucket')
      return slot
    })
    if (epoch > this.#epoch) return slots
    if (owners.every((replica, i) => replica === this.#owners[i])) return null
    throw new ClickUpError(
      'CONFLICT',
      `${where}: epoch ${epoch} is in force with other owners`,
      'a new table needs a new epoch',
    )
  }

  /** The flip has been carried out. */
  commit(request: FlipRequest): void {
    assert(request.epoch >= this.#epoch)
    this.#epoch = request.epoch
    this.#owners = request.owners.slice()
    for (const replica of this.#gone.keys())
      if (!this.#owners.includes(replica)) this.#gone.delete(replica)
  }

  #unknown(where: string, replica: number, role: string): ClickUpError {
    const name = `${this.service}.${replica}`
    return new ClickUpError(
      'NOT_FOUND',
      `${where}: ${name} ${role} and is not attached`,
      'it has died meanwhile: look at `click-up status`',
    )
  }
}

export function attachedAlready(service: string): ClickUpError {
  return new ClickUpError('CONFLICT', `service '${service}' is attached already`, 'detach it first')
}

export function notAttached(service: string): ClickUpError {
  return new ClickUpError(
    'NOT_FOUND',
    `service '${service}' is not attached on this host`,
    'look at `click-up status`: the coordinator attaches it when the agent is connected',
  )
}

/** Throws SERVICE_FILE with every finding at once. */
export function checkSpec(spec: ServiceSpec): void {
  const findings: { where: string; message: string }[] = []
  const find = (where: string, message: string) => findings.push({ where, message })
  const b = 2 ** spec.bucketsLog2
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(spec.service))
    find('service', `'${spec.service}': letters, digits, '.', '_', '-', at most 63`)
  if (!Number.isInteger(spec.bucketsLog2) || b < BUCKETS_MIN || b > BUCKETS_MAX)
    find('buckets', `${b}: a power of two from ${BUCKETS_MIN} to ${BUCKETS_MAX}`)
  if (spec.ports.length < 1 || spec.ports.length > SERVICE_PORTS_MAX)
    find('ports', `${spec.ports.length} ports: 1 to ${SERVICE_PORTS_MAX}`)
  spec.ports.forEach((port, i) => {
    const before = spec.ports.slice(0, i)
    if (before.some((p) => p.name === port.name)) find(`ports.${port.name}`, 'named twice')
    if (before.some((p) => p.interface === port.interface))
      find(`ports.${port.name}.interface`, `'${port.interface}' has another port already`)
    if (!(port.key in STEER_KEYS))
      find(`ports.${port.name}.key`, `'${port.key}': one of ${Object.keys(STEER_KEYS).join(', ')}`)
  })
  if (findings.length === 0) return
  const lines = findings.map((f) => `${f.where}: ${f.message}`).join('; ')
  throw new ClickUpError(
    'SERVICE_FILE',
    `service '${spec.service}': ${lines}`,
    'doc/cli.md describes the service file',
    findings,
  )
}
