// An agent in this process, asked as the coordinator does: what comes twice, and what comes at its end.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { storeArtifact } from '../../../lib/artifact.ts'
import { realClock } from '../../../lib/clock.ts'
import { REPLICA_STOP_MS } from '../../../lib/limits.ts'
import { silentLog } from '../../../lib/log.ts'
import type { ReplicaInfo } from '../../../lib/wire/messages.ts'
import type { Client, Handler, Server } from '../../../lib/wire/transport.ts'
import { bindServer } from '../../../lib/wire/zeromq.ts'
import { Agent } from '../../../node-agent/agent.ts'
import { RunFiles } from '../../../node-agent/processes.ts'
import type { Steering } from '../../../node-agent/steering/steering.ts'
import { artifactOf, settings, until } from '../coordinator/lab.ts'
import { fakeSteering } from './fake-steering.ts'

interface Asked {
  /** Kinds of notices to the coordinator. */
  readonly told: string[]
  readonly agent: Agent
  readonly files: RunFiles
  readonly version: string
  ask(kind: string, body: unknown): Promise<unknown>
}

async function agentWith(t: ExecutionContext, steering: Steering, spares = 0): Promise<Asked> {
  const files = new RunFiles(mkdtempSync(join(tmpdir(), 'cu-agent-')))
  t.teardown(() => rmSync(files.dir, { recursive: true, force: true }))
  const server: Server = await bindServer(files.endpoint)
  t.teardown(() => server.close())
  const told: string[] = []
  const handlers = new Map<string, Handler>()
  const coordinator: Client = {
    identity: 'agent',
    connected: false,
    refused: 0,
    handle: (kind, handler) => void handlers.set(kind, handler),
    request: async () => null,
    notify: async (kind) => void told.push(kind),
    ready: async () => {},
    close: async () => {},
  }
  const artifact = await artifactOf('v1')
  storeArtifact(files.artifacts, artifact)
  const agent = new Agent({
    host: 'h',
    files,
    server,
    coordinator,
    replicaMain: fileURLToPath(new URL('fake-replica.js', import.meta.url)),
    openSteering: async () => ({ steering, reason: 'fake' }),
    replicaMetrics: false,
    spares,
    onRefused: () => {},
    clock: realClock,
    log: silentLog,
  })
  t.teardown(() => agent.close())
  const context = { peer: '', progress: () => {} }
  const ask = async (kind: string, body: unknown) => await handlers.get(kind)!(body, context)
  return { agent, told, files, version: artifact.version, ask }
}

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('an attachment that is asked for twice at a time is made once', async (t) => {
  const steering = fakeSteering()
  let times = 0
  const { agent, ask } = await agentWith(t, {
    ...steering,
    async attachService(spec) {
      times++
      await realClock.sleep(20)
      await steering.attachService(spec)
    },
  })
  const body = { settings: settings('nat'), epoch: 0 }
  await Promise.all([ask('agent.serviceAttach', body), ask('agent.serviceAttach', body)])
  t.is(times, 1)
  t.is(agent.services.length, 1)
})

test('a replica that is being started when the agent ends is not left behind', async (t) => {
  const steering = fakeSteering()
  const reached = gate()
  const goOn = gate()
  const { agent, ask, files, version } = await agentWith(t, {
    ...steering,
    async attachReplica(service, number) {
      const spec = await steering.attachReplica(service, number)
      reached.open()
      await goOn.opened
      return spec
    },
  })
  await ask('agent.serviceAttach', { settings: settings('nat'), epoch: 0 })
  const start = { replica: 'nat.1', service: 'nat', version, buckets: 'all' }
  const started = t.throwsAsync(ask('agent.replicaStart', start), { message: /is ending/ })
  await reached.opened
  const closed = agent.close()
  goOn.open()
  await started
  await closed
  t.deepEqual(readdirSync(join(files.dir, 'replicas')), [])
  t.deepEqual(agent.replicas, [])
})

test('a replica that has died is not shown as ready, however long its ports stay', async (t) => {
  const steering = fakeSteering()
  const goOn = gate()
  const { agent, ask, told, version } = await agentWith(t, {
    ...steering,
    async detachReplica(service, number) {
      await goOn.opened
      await steering.detachReplica(service, number)
    },
  })
  t.teardown(goOn.open)
  await ask('agent.serviceAttach', { settings: settings('nat'), epoch: 0 })
  const start = { replica: 'nat.1', service: 'nat', version, buckets: 'all' }
  const { pid } = (await ask('agent.replicaStart', start)) as { pid: number }
  process.kill(pid, 'SIGKILL')
  await until(() => told.includes('agent.exit'))
  t.deepEqual(
    agent.replicas.map((r) => r.state),
    ['failed'],
  )
  // And stopping it does not wait for an answer of the dead.
  const since = realClock.now()
  const stopped = ask('agent.replicaStop', { replica: 'nat.1' })
  goOn.open()
  await stopped
  t.true(realClock.now() - since < REPLICA_STOP_MS)
  t.deepEqual(agent.replicas, [])
})

test('no flip to a replica that is dead, even before its exit was heard of', async (t) => {
  const { ask, version } = await agentWith(t, fakeSteering())
  await ask('agent.serviceAttach', { settings: settings('nat'), epoch: 0 })
  const start = { service: 'nat', version, buckets: 'none' }
  await ask('agent.replicaStart', { ...start, replica: 'nat.1' })
  const { pid } = (await ask('agent.replicaStart', { ...start, replica: 'nat.2' })) as {
    pid: number
  }
  const flip = {
    move: 1,
    epoch: 1,
    expect: 0,
    buckets: [[0, 64]],
    primary: true,
    owner: 'nat.2',
    fenceTo: 'nat.1',
  }
  process.kill(pid, 'SIGKILL')
  // Dead in an instant; this thread does not turn to its events meanwhile.
  while (/\) [^ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  const answer = await ask('agent.flip', { service: 'nat', flip })
  t.like(answer, { result: 'failed', installed: 0, message: 'nat.2 has died' })
})

test('a spare is no replica until it becomes the next one; another takes its place', async (t) => {
  const { agent, ask, files, version } = await agentWith(t, fakeSteering(), 1)
  const spareLogs = () =>
    readdirSync(join(files.dir, 'logs')).filter((name) => name.startsWith('.spare-'))
  await ask('agent.serviceAttach', { settings: settings('nat'), epoch: 0 })
  await until(() => spareLogs().length === 1)
  t.deepEqual(agent.replicas, [])
  t.deepEqual(readdirSync(join(files.dir, 'replicas')), [])
  const start = { replica: 'nat.1', service: 'nat', version, buckets: 'all' }
  const info = (await ask('agent.replicaStart', start)) as ReplicaInfo
  t.true(info.start?.spare)
  t.true(info.readyMs > 0)
  t.deepEqual(spareLogs(), [])
  t.deepEqual(
    agent.replicas.map((r) => r.replica),
    ['nat.1'],
  )
  // The next one comes before the next spare.
  const second = (await ask('agent.replicaStart', { ...start, replica: 'nat.2' })) as ReplicaInfo
  t.false(second.start?.spare)
  await until(() => spareLogs().length === 1)
  await agent.close()
  t.deepEqual(spareLogs(), [])
})

test('a replica whose artifact does not come leaves no interfaces and no process', async (t) => {
  const steering = fakeSteering()
  const detached: number[] = []
  const { agent, ask, files } = await agentWith(t, {
    ...steering,
    async detachReplica(service, number) {
      detached.push(number)
      await steering.detachReplica(service, number)
    },
  })
  await ask('agent.serviceAttach', { settings: settings('nat'), epoch: 0 })
  const start = { replica: 'nat.1', service: 'nat', version: '0123456789ab', buckets: 'all' }
  await t.throwsAsync(ask('agent.replicaStart', start), { message: /sent no artifact/ })
  t.deepEqual(detached, [1])
  t.deepEqual(agent.replicas, [])
  t.deepEqual(readdirSync(join(files.dir, 'replicas')), [])
})
