// What an agent makes on a host goes with it: at once when it is asked to end, and with the next
// agent when it was killed. Compared is everything that can be seen: namespaces, interfaces with
// their flags, XDP programs and features, processes, files.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type Stage, XdpStage } from '../../demo/stage.ts'
import { driverText, makeStage, natStatus, sleep, until } from './stage.ts'

interface Traces {
  /** Namespaces of replicas of agents in the stage's host. */
  readonly namespaces: readonly string[]
  /** Interface → flags, XDP program, features. */
  readonly interfaces: Readonly<Record<string, unknown>>
  /** Of the agent's directory: what names a replica or a service that runs. */
  readonly files: readonly string[]
}

interface IpLink {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly xdp?: { readonly mode: number }
}

/** Follows the other end of a link, a little later. */
const CARRIER = ['NO-CARRIER', 'LOWER_UP']

async function traces(stage: Stage): Promise<Traces> {
  const files = ['replicas', 'services', 'streams'].flatMap((sub) => {
    try {
      return readdirSync(join(stage.cluster.dir, 'agent', sub)).map((name) => `${sub}/${name}`)
    } catch {
      return [] // no agent was started yet
    }
  })
  if (!(stage instanceof XdpStage)) return { namespaces: [], interfaces: {}, files }
  const { lab } = stage.lab
  const own = `cun${statSync(lab.namespace('host').path).ino.toString(36)}-`
  const namespaces = readdirSync('/var/run/netns').filter((name) => name.startsWith(own))
  const { stdout } = await lab.exec('host', 'ip', ['-j', 'link'])
  const interfaces: Record<string, unknown> = {}
  for (const { ifname, flags, xdp } of JSON.parse(stdout) as IpLink[]) {
    const features = (await lab.exec('host', 'ethtool', ['-k', ifname])).stdout.split('\n')
    const set = flags.filter((flag) => !CARRIER.includes(flag)).sort()
    interfaces[ifname] = { flags: set, xdp: xdp?.mode ?? null, features }
  }
  return { namespaces, interfaces, files }
}

/** One that is dead and not reaped yet is not alive: its parent, the agent, may be dead too. */
function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Ends a process of the cluster and waits for it. */
async function end(stage: Stage, role: 'coordinator' | 'agent', signal: NodeJS.Signals) {
  const child = stage.cluster.process(role)
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill(signal)
  return await exited
}

/** Deploys the NAT; resolves to its replica's process. */
async function deployed(stage: Stage): Promise<number> {
  await stage.cluster.run(['deploy', stage.serviceFile('v1')])
  const { replicas } = await until(stage, (s) => s.state === 'running')
  return replicas[0]!.pid
}

test.serial(`an agent that is asked to end leaves nothing (driver ${driverText})`, async (t) => {
  const stage = await makeStage()
  try {
    const before = await traces(stage)
    await stage.start()
    const pid = await deployed(stage)
    t.notDeepEqual(await traces(stage), before, 'the traces show a service')
    t.true(alive(pid))
    t.is(await end(stage, 'agent', 'SIGTERM'), 0)
    t.false(alive(pid))
    t.deepEqual(await traces(stage), before)
  } finally {
    await stage.close()
  }
})

test.serial(`what a killed agent left goes with the next one (driver ${driverText})`, async (t) => {
  const stage = await makeStage()
  try {
    const before = await traces(stage)
    await stage.start()
    const pid = await deployed(stage)
    await end(stage, 'coordinator', 'SIGTERM')
    const running = await traces(stage)
    await end(stage, 'agent', 'SIGKILL')
    await sleep(200)
    t.true(alive(pid), 'the replica forwards on')
    const left = await traces(stage)
    t.deepEqual(left, running)
    await stage.cluster.start('agent')
    t.false(alive(pid))
    t.deepEqual(await traces(stage), before, 'without being told by a coordinator')

    // The service is still wanted. Once it is not, nothing of it is left either.
    await stage.cluster.start('coordinator')
    await until(stage, (s) => s.state === 'running' && s.replicas.length === 1)
    t.is((await stage.cluster.run(['undeploy', 'nat'])).code, 0)
    t.is(await natStatus(stage), null)
    t.deepEqual(await traces(stage), before)
  } catch (error) {
    t.log(stage.cluster.log('agent'))
    throw error
  } finally {
    await stage.close()
  }
})
