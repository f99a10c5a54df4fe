// Which driver is chosen, and what openDriver and the ring sizes refuse.

import { spawnSync } from 'node:child_process'
import test from 'ava'
import { chooseDriver, openDriver, packetLacks, xdpLacks } from '../../../dataplane/io/open.ts'
import { ringSizeFor } from '../../../dataplane/io/xdp.ts'
import { XSK_RING_SIZE } from '../../../lib/limits.ts'

test('the best driver that works is chosen, and the others have a reason', (t) => {
  const choice = chooseDriver()
  const lacks = { xdp: xdpLacks(), packet: packetLacks(), udp: null }
  const order = ['xdp', 'packet', 'udp'] as const
  t.is(choice.driver, order.find((driver) => lacks[driver] === null)!)
  t.deepEqual(
    choice.refused,
    order
      .slice(0, order.indexOf(choice.driver))
      .map((driver) => ({ driver, reason: lacks[driver]! })),
  )
  t.not(choice.reason, '')
})

const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? test : test.skip
asRoot(`without root it is udp${isRoot ? '' : ' (skipped: needs root)'}`, (t) => {
  const url = new URL('../../../dataplane/io/open.js', import.meta.url)
  const code = `
    const { chooseDriver } = await import(${JSON.stringify(url.href)})
    process.setuid(65534)
    console.log(JSON.stringify(chooseDriver()))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code])
  t.is(child.stderr.toString(), '')
  t.deepEqual(JSON.parse(child.stdout.toString()), {
    driver: 'udp',
    reason: 'needs no privilege',
    refused: [
      { driver: 'xdp', reason: 'needs root' },
      { driver: 'packet', reason: 'needs root' },
    ],
  })
})

test('a driver of another name, and a port without its addresses, are refused', (t) => {
  const spec = { netns: null, frames: 64, ports: [{ name: 'inside' }] }
  t.throws(() => openDriver({ ...spec, driver: 'dpdk' as 'udp' }), { code: 'DRIVER' })
  t.throws(() => openDriver({ ...spec, driver: 'udp' }), { code: 'DRIVER', message: /inside/ })
})

test('rings of all ports take at most half of the frames', (t) => {
  t.is(ringSizeFor(8 * XSK_RING_SIZE, 2), XSK_RING_SIZE)
  t.is(ringSizeFor(1_000_000, 2), XSK_RING_SIZE)
  for (const frames of [512, 1000, 4096, 16_384])
    for (const ports of [1, 2, 3, 8]) {
      const size = ringSizeFor(frames, ports)
      t.true(size * 2 * ports <= frames / 2 || size === 1)
      t.is(size & (size - 1), 0)
    }
})
