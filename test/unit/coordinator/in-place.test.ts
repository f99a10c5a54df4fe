// Upgrades in place as the coordinator sees them, with real processes and a replica without packets:
// what is written down when, and what a successor makes of it.

import test from 'ava'
import type { ClickUpError } from '../../../lib/errors.ts'
import { REQUEST_TIMEOUT_MS } from '../../../lib/limits.ts'
import type { Client } from '../../../lib/wire/transport.ts'
import { Lab, until } from './lab.ts'

const inPlace = (lab: Lab, client: Client, config: string) =>
  lab.upgrade(client, config, [], REQUEST_TIMEOUT_MS, true)

test('the same replica runs the new version; rollback goes back, in place or by a replica', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  const { replica, version: v1 } = await lab.deploy(client)
  const done = await inPlace(lab, client, 'v2')
  t.is(done.replica, replica)
  t.is(done.in_place?.pause_us, 300)
  t.deepEqual([done.rows_moved, done.packets_moved], [1_000, 4])
  const after = await lab.service(client)
  t.deepEqual([after.version, after.previous, after.owner], [done.version, v1, replica])
  t.deepEqual(
    after.replicas.map((r) => r.version),
    [done.version],
  )
  t.is(after.change, null)
  const back = { service: 'nat', inPlace: true }
  const again = (await client.request('service.rollback', back)) as typeof done
  t.is(again.version, v1)
  t.is(again.replica, replica)
  const moved = (await client.request('service.rollback', { service: 'nat' })) as typeof done
  t.is(moved.version, done.version)
  t.not(moved.replica, replica)
  t.is(moved.in_place, undefined)
})

test('a version that is refused changes nothing', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  const { replica, version } = await lab.deploy(client)
  const error = await t.throwsAsync<ClickUpError>(inPlace(lab, client, 'NO_PLACE'))
  t.is(error?.code, 'INCOMPATIBLE')
  t.is(error?.findings.length, 1)
  const after = await lab.service(client)
  t.deepEqual([after.version, after.owner, after.change], [version, replica, null])
  t.is((await inPlace(lab, client, 'v2')).replica, replica)
})

test('a replica that dies of it is started anew, with the version that ran', async (t) => {
  const lab = new Lab(t)
  await lab.coordinator()
  await lab.agent()
  const client = lab.client()
  await lab.agentKnown(client)
  const { replica, version } = await lab.deploy(client)
  await t.throwsAsync(inPlace(lab, client, 'DIE_place'))
  const now = await lab.settled(client)
  t.is(now.version, version)
  t.not(now.replica, replica)
})

for (const [name, times] of [
  ['in_place.coordinator.journalled', 1],
  ['in_place.coordinator.answered', 1],
] as const)
  test(`a coordinator that dies at ${name}: its successor finishes it`, async (t) => {
    const lab = new Lab(t)
    const first = await lab.coordinator({ CLICK_UP_FAILPOINTS: `${name}=crash` })
    const agent = await lab.agent()
    const client = lab.client()
    await lab.agentKnown(client)
    const { replica, version: v1 } = await lab.deploy(client)
    const asked = inPlace(lab, client, 'v2')
    asked.catch(() => {})
    t.is((await first.exited).signal, 'SIGKILL')
    await lab.coordinator()
    await until(async () => {
      const now = await lab.service(client).catch(() => undefined)
      return now?.change === null && now.state === 'running' && now.version !== v1
    })
    const now = await lab.service(client)
    t.deepEqual([now.owner, now.previous], [replica, v1])
    t.deepEqual(
      now.replicas.map((r) => [r.replica, r.version]),
      [[replica, now.version ?? '']],
    )
    t.false(agent.output().includes(`upgraded in place ${times + 1} times`))
  })
