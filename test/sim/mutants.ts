// Defects put in on purpose, to show that the checkers see them: each breaks one promise of the
// code that the simulator runs, by taking the place of a function of it. A mutant that nobody
// catches means that a fault or a checker is missing.

import type { MoverSetup } from '../../dataplane/mover.ts'
import type { Packet } from '../../dataplane/packet.ts'
import type { SourceMover } from '../../dataplane/source-mover.ts'
import type { TransferPlan } from '../../dataplane/state-plan.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import type { TargetMover } from '../../dataplane/target-mover.ts'

export const MUTANTS = [
  'fence overtakes', // the fence comes before packets that were steered earlier (agent.ts)
  'old epochs', // the agent installs whatever it is asked for (agent.ts)
  'raw times', // times travel as they are, not as ages (loop.ts)
  'early own', // the target owns from prepare on
  'serves on', // the source goes on processing after its last fence
  'drains nothing', // the source says that it is drained when it starts to drain
  'drops deltas', // a chunk of changes is acknowledged, not applied
  'applies twice', // each chunk is applied once more, as if it were another's
  'loses a held packet',
  'turns the held round', // they come out last first
  'loses stragglers',
  'wakes nobody', // who pulls from queues that a move filled or put back sleeps on
  'keeps rows', // the source does not forget
  'keeps the hold', // a target that is told to give the move up goes on holding
] as const

export type Mutant = 'none' | (typeof MUTANTS)[number]

export function mutateLoop(
  mutant: Mutant,
  setup: MoverSetup,
  target: TargetMover,
  source: SourceMover,
): void {
  const { gate, router } = setup
  const enterAll = gate.releaseHeld.bind(gate)
  switch (mutant) {
    case 'early own':
      gate.buckets.incoming = (buckets, primary) => gate.buckets.own(buckets, primary)
      break
    case 'serves on':
      gate.buckets.away = () => {}
      break
    case 'loses a held packet':
      gate.releaseHeld = (enter) => {
        let n = 0
        return enterAll((p) => (++n === 3 ? router.pool.free(p) : enter(p)))
      }
      break
    case 'turns the held round':
      gate.releaseHeld = (enter) => {
        const held: Packet[] = []
        enterAll((p) => held.push(p))
        for (const p of held.reverse()) enter(p)
        return held.length
      }
      break
    case 'loses stragglers': {
      const take = gate.takeStragglers.bind(gate)
      gate.takeStragglers = () => {
        for (const p of take()) router.pool.free(p)
        return []
      }
      break
    }
    case 'wakes nobody': {
      const notifyAll = router.notifyAll.bind(router)
      router.notifyAll = () => {
        if (!router.active) notifyAll()
      }
      break
    }
    case 'keeps the hold':
      gate.buckets.discard = () => {}
      break
    case 'applies twice':
      appliesTwice(setup, target)
      break
    case 'drops deltas':
      dropsDeltas(setup, target)
      break
    case 'keeps rows':
    case 'drains nothing':
      mutateSource(mutant, setup, source)
  }
}

function appliesTwice(setup: MoverSetup, target: TargetMover): void {
  let plan: TransferPlan | null = null
  const send = setup.send.bind(setup)
  setup.send = (message, transfer) => {
    if (message.type === 'target' && message.event.on === 'ready')
      plan = message.plan as TransferPlan
    send(message, transfer)
  }
  const command = target.command.bind(target)
  target.command = (move, c, bytes, length) => {
    const rows = c.type === 'apply' && (c.kind === 'rows' || c.kind === 'deltas')
    const again = rows && bytes !== null && plan !== null ? bytes.slice(0, length) : null
    command(move, c, bytes, length)
    if (again === null) return
    const other = new SnapshotTarget(setup.store, plan!)
    other.apply(again)
    other.commit()
  }
}

function dropsDeltas(setup: MoverSetup, target: TargetMover): void {
  const command = target.command.bind(target)
  target.command = (move, c, bytes, length) => {
    if (c.type === 'apply' && c.kind === 'deltas')
      setup.send({ type: 'target', event: { on: 'applied', move, seq: c.seq }, plan: null })
    else command(move, c, bytes, length)
  }
}

function mutateSource(
  mutant: 'keeps rows' | 'drains nothing',
  setup: MoverSetup,
  source: SourceMover,
): void {
  const command = source.command.bind(source)
  if (mutant === 'keeps rows') {
    source.command = (move, c) => {
      if (c.type !== 'forget') command(move, c)
    }
    return
  }
  // The drain that the last fence sets off by itself is left out too.
  source.onFence = () => {}
  source.command = (move, c) => {
    command(move, c)
    if (c.type === 'drain')
      setup.send({ type: 'source', event: { on: 'drained', move }, bytes: null })
  }
}
