// The conductor: the way through, the table of deaths (doc/architecture.md, "The move"), successors
// from each journal record, epochs, and what is journalled before what.

import test from 'ava'
import { ASK_TRIES, UNDO_TRIES } from '../../../lib/limits.ts'
import { NO_HOLD, NO_TOTALS } from '../../../lib/move/common.ts'
import { type ConductorState, conductorState, conductorStep } from '../../../lib/move/conductor.ts'
import type {
  ConductorAction,
  ConductorEvent,
  JournalRecord,
  MoveSpec,
  Outcome,
  Step,
} from '../../../lib/move/types.ts'

const SPEC: MoveSpec = {
  move: 3,
  service: 'nf',
  source: 'nf.1',
  target: 'nf.2',
  epoch: 7,
  buckets: [[0, 4]],
  primary: true,
  ports: 2,
  transfer: null,
}
const AT = { move: 3, epoch: 8 }
const FRESH = conductorState(SPEC)

function play(
  state: ConductorState,
  ...events: ConductorEvent[]
): [ConductorState, readonly ConductorAction[]] {
  let actions: readonly ConductorAction[] = []
  for (const event of events) [state, actions] = conductorStep(state, event)
  return [state, actions]
}

const begin: ConductorEvent = { on: 'begin' }
const prepared: ConductorEvent = {
  on: 'target',
  msg: { ...AT, type: 'prepared', endpoint: 'ipc://n' },
}
const settled: ConductorEvent = {
  on: 'source',
  msg: { ...AT, type: 'settled', totals: NO_TOTALS },
}
const held: ConductorEvent = { on: 'target', msg: { ...AT, type: 'held' } }
const flipped = (epoch: number): ConductorEvent => ({ on: 'flipped', epoch, swapUs: 80 })
const released = (complete = true): ConductorEvent => ({
  on: 'target',
  msg: { ...AT, type: 'released', complete, hold: NO_HOLD },
})
const forgotten: ConductorEvent = {
  on: 'source',
  msg: { ...AT, type: 'forgotten', totals: NO_TOTALS },
}
const aborted = (on: 'source' | 'target'): ConductorEvent => ({
  on,
  msg: { ...AT, type: 'aborted' },
})
const died = (side: 'source' | 'target'): ConductorEvent => ({ on: 'died', side })
const failed = (epoch: number, installed: number): ConductorEvent => ({
  on: 'flip_failed',
  epoch,
  installed,
  code: 'SYSCALL',
  message: 'no',
})
const timer: ConductorEvent = { on: 'timer' }

/** The way through, and the state in each step. */
const WAY = [begin, prepared, settled, held, flipped(8), released()]
const STEPS = ['prepare', 'precopy', 'hold', 'flip', 'drain', 'forget'] as const
const at = (step: (typeof STEPS)[number]): ConductorState =>
  play(FRESH, ...WAY.slice(0, STEPS.indexOf(step) + 1))[0]
const sealing = play(at('flip'), failed(8, 7))[0]

/** Actions in short: 'journal flip', 'flip nf.2 8', 'source abort'. */
const short = (actions: readonly ConductorAction[]): string[] =>
  actions.flatMap((a) => {
    if (a.do === 'journal') return [`journal ${a.record.decision}`]
    if (a.do === 'flip') return [`flip ${a.flip.owner} ${a.flip.epoch}`]
    if (a.do === 'send') return [`${a.to} ${a.msg.type}`]
    return a.do === 'finish' ? [`finish ${a.outcome} ${a.epoch}`] : []
  })

test('the way through: what is journalled comes before what follows from it', (t) => {
  const expected: string[][] = [
    ['journal begin', 'target prepare'],
    ['source start'],
    ['target hold'],
    ['journal flip', 'flip nf.2 8'],
    [],
    ['journal done', 'source forget'],
    ['journal finished', 'finish done 8'],
  ]
  let state = FRESH
  for (const [i, event] of [...WAY, forgotten].entries()) {
    const [next, actions] = conductorStep(state, event)
    t.deepEqual(short(actions), expected[i])
    state = next
  }
  t.is(state.outcome, 'done')
  t.deepEqual(conductorStep(state, timer), [state, []])
})

test('a step asks again at each timer, and answers out of turn change nothing', (t) => {
  for (const step of STEPS) {
    const state = at(step)
    const [next, actions] = play(state, timer)
    t.is(next.step, step)
    t.true(short(actions).length > 0, step)
    t.false(short(actions).some((a) => a.startsWith('journal')))
    for (const late of [prepared, settled, held])
      if (!['prepare', 'precopy', 'hold'].includes(step)) t.is(play(state, late)[0].step, step)
  }
  t.deepEqual(short(play(at('drain'), timer)[1]), ['flip nf.2 8', 'source status', 'target status'])
})

// Death of the source and of the target, in each step: where it leads, and the first actions.
const DEATHS: readonly (readonly [ConductorState, 'source' | 'target', Step, string[]])[] = [
  [at('prepare'), 'source', 'takeover', ['journal takeover', 'target takeover']],
  [at('precopy'), 'source', 'takeover', ['journal takeover', 'target takeover', 'flip nf.2 8']],
  [at('hold'), 'source', 'takeover', ['journal takeover', 'target takeover', 'flip nf.2 8']],
  [at('flip'), 'source', 'takeover', ['journal takeover', 'target takeover', 'flip nf.2 10']],
  [sealing, 'source', 'takeover', ['journal takeover', 'target takeover', 'flip nf.2 10']],
  [at('drain'), 'source', 'takeover', ['journal takeover', 'target takeover', 'flip nf.2 10']],
  [at('forget'), 'source', 'finished', ['journal finished', 'finish done 8']],
  [at('prepare'), 'target', 'undo', ['source abort']],
  [at('precopy'), 'target', 'undo', ['source abort']],
  [at('hold'), 'target', 'undo', ['source abort']],
  [at('flip'), 'target', 'back', ['journal back', 'source abort', 'flip nf.1 9']],
  [sealing, 'target', 'back', ['journal back', 'source abort', 'flip nf.1 9']],
  [at('drain'), 'target', 'back', ['journal back', 'source abort', 'flip nf.1 9']],
  [at('forget'), 'target', 'forget', []],
]
for (const [state, side, step, expected] of DEATHS)
  test(`${side} dies in ${state.step}: ${step}`, (t) => {
    const [next, actions] = play(state, died(side))
    t.is(next.step, step)
    t.deepEqual(short(actions), expected)
    t.deepEqual(play(next, died(side))[0], next)
    if (step === 'finished' || step === 'forget') return
    const [both, end] = play(next, died(side === 'source' ? 'target' : 'source'))
    t.is(both.outcome, 'lost')
    t.deepEqual(short(end), ['journal finished', 'finish lost 10'])
  })

test('undo ends when both sides have answered, or are dead, or say nothing for long', (t) => {
  const [undo, actions] = play(at('hold'), { on: 'abort', reason: 'asked for' })
  t.deepEqual(short(actions), ['source abort', 'target abort'])
  t.deepEqual(short(play(undo, aborted('source'), timer)[1]), ['target abort'])
  const ends = (events: ConductorEvent[]) => short(play(undo, ...events)[1]).at(-1)
  t.is(ends([aborted('source'), aborted('target')]), 'finish undone 7')
  t.is(ends([aborted('source'), died('target')]), 'finish undone 7')
  t.is(ends(new Array(UNDO_TRIES + 1).fill(timer)), 'finish undone 7')
})

test('an abort is too late from the flip on', (t) => {
  for (const step of ['flip', 'drain', 'forget'] as const)
    t.deepEqual(play(at(step), { on: 'abort', reason: '' }), [at(step), []])
})

test('before the flip silence undoes the move; progress of the copy is no silence; after it never', (t) => {
  const silence: ConductorEvent[] = new Array(ASK_TRIES + 1).fill(timer)
  for (const step of ['prepare', 'precopy', 'hold'] as const) {
    t.is(play(at(step), ...silence)[0].step, 'undo')
    t.is(play(at(step), ...silence.slice(1))[0].step, step)
  }
  const totals = { ...NO_TOTALS, chunks: 9 }
  const moves: ConductorEvent = { on: 'source', msg: { ...AT, type: 'started', totals } }
  t.is(play(at('precopy'), ...silence.slice(1), moves, timer)[0].step, 'precopy')
  for (const step of ['flip', 'drain', 'forget'] as const)
    t.is(play(at(step), ...silence, ...silence)[0].step, step)
})

test('a failed flip is sealed before the move is undone', (t) => {
  const [seal, actions] = play(at('flip'), failed(8, 7))
  t.like(actions[0], { do: 'flip', flip: { epoch: 9, expect: 7, owner: 'nf.1', fenceTo: null } })
  const [undo] = play(seal, flipped(9))
  t.is(undo.step, 'undo')
  t.like(play(undo, aborted('source'), aborted('target'))[1].at(-1), {
    do: 'finish',
    outcome: 'undone',
    epoch: 9,
    failure: { step: 'flip', code: 'SYSCALL' },
  })
  // A repeat of the flip succeeded meanwhile: the move goes on.
  t.is(play(seal, failed(9, 8))[0].step, 'flip')
  t.like(play(seal, flipped(8))[0], { step: 'drain', failure: null })
  // A successor finds the seal.
  t.is(play(at('flip'), failed(8, 9))[0].step, 'undo')
})

test('a source that failed after the flip takes the buckets back; a stale answer of it says nothing', (t) => {
  const refused = { type: 'refused', message: '', hint: '', findings: [] } as const
  const says = (code: string): ConductorEvent => ({
    on: 'source',
    msg: { ...AT, ...refused, code },
  })
  for (const step of ['flip', 'drain'] as const) {
    const [back, actions] = play(at(step), says('INCOMPATIBLE'))
    t.is(back.step, 'back')
    t.is(back.failure?.code, 'INCOMPATIBLE')
    t.deepEqual(short(actions), ['journal back', 'source abort', 'flip nf.1 9'])
    t.is(play(at(step), says('STALE_EPOCH'))[0].step, step)
    t.is(play(at(step), says('NOT_FOUND'))[0].step, step)
  }
})

test('back waits for the source and the flip, and leaves the target until nothing is steered to it', (t) => {
  const refused = {
    type: 'refused',
    code: 'INTERNAL',
    message: '',
    hint: '',
    findings: [],
  } as const
  const [back, actions] = play(at('drain'), { on: 'target', msg: { ...AT, ...refused } })
  t.deepEqual(short(actions), ['journal back', 'source abort', 'flip nf.1 9'])
  t.deepEqual(short(play(back, flipped(9))[1]), ['source abort', 'target abort'])
  t.is(
    short(play(back, flipped(9), aborted('target'), aborted('source'))[1]).at(-1),
    'finish undone 9',
  )
})

test('takeover: an answer to an abort is none; an unprepared target owns before it gets packets', (t) => {
  const [undo] = play(at('hold'), { on: 'abort', reason: '' })
  const [takeover, actions] = play(undo, died('source'))
  t.deepEqual(short(actions), ['journal takeover', 'target takeover'])
  t.deepEqual(play(takeover, aborted('target'))[1], [])
  const [owns, flip] = play(takeover, released(false))
  t.deepEqual(short(flip), ['flip nf.2 8'])
  t.is(short(play(owns, flipped(8))[1]).at(-1), 'finish takeover 8')
})

test('a source that dies after done has lost nothing', (t) => {
  const [takeover] = play(at('drain'), died('source'))
  t.is(short(play(takeover, released(), flipped(10))[1]).at(-1), 'finish done 10')
})

test('released may overtake the answer of the agent', (t) => {
  t.is(play(at('flip'), released())[0].step, 'forget')
})

test('a successor goes on from each record', (t) => {
  const record = (decision: JournalRecord['decision'], epoch: number): JournalRecord => ({
    spec: SPEC,
    decision,
    outcome: decision === 'finished' ? ('undone' as Outcome) : null,
    epoch,
    failure: null,
  })
  const recover = (r: JournalRecord) => play(FRESH, { on: 'recovered', record: r })
  const expected: readonly (readonly [JournalRecord, Step, string[]])[] = [
    [record('begin', 7), 'undo', ['source abort', 'target abort']],
    [record('flip', 8), 'flip', ['flip nf.2 8']],
    [record('back', 9), 'back', ['source abort', 'flip nf.1 9']],
    [record('takeover', 10), 'takeover', ['target takeover']],
    [record('done', 8), 'forget', ['source forget']],
    [record('finished', 9), 'finished', ['journal finished', 'finish undone 9']],
  ]
  for (const [r, step, actions] of expected) {
    const [state, got] = recover(r)
    t.is(state.step, step)
    t.deepEqual(short(got), actions)
  }
  t.is(play(recover(record('takeover', 10))[0], died('target'))[0].outcome, 'lost')
})

test('a flip forward expects the epoch that the move started at', (t) => {
  const [, actions] = play(at('hold'), held)
  t.like(actions[1], {
    do: 'flip',
    flip: { move: 3, epoch: 8, expect: 7, owner: 'nf.2', fenceTo: 'nf.1', primary: true },
  })
})

test('a target that owns without everything proves no drain', (t) => {
  t.is(play(at('drain'), released(false))[0].step, 'drain')
})

test('a source that does not know the move has nothing to forget', (t) => {
  const refused = { type: 'refused', message: '', hint: '', findings: [] } as const
  const answer = (code: string): ConductorEvent => ({
    on: 'source',
    msg: { ...AT, ...refused, code },
  })
  t.is(play(at('forget'), answer('NOT_FOUND'))[0].outcome, 'done')
  t.is(play(at('forget'), answer('STALE_EPOCH'))[0].step, 'forget')
  t.is(play(at('precopy'), answer('NOT_FOUND'))[0].step, 'undo')
})

test('messages of other moves are ignored', (t) => {
  const state = at('precopy')
  const msg = { move: 2, epoch: 8, type: 'aborted' } as const
  t.deepEqual(play(state, { on: 'source', msg }), [state, []])
  t.deepEqual(play(state, { on: 'target', msg }), [state, []])
})
