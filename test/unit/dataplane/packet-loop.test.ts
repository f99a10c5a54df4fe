// The packet loop's thread from outside: how it ends, asked to or by itself.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  PacketLoop,
  type PacketLoopEvents,
  PacketWorker,
  startWorker,
} from '../../../dataplane/packet-loop.ts'
import { storeArtifact } from '../../../lib/artifact.ts'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import type { ClickUpError } from '../../../lib/errors.ts'
import { freePorts } from '../../../lib/free-ports.ts'

async function start(t: ExecutionContext, config: string) {
  const dir = mkdtempSync(join(tmpdir(), 'cu-loop-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const artifact = await buildArtifact({ config, configName: 'x.click', elements: null })
  const [listen, peer] = await freePorts(2)
  let onExit: (error: ClickUpError | null) => void = () => {}
  const exited = new Promise<ClickUpError | null>((resolve) => {
    onExit = resolve
  })
  const none = () => {}
  const events: PacketLoopEvents = {
    onSource: none,
    onSourceFailed: none,
    onTarget: none,
    onPrint: none,
    onPortFault: none,
    onExit: (error) => onExit(error),
  }
  const setup = {
    replica: 'x.1',
    artifact: storeArtifact(dir, artifact),
    driverSpec: {
      driver: 'udp' as const,
      netns: null,
      frames: 1024,
      ports: [{ name: 'inside', listen: listen!, peer: peer! }],
    },
    bucketsLog2: 4,
    steerKeys: ['flow'],
    owner: true,
    seed: 1,
  }
  const worker = new PacketWorker(startWorker())
  worker.build(setup)
  return { loop: new PacketLoop(worker, events), exited }
}

test('a loop that is stopped ends without an error, and may be stopped again', async (t) => {
  const { loop, exited } = await start(t, 'FromDevice(inside) -> Discard')
  await loop.ready
  await Promise.all([loop.stop(), loop.stop()])
  t.is(await exited, null)
  await loop.stop()
  loop.send({ type: 'activate' })
})

test('a loop that ends by itself says so, and stopping it does not wait for ever', async (t) => {
  const config = 'FromDevice(inside) -> Discard; Script(wait 0.05, stop)'
  const { loop, exited } = await start(t, config)
  await loop.ready
  loop.send({ type: 'activate' })
  const error = await exited
  t.is(error?.code, 'INTERNAL')
  t.regex(error!.message, /ended by itself/)
  await loop.stop()
})

test('a configuration with errors is the reason of the end', async (t) => {
  const { loop, exited } = await start(t, 'FromDevice(inside) -> Nonesuch -> Discard')
  await t.throwsAsync(loop.ready, { code: 'CONFIG' })
  const error = await exited
  t.is(error?.findings.length, 1)
  await loop.stop()
})
