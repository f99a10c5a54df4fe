// A replica without packets: speaks the protocol of a dataplane (and both roles of a move) so that
// coordinator, agent and conductor can be tested as real processes. What it does is written in the
// configuration of its version, as words:
//
//   FAIL          says `replica.failed` with two findings, and goes
//   EXIT          goes without a word before it is ready
//   INCOMPATIBLE  refuses to be a move's target
//   DIE_<event>   SIGKILL to itself on that message: DIE_prepare, DIE_start, DIE_hold, DIE_status
//   MUTE_<event>  says nothing to that message: MUTE_hold
//   SLOW          is ready after 300 ms
//   NO_PLACE      as the version of an upgrade in place: refused
//   DIE_place     … SIGKILL to itself on that

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { realClock } from '../../../lib/clock.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { NO_TOTALS } from '../../../lib/move/common.ts'
import type { FromSource, FromTarget, ToSource, ToTarget } from '../../../lib/move/types.ts'
import type { ReplicaHandler, ReplicaMove, ReplicaSpec } from '../../../lib/wire/messages.ts'
import { PROTOCOL_MAJOR } from '../../../lib/wire/messages.ts'
import type { InPlaceReport, ReplicaUpgrade } from '../../../lib/wire/messages-in-place.ts'
import { connectClient } from '../../../lib/wire/zeromq.ts'

process.stdin.setEncoding('utf8')
const [line] = (await once(process.stdin, 'data')) as [string]
const spec = JSON.parse(line) as ReplicaSpec
const { config } = JSON.parse(readFileSync(spec.artifact, 'utf8')) as { config: string }
const { replica } = spec
const says = (word: string) => config.split(/\s+/).includes(word)
console.log(`fake replica ${replica} starts: ${config.trim()}`)

const ready = { replica, schemas: [{ of: config.trim() }], readyMs: 1, metricsPort: null }
let isReady = false
const client = connectClient(spec.agent, replica, {
  onConnect: () => {
    void client.request('replica.hello', {
      replica,
      pid: process.pid,
      host: spec.host,
      protocol: PROTOCOL_MAJOR,
    })
    if (isReady) void client.notify('replica.ready', ready)
  },
})
const written: string[] = []
client.handle('replica.handler', (body) => {
  const { path, value } = body as ReplicaHandler
  if (value === null) return `${path}@${replica} [${written.join(' ')}]`
  written.push(value)
  return ''
})
/** Versions that it was asked to go on as, in order. */
const places: string[] = []
client.handle('replica.upgrade', (body) => {
  const { version, artifact } = body as ReplicaUpgrade
  const next = (JSON.parse(readFileSync(artifact, 'utf8')) as { config: string }).config
  if (next.includes('DIE_place')) process.kill(process.pid, 'SIGKILL')
  if (next.includes('NO_PLACE'))
    throw new ClickUpError('INCOMPATIBLE', 'not in place', 'see --map and --discard', [
      { where: 'rw.flows', message: 'nobody takes it' },
    ])
  if (places.at(-1) !== version) places.push(version)
  console.log(`upgraded in place ${places.length} times`)
  return { version, schemas: [{ of: next.trim() }], report: REPORT }
})
client.handle('replica.stop', () => {
  setImmediate(() => void client.close().then(() => process.exit(0)))
})
client.handle('replica.move', (body) => {
  const { role, msg } = body as ReplicaMove
  if (says(`DIE_${msg.type}`)) process.kill(process.pid, 'SIGKILL')
  if (says(`MUTE_${msg.type}`)) return
  const answers = role === 'source' ? asSource(msg) : asTarget(msg)
  for (const answer of answers) void client.notify('replica.event', { replica, role, msg: answer })
})

const REPORT: InPlaceReport = {
  pause_us: 300,
  slice_us: 200,
  slices: 9,
  compile_ms: 5,
  elements: { stayed: 3, carried: 1, anew: 1 },
  functions: { kept: 7, made: 2 },
  rows_by_reference: 1_000,
  rows_converted: 0,
  deltas: 0,
  packets: 4,
}

const totals = { ...NO_TOTALS, rows: 1_000, deltas: 7, bytes: 64_000, chunks: 3, rounds: 2 }

function asSource(msg: ToSource): FromSource[] {
  const at = { move: msg.move, epoch: msg.epoch }
  switch (msg.type) {
    case 'start':
      return [
        { ...at, type: 'started', totals: { ...totals, rounds: 1 } },
        { ...at, type: 'settled', totals },
      ]
    case 'status':
      return [{ ...at, type: 'settled', totals }]
    case 'abort':
      return [{ ...at, type: 'aborted' }]
    case 'forget':
      return [{ ...at, type: 'forgotten', totals }]
  }
}

let held = false
function asTarget(msg: ToTarget): FromTarget[] {
  const at = { move: msg.move, epoch: msg.epoch }
  const hold = { held: 12, overflow: 0, holdUs: 850 }
  switch (msg.type) {
    case 'prepare': {
      console.log(`transfer ${JSON.stringify(msg.transfer)}`)
      if (!says('INCOMPATIBLE')) return [{ ...at, type: 'prepared', endpoint: spec.stream }]
      const findings = [
        { where: 'rw.map', message: 'no upgrade step from version 1' },
        { where: 'old.map', message: 'nothing takes this state' },
      ]
      const message = 'state cannot be taken'
      return [{ ...at, type: 'refused', code: 'INCOMPATIBLE', message, hint: '', findings }]
    }
    case 'hold':
      held = true
      return [{ ...at, type: 'held' }]
    case 'status':
      return held ? [{ ...at, type: 'released', complete: true, hold }] : []
    case 'abort':
      return [{ ...at, type: 'aborted' }]
    case 'takeover':
      return [{ ...at, type: 'released', complete: false, hold }]
  }
}

if (says('EXIT')) process.exit(3)
if (says('FAIL')) {
  const findings = [
    { where: 'x.click:1', message: 'unknown element class Foo' },
    { where: 'x.click:2', message: 'unknown element class Bar' },
  ]
  const message = 'the configuration has errors'
  await client.request('replica.failed', { replica, code: 'CONFIG', message, hint: '', findings })
  await client.close()
  process.exit(1)
}
if (says('SLOW')) await realClock.sleep(300)
isReady = true
await client.notify('replica.ready', ready)
process.on('SIGTERM', () => process.exit(0))
