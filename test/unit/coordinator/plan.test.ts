// The plan: what is done next for each situation of a service; and that it always comes to an end.

import test from 'ava'
import fc from 'fast-check'
import type { Now, PlanAction } from '../../../coordinator/plan.ts'
import { plan } from '../../../coordinator/plan.ts'
import type { ServiceRecord } from '../../../coordinator/store.ts'
import type { ServiceInfo } from '../../../lib/wire/messages.ts'
import { settings } from './lab.ts'

const BASE: ServiceRecord = {
  settings: settings('nat'),
  host: 'h',
  wanted: 'v1',
  previous: null,
  versions: ['v1'],
  owner: { replica: 'nat.1', version: 'v1' },
  epoch: 3,
  nextReplica: 2,
  change: null,
}
const attached = (owner: string, epoch = 3): ServiceInfo => ({
  service: 'nat',
  driver: 'udp',
  reason: '',
  epoch,
  owners: [{ from: 0, to: 64, owner }],
  primary: owner,
  fault: null,
})
const replica = (n: number, state = 'ready') => ({ replica: `nat.${n}`, version: 'v1', state })
const words = (actions: readonly PlanAction[]) =>
  actions.map((a) => ('replica' in a ? `${a.do} ${a.replica}` : a.do))

const CASES: [string, Partial<ServiceRecord>, Now, string[]][] = [
  ['nothing there', { owner: null }, { attached: null, replicas: [] }, ['attach']],
  ['attached, no replica', { owner: null }, { attached: attached(''), replicas: [] }, ['start']],
  ['started, owns nothing', {}, { attached: attached(''), replicas: [replica(1)] }, ['own nat.1']],
  ['as wanted', {}, { attached: attached('nat.1'), replicas: [replica(1)] }, []],
  [
    'another epoch in force',
    {},
    { attached: attached('nat.1', 2), replicas: [replica(1)] },
    ['own nat.1'],
  ],
  [
    'a replica too many',
    {},
    { attached: attached('nat.1'), replicas: [replica(1), replica(2)] },
    ['stop nat.2'],
  ],
  ['the owner is dead', {}, { attached: attached('nat.1'), replicas: [] }, ['start']],
  [
    'the owner has failed',
    {},
    { attached: attached('nat.1'), replicas: [replica(1, 'failed')] },
    ['stop nat.1', 'start'],
  ],
  ['the agent came back empty', {}, { attached: null, replicas: [] }, ['attach']],
  [
    'a change is under way',
    { change: { version: 'v2', target: 'nat.2', move: 1, map: {}, discard: [] } },
    { attached: attached('nat.1'), replicas: [replica(1), replica(2)] },
    [],
  ],
  [
    'to be taken down',
    { wanted: null },
    { attached: attached('nat.1'), replicas: [replica(1)] },
    ['stop nat.1', 'detach', 'forget'],
  ],
  ['taken down', { wanted: null }, { attached: null, replicas: [] }, ['forget']],
]
for (const [name, record, now, expected] of CASES) {
  test(`plan: ${name}`, (t) => {
    t.deepEqual(words(plan({ ...BASE, ...record }, now)), expected)
  })
}

/** The world after an action, as the agent would report it. */
function after(record: ServiceRecord, now: Now, action: PlanAction): [ServiceRecord, Now] {
  const { attached: service, replicas } = now
  switch (action.do) {
    case 'attach':
      return [record, { attached: attached('', 0), replicas }]
    case 'detach':
      return [record, { attached: null, replicas }]
    case 'forget':
      return [record, now]
    case 'stop':
      return [record, { ...now, replicas: replicas.filter((r) => r.replica !== action.replica) }]
    case 'own': {
      const epoch = record.epoch + 1
      return [
        { ...record, epoch },
        { attached: attached(action.replica, epoch), replicas },
      ]
    }
    case 'start': {
      const n = record.nextReplica
      const owner = { replica: `nat.${n}`, version: action.version }
      const next = { ...record, owner, nextReplica: n + 1 }
      return [next, { attached: service, replicas: [...replicas, replica(n)] }]
    }
  }
}

test('from any situation the plan comes to its end within ten rounds', (t) => {
  const situation = fc.record({
    wanted: fc.constantFrom('v1', null),
    owner: fc.constantFrom(null, 1, 2, 3),
    attached: fc.constantFrom(null, '', 'nat.1', 'nat.2', 'nat.9'),
    epoch: fc.integer({ min: 0, max: 5 }),
    replicas: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    states: fc.array(fc.constantFrom('ready', 'failed', 'starting', 'stopping'), {
      minLength: 4,
      maxLength: 4,
    }),
  })
  fc.assert(
    fc.property(situation, (s) => {
      const owner = s.owner === null ? null : { replica: `nat.${s.owner}`, version: 'v1' }
      let record: ServiceRecord = { ...BASE, wanted: s.wanted, owner, nextReplica: 5 }
      let now: Now = {
        attached: s.attached === null ? null : attached(s.attached, s.epoch),
        replicas: s.replicas.map((n, i) => replica(n, s.states[i]!)),
      }
      for (let round = 0; round < 10; round++) {
        const actions = plan(record, now)
        if (actions.length === 0 || actions.at(-1)?.do === 'forget') return true
        for (const action of actions) [record, now] = after(record, now, action)
      }
      return false
    }),
  )
  t.pass()
})
