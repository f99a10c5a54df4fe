// Wrong input and wrong surroundings: a clear error, a non-zero exit, nothing half-applied.

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Stage, XdpStage } from '../../demo/stage.ts'
import { driver, driverText, makeStage, natStatus, sleep } from './stage.ts'

const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

async function withStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await makeStage()
  try {
    await stage.start()
    await run(stage)
  } finally {
    await stage.close()
  }
}

/** The example's service file of version 2, changed. */
function changed(stage: Stage, change: (text: string) => string): string {
  const path = join(stage.cluster.dir, 'changed', 'nat.yaml')
  mkdirSync(join(path, '..'), { recursive: true })
  const base = stage.serviceFile('v2')
  const absolute = (text: string) =>
    text.replaceAll(
      /^(config): *(?!\/)(\S+)/gm,
      (_, key, file) => `${key}: ${join(base, '..', file)}`,
    )
  writeFileSync(path, change(absolute(readFileSync(base, 'utf8'))))
  return path
}

async function refused(
  t: ExecutionContext,
  stage: Stage,
  args: string[],
  expected: { code: string; text: RegExp },
): Promise<void> {
  const result = await stage.cluster.run(args)
  const last = result.events.at(-1) ?? {}
  t.not(result.code, 0)
  t.is(last.code, expected.code, JSON.stringify(last))
  t.regex(JSON.stringify(last), expected.text)
  t.is(await natStatus(stage), null, 'nothing is half-deployed')
}

/** Starts a second process of a role in the same directory; resolves to how it ended. */
async function second(stage: Stage, role: 'coordinator' | 'agent') {
  const args = [CLI, role, '--dir', stage.cluster.dir, '--json']
  const child = spawn(process.execPath, role === 'agent' ? [...args, '--host', 'h1'] : args)
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    output += data
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { code, output }
}

test.serial(`a service file that does not fit is refused (driver ${driverText})`, async (t) => {
  await withStage(async (stage) => {
    const missing = changed(stage, (text) => text.replace(/^ *outside:.*$/m, ''))
    await refused(t, stage, ['deploy', missing], { code: 'CONFIG', text: /outside/ })
    const typo = changed(stage, (text) => text.replace('key: flow', 'key: flw'))
    await refused(t, stage, ['deploy', typo], { code: 'SERVICE_FILE', text: /flow.*addresses/ })
    if (driver === 'xdp') {
      const nowhere = changed(stage, (text) => text.replace('inside0', 'nowhere0'))
      await refused(t, stage, ['deploy', nowhere], { code: 'INTERFACE', text: /nowhere0/ })
    }
  })
})

test.serial('a second coordinator and a second agent are refused', async (t) => {
  await withStage(async (stage) => {
    for (const role of ['coordinator', 'agent'] as const) {
      const { code, output } = await second(stage, role)
      t.truthy(code, `${role} must fail: ${output}`)
      t.regex(output, /RUNNING/)
    }
    t.is(
      (await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code,
      0,
      'the first goes on',
    )
  })
})

test.serial('what does not exist is said, with a non-zero exit', async (t) => {
  await withStage(async (stage) => {
    for (const args of [
      ['upgrade', 'nat', '--to', stage.serviceFile('v2')],
      ['rollback', 'nat'],
      ['undeploy', 'nat'],
      ['handler', 'nat', 'in.count'],
    ])
      await refused(t, stage, args, { code: 'NOT_FOUND', text: /nat/ })
    t.is((await stage.cluster.run(['deploy', stage.serviceFile('v2')])).code, 0)
    const handler = await stage.cluster.run(['handler', 'nat', 'in.cuont'])
    t.not(handler.code, 0)
    t.regex(JSON.stringify(handler.events), /in\.cuont/)
    const again = await stage.cluster.run(['deploy', stage.serviceFile('v2')])
    t.not(again.code, 0)
    t.is(again.events.at(-1)?.code, 'CONFLICT')
  })
})

const vanishTitle =
  'an interface that vanishes under traffic is reported, and all can be undeployed'
if (driver === 'xdp')
  test.serial(vanishTitle, async (t) => {
    const stage = await XdpStage.create({ connections: 5, flows: 2, packetsPerS: 300 })
    try {
      await stage.start()
      t.is((await stage.cluster.run(['deploy', stage.serviceFile('v1')])).code, 0)
      const traffic = await stage.startTraffic()
      try {
        await sleep(300)
        await stage.lab.lab.exec('host', 'ip', ['link', 'del', 'inside0'])
        await sleep(2_500)
        const { events } = await stage.cluster.run(['status'])
        t.regex(JSON.stringify(events.at(-1)), /inside0/)
        const upgrade = await stage.cluster.run(['upgrade', 'nat', '--to', stage.serviceFile('v2')])
        t.log(JSON.stringify(upgrade.events.at(-1)))
        t.is((await stage.cluster.run(['undeploy', 'nat'])).code, 0)
        t.is(await natStatus(stage), null)
      } finally {
        traffic.stop()
      }
      const { stdout } = await stage.lab.lab.exec('host', 'ip', ['-o', 'link'])
      t.notRegex(stdout, /^\d+: cu/m, 'no veth is left on the host')
    } finally {
      await stage.close()
    }
  })
else test.skip(`skipped: needs root and XDP: ${vanishTitle}`, () => {})
