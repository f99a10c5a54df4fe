// The lab itself: namespaces and veth pairs come, carry packets, and go without a trace.

import { existsSync, readdirSync } from 'node:fs'
import test from 'ava'
import { Lab, rootSkip } from '../../lab/netns.ts'

const missing = rootSkip()
const rootTest = missing === null ? test : test.skip
const skipped = missing === null ? '' : ` (skipped: needs ${missing})`

rootTest(`a pair carries packets, and close removes everything${skipped}`, async (t) => {
  const lab = await Lab.create('self')
  try {
    const a = await lab.netns('a')
    await lab.netns('b')
    await lab.veth(
      { netns: 'a', name: 'eth0', addr: '10.0.0.1/24', mac: '02:00:00:00:00:01' },
      { netns: 'b', name: 'eth0', addr: '10.0.0.2/24', mtu: 1400 },
    )
    const { a: here } = await lab.veth({ name: 'h0' }, { netns: 'a', name: 'eth1' })
    t.true(existsSync(a.path))
    t.true(existsSync(`/sys/class/net/${here}`))
    const ping = await lab.exec('a', 'ping', ['-c1', '-W2', '10.0.0.2'])
    t.regex(ping.stdout, /1 received/)
    const link = await lab.exec('b', 'ip', ['link', 'show', 'eth0'])
    t.regex(link.stdout, /mtu 1400/)
    const sleeper = lab.spawn('b', 'sleep', ['60'])
    await lab.close()
    t.is(sleeper.signalCode, 'SIGKILL')
    t.false(existsSync(a.path))
    t.false(existsSync(`/sys/class/net/${here}`))
    t.deepEqual(
      readdirSync('/var/run/netns').filter((n) => n.startsWith(`cut-${process.pid}-self`)),
      [],
    )
  } finally {
    await lab.close()
  }
})
