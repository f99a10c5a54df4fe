// Namespaces, poll and eventfd of the addon, and how its errors look.

import { readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import {
  type NativeError,
  native,
  nativeFile,
  POLLIN,
  systemError,
} from '../../../dataplane/native/native.ts'
import { Lab, rootSkip } from '../../lab/netns.ts'

const n = native()
const lack = rootSkip()
const rootTest = lack === null ? test : test.skip
const note = lack === null ? '' : ` (skipped: needs ${lack})`
const netnsOf = (): string => readlinkSync('/proc/thread-self/ns/net')

test('poll sleeps for fractions of a millisecond, and ends for an eventfd', (t) => {
  const fd = n.eventfdOpen()
  const pollfds = new Int32Array([fd, POLLIN])
  t.is(n.poll(pollfds, 1, 0.2), 0)
  n.eventfdWrite(fd)
  n.eventfdWrite(fd)
  t.is(n.poll(pollfds, 1, -1), 1)
  t.is(pollfds[1]! >>> 16, POLLIN)
  n.eventfdDrain(fd)
  n.eventfdDrain(fd)
  t.is(n.poll(pollfds, 1, 0), 0)
  n.closeFd(fd)
})

test('errors name call, errno and place', (t) => {
  const error = t.throws(() => n.interfaceInfo('nosuch0')) as NativeError
  t.is(error.code, 'ENODEV')
  t.is(error.errno, 19)
  t.is(error.where, 'nosuch0')
  t.regex(error.syscall, /ioctl/)
  t.regex(error.message, /ioctl\(SIOCGIFINDEX\) nosuch0: No such device/)
  t.like(systemError(error), { code: 'INTERFACE' })
  t.throws(() => n.interfaceInfo('a-name-that-is-too-long'), { code: 'ENODEV' })
  t.throws(() => n.poll(new Int32Array(2), 2, 0), { code: 'EINVAL' })
  t.throws(() => (n.poll as unknown as () => void)(), { instanceOf: TypeError })
  t.throws(() => n.inNetns('/nosuch', () => 0), { code: 'ENOENT' })
  const plain = new Error('other')
  t.is(systemError(plain), plain)
})

test('offsets outside of the memory are refused', (t) => {
  const mem = new Uint8Array(100)
  for (const slot of [
    [90, 20, 0],
    [-5, 10, 0],
    [50, -1, 0],
  ])
    t.throws(() => n.packetSend(-1, mem, new Int32Array(slot), 0, 1), { code: 'EINVAL' })
  t.throws(() => n.packetSend(-1, mem, new Int32Array(3), 1, 1), { code: 'EINVAL' })
})

rootTest(`inNetns goes there and comes back, also from an exception${note}`, async (t) => {
  const lab = await Lab.create('sys')
  try {
    const { path } = await lab.netns('a')
    await lab.netns('b')
    const pair = { netns: 'a', name: 'eth0', mac: '02:00:00:00:00:11', mtu: 1400 }
    await lab.veth(pair, { netns: 'b', name: 'eth0' })
    const home = netnsOf()
    t.not(n.inNetns(path, netnsOf), home)
    t.is(netnsOf(), home)
    t.deepEqual(
      n.inNetns(path, () => n.interfaceInfo('eth0')),
      { ...n.inNetns(path, () => n.interfaceInfo('eth0')), mtu: 1400, up: true },
    )
    const { mac } = n.inNetns(path, () => n.interfaceInfo('eth0'))
    t.deepEqual([...mac], [2, 0, 0, 0, 0, 0x11])
    const thrown = t.throws(() =>
      n.inNetns(path, () => {
        throw new Error('inside')
      }),
    )
    t.is(thrown?.message, 'inside')
    t.is(netnsOf(), home)
  } finally {
    await lab.close()
  }
})

rootTest(`several threads load the addon, each in its own namespace${note}`, async (t) => {
  const lab = await Lab.create('thr')
  try {
    const { path } = await lab.netns('a')
    const home = netnsOf()
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      const { readlinkSync } = require('node:fs')
      const native = require(workerData.addon)
      const netns = () => readlinkSync('/proc/thread-self/ns/net')
      parentPort.postMessage([netns(), native.inNetns(workerData.path, netns), netns()])`
    const workerData = { addon: nativeFile('clickup.node'), path }
    const results = await Promise.all(
      [0, 1, 2].map(
        () =>
          new Promise<string[]>((resolve, reject) => {
            const worker = new Worker(code, { eval: true, workerData })
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    for (const [before, inside, after] of results) {
      t.is(before, home)
      t.not(inside, home)
      t.is(after, home)
    }
  } finally {
    await lab.close()
  }
})
