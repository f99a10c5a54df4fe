// Coordinator, agent and (fake) replicas as real processes: deployments, upgrades, refusals, deaths.

import test from 'ava'
import { alive, artifactOf, errorOf, Lab, settings, until } from './lab.ts'

test.serial('deploy, handler, logs, upgrade with progress, rollback, undeploy', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  const first = await lab.deploy(client)
  t.is(first.replica, 'nat.1')
  const one = await lab.settled(client)
  t.is(
    await client.request('service.handler', {
      service: 'nat',
      replica: null,
      path: 'c.count',
      value: null,
    }),
    'c.count@nat.1 []',
  )
  const log = { service: 'nat', replica: null, lines: 10 }
  t.regex(JSON.stringify(await client.request('service.logs', log)), /fake replica nat.1 starts/)

  const events: { event: string; step?: string }[] = []
  const done = await lab.upgrade(client, 'v2', events)
  t.is(done.outcome, 'done')
  t.is(done.replica, 'nat.2')
  t.is(done.from, first.version)
  t.is(done.rows_moved, 1_000)
  t.is(done.hold_ms, 0.85)
  t.is(done.held_overflow, 0)
  const steps = events.filter((e) => e.event === 'step').map((e) => e.step)
  t.deepEqual(
    [...new Set(steps)],
    ['prepare', 'precopy', 'hold', 'flip', 'drain', 'forget', 'finished'],
  )
  t.deepEqual(
    done.phases.map((p) => p.step),
    ['prepare', 'precopy', 'hold', 'flip', 'drain', 'forget', 'finished'],
  )
  t.is((await lab.settled(client)).replica, 'nat.2')
  t.false(alive(one.pid))
  const two = { service: 'nat', replica: 'nat.2', lines: 10 }
  const printed = JSON.stringify(await client.request('service.logs', two))
  t.regex(printed, /schemas.*v1.*map.*old.*new.*discard.*gone/)

  t.is((await lab.upgrade(client, 'v2')).outcome, 'unchanged')
  const back = (await client.request('service.rollback', { service: 'nat' })) as {
    version: string
    replica: string
  }
  t.is(back.version, first.version)
  t.is(back.replica, 'nat.3')
  const three = await lab.settled(client)
  // A stored version, by the beginning of its name.
  const { version } = await artifactOf('v2')
  const again = {
    service: 'nat',
    version: version.slice(0, 5),
    artifact: null,
    settings: null,
    map: {},
    discard: [],
  }
  t.is(((await client.request('service.upgrade', again)) as { version: string }).version, version)
  await client.request('service.undeploy', { service: 'nat' })
  t.false(alive(three.pid))
  t.is(await lab.service(client), undefined as never)
})

test.serial('refusals leave nothing behind', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  const client = lab.client()
  t.is((await errorOf(lab.deploy(client))).code, 'UNREACHABLE')
  await lab.agent()
  await lab.agentKnown(client)

  const failing = await errorOf(lab.deploy(client, 'FAIL'))
  t.is(failing.code, 'CONFIG')
  t.is(failing.findings.length, 2)
  t.is(await lab.service(client), undefined as never)
  t.is((await errorOf(lab.deploy(client, 'EXIT'))).code, 'INTERNAL')
  const { version, bytes } = await artifactOf('v1')
  const ports = settings('nat').ports.map((p) => ({ ...p, listen: null, peer: null }))
  const body = { settings: settings('nat', { ports }), version, artifact: bytes }
  t.is((await errorOf(client.request('service.deploy', body))).code, 'DRIVER')
  t.is(await lab.service(client), undefined as never)

  await lab.deploy(client)
  const one = await lab.settled(client)
  t.is((await errorOf(lab.deploy(client))).code, 'CONFLICT')
  for (const config of ['FAIL', 'EXIT']) {
    const error = await errorOf(lab.upgrade(client, config))
    t.is(error.code, config === 'FAIL' ? 'CONFIG' : 'INTERNAL')
    t.is((await lab.settled(client)).pid, one.pid)
  }
  const refused = await errorOf(lab.upgrade(client, 'INCOMPATIBLE'))
  t.is(refused.code, 'INCOMPATIBLE')
  t.is(refused.findings.length, 2)
  t.is((await lab.settled(client)).pid, one.pid)
  const other = { service: 'nat', version, artifact: bytes, map: {}, discard: [] }
  const changed = { ...other, settings: settings('nat', { bucketsLog2: 7, driver: 'xdp' }) }
  const differ = await errorOf(client.request('service.upgrade', changed))
  t.is(differ.code, 'INCOMPATIBLE')
  t.deepEqual(
    differ.findings.map((f) => f.where),
    ['buckets', 'driver'],
  )
  const unknown = { ...other, version: 'abcd', artifact: null, settings: null }
  t.is((await errorOf(client.request('service.upgrade', unknown))).code, 'NOT_FOUND')
  t.is((await errorOf(client.request('service.rollback', { service: 'nat' }))).code, 'NOT_FOUND')
  t.is((await errorOf(client.request('service.undeploy', { service: 'x' }))).code, 'NOT_FOUND')
  const misshapen = await errorOf(client.request('service.undeploy', { service: 7 }))
  t.is(misshapen.code, 'PROTOCOL')
  t.is(misshapen.findings[0]?.where, 'service')
  const damaged = { settings: settings('other'), version, artifact: new Uint8Array(3) }
  t.is((await errorOf(client.request('service.deploy', damaged))).code, 'ARTIFACT')
})

test.serial('one change at a time', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  await lab.deploy(client)
  const slow = lab.upgrade(client, 'SLOW')
  await until(async () => (await lab.service(client)).change !== null)
  const error = await errorOf(lab.upgrade(client, 'v3'))
  t.is(error.code, 'CONFLICT')
  t.regex(error.message, /being upgraded/)
  t.is((await slow).outcome, 'done')
})

test.serial(
  'the death of a replica: alone, as source, as target before and after the flip',
  async (t) => {
    const lab = new Lab(t)
    await lab.coordinator()
    await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    await lab.deploy(client)
    const one = await lab.settled(client)
    process.kill(one.pid, 'SIGKILL')
    await until(() => !alive(one.pid))
    await until(async () => (await lab.service(client)).owner === 'nat.2')
    const two = await lab.settled(client)
    t.is(two.replica, 'nat.2')
    const { events } = await lab.service(client)
    t.true(events.some((e) => e.event === 'restarted_empty'))

    for (const word of ['DIE_prepare', 'DIE_hold']) {
      const error = await errorOf(lab.upgrade(client, word))
      t.is(error.code, 'MOVE_FAILED', word)
      t.is((await lab.settled(client)).pid, two.pid, word)
    }
    // After the flip: flipped back.
    const error = await errorOf(lab.upgrade(client, 'DIE_status'))
    t.is(error.code, 'MOVE_FAILED')
    t.regex(error.message, /drain/)
    t.is((await lab.settled(client)).pid, two.pid)
    t.is((await lab.upgrade(client, 'v2')).outcome, 'done')
    // The source dies as it is asked to start: the target takes over.
    t.is((await lab.upgrade(client, 'DIE_start')).outcome, 'done')
    const taken = await lab.upgrade(client, 'v4')
    t.is(taken.outcome, 'takeover')
    t.is((await lab.settled(client)).replica, taken.replica)
  },
)

test.serial(
  'kill -9 of coordinator or agent: the store is readable, services come back',
  async (t) => {
    const lab = new Lab(t)
    const coordinator = await lab.coordinator()
    const agent = await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    await lab.deploy(client)
    const one = await lab.settled(client)
    coordinator.child.kill('SIGKILL')
    await coordinator.exited
    t.true(alive(one.pid))
    await lab.coordinator()
    await lab.agentKnown(client)
    t.is((await lab.settled(client)).pid, one.pid)
    // The agent is killed: its replicas run on; the next agent ends them and the service is restarted.
    agent.child.kill('SIGKILL')
    await agent.exited
    t.true(alive(one.pid))
    await lab.agent()
    await until(() => !alive(one.pid))
    await until(async () => (await lab.service(client)).owner === 'nat.2')
    const two = await lab.settled(client)
    // Told to stop, an agent takes its replicas along.
    const second = await lab.agent('h', 'agent')
    t.regex(second.output(), /RUNNING.*already runs/)
    t.is((await second.exited).code, 1)
    t.true(alive(two.pid))
  },
)

test.serial('a second coordinator on the store, a second agent of the host: RUNNING', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  const second = await lab.coordinator()
  t.is((await second.exited).code, 1)
  t.regex(second.output(), /already runs on .*process \d+/)
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  const twin = await lab.agent('h', 'agent2')
  t.is((await twin.exited).code, 1)
  t.regex(twin.output(), /RUNNING.*connected already/)
  await lab.deploy(client)
  t.is((await lab.settled(client)).replica, 'nat.1')
})

test.serial('a coordinator with an empty store lets be what runs, until it is told', async (t) => {
  const lab = new Lab(t)
  const first = await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  await lab.deploy(client)
  const one = await lab.settled(client)
  first.child.kill('SIGKILL')
  await first.exited
  const second = await lab.coordinator({}, 'another-store')
  await lab.agentKnown(client)
  await until(() => second.output().includes('unknown_service'))
  t.true(alive(one.pid))
  // Deployed anew, it takes the name, the ports and the buckets over.
  t.is((await lab.deploy(client, 'v2')).replica, 'nat.1')
  const now = await lab.settled(client)
  t.not(now.pid, one.pid)
  t.false(alive(one.pid))
  t.is((await lab.service(client)).epoch, 2)
})

test.serial('undeployed while the agent is away: taken down once it is back', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  const agent = await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  await lab.deploy(client)
  const one = await lab.settled(client)
  agent.child.kill('SIGKILL')
  await agent.exited
  const error = await errorOf(client.request('service.undeploy', { service: 'nat' }))
  t.is(error.code, 'UNREACHABLE')
  t.true(alive(one.pid))
  const again = await lab.agent()
  await until(() => !alive(one.pid))
  await until(async () => (await lab.service(client)) === undefined)
  t.regex(again.output(), /left_over_service/)
})

test.serial(
  'a service whose replicas die again and again is restarted ever more rarely',
  async (t) => {
    const lab = new Lab(t)
    await lab.coordinator()
    await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    await lab.deploy(client)
    for (let n = 1; n <= 4; n++) {
      const { pid, replica } = await lab.settled(client)
      t.is(replica, `nat.${n}`)
      process.kill(pid, 'SIGKILL')
      await until(async () => (await lab.service(client)).owner !== replica)
    }
    await lab.settled(client)
    const { events } = await lab.service(client)
    const at = (event: string) =>
      events.filter((e) => e.event === event).map((e) => Date.parse(e.time))
    const died = at('replica_died')
    const back = at('restarted_empty')
    t.is(died.length, 4)
    // The pauses double: 50, 100, 200, 400 ms.
    t.true(back[3]! - died[3]! >= 400)
  },
)

test.serial('an agent that is gone is named, and shown as away at once', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  const agent = await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  await lab.deploy(client)
  await lab.settled(client)
  agent.child.kill('SIGTERM')
  await agent.exited
  const error = await errorOf(client.request('service.undeploy', { service: 'nat' }))
  t.is(error.code, 'UNREACHABLE')
  t.regex(error.message, /agent of host 'h' is not connected/)
  t.is((await lab.service(client)).state, 'away')
  // The wish is kept: the next agent's hello carries it out.
  await lab.agent('h', 'agent2')
  await until(async () => (await lab.service(client)) === undefined)
  t.pass()
})
