// The demo's network, in namespaces of its own (the machine's interfaces are not touched):
//
//   client eth0 ══ inside0 [ host: node-agent, replicas ] outside0 ══ eth0 server
//   10.77.1.2                    NAT: 10.77.1.1 | 10.77.2.1                10.77.2.2

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Lab } from '../test/lab/netns.ts'
import type { StartOnHost } from './cluster.ts'

export const SERVER_ADDRESS = '10.77.2.2'

export class NatLab {
  readonly lab: Lab

  private constructor(lab: Lab) {
    this.lab = lab
  }

  static async create(name: string): Promise<NatLab> {
    const lab = await Lab.create(name)
    for (const ns of ['client', 'host', 'server']) await lab.netns(ns)
    await lab.veth(
      { netns: 'client', name: 'eth0', mac: '02:00:00:77:01:02', addr: '10.77.1.2/24' },
      { netns: 'host', name: 'inside0' },
    )
    await lab.veth(
      { netns: 'server', name: 'eth0', mac: '02:00:00:77:02:02', addr: `${SERVER_ADDRESS}/24` },
      { netns: 'host', name: 'outside0' },
    )
    await lab.exec('client', 'ip', ['route', 'add', 'default', 'via', '10.77.1.1'])
    // A veth takes redirected frames only when its peer receives through NAPI, which GRO turns on.
    for (const ns of ['client', 'server'])
      await lab.exec(ns, 'ethtool', ['-K', 'eth0', 'gro', 'on'])
    return new NatLab(lab)
  }

  /** Starts a program in the host's network namespace, its mounts those of the machine. */
  get startOnHost(): StartOnHost {
    return (command, args, options) =>
      spawn(
        'nsenter',
        [`--net=${this.lab.namespace('host').path}`, command, ...args],
        options ?? {},
      )
  }

  /** Starts one of the traffic programs at an end. */
  startTraffic = (side: 'client' | 'server', script: string, args: string[]): ChildProcess => {
    const path = fileURLToPath(new URL(`./traffic/${script}`, import.meta.url))
    return this.lab.spawn(side, process.execPath, [path, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  }

  async close(): Promise<void> {
    await this.lab.close()
  }
}
