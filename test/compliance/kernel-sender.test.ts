// The far end is the kernel's own stack, which leaves checksums to a card that is not there.

import test from 'ava'
import { finishChecksum } from '../../dataplane/io/checksum.ts'
import { openDriver, packetLacks } from '../../dataplane/io/open.ts'
import { Lab, rootSkip } from '../lab/netns.ts'
import { receive } from './driver.ts'

/** Sum of a UDP datagram over IPv4 with its pseudo header: 0xffff where the checksum is right. */
function udpSum(mem: Uint8Array, ip: number): number {
  const word = (at: number): number => (mem[at]! << 8) | mem[at + 1]!
  const start = ip + ((mem[ip]! & 15) << 2)
  const length = word(start + 4)
  let sum = 17 + length
  for (let at = ip + 12; at < ip + 20; at += 2) sum += word(at)
  for (let i = 0; i + 1 < length; i += 2) sum += word(start + i)
  if (length % 2 === 1) sum += mem[start + length - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

const lacks = rootSkip() ?? packetLacks()
const title = 'packet: checksums that the kernel has left to the card are finished'
if (lacks !== null) test.skip(`${title} (skipped: needs ${lacks})`, () => {})
else
  test.serial(title, async (t) => {
    const lab = await Lab.create('csum')
    try {
      await lab.netns('stack')
      const { path } = await lab.netns('driver')
      const stack = { netns: 'stack', name: 'eth0', addr: '10.0.0.1/24' }
      await lab.veth(stack, { netns: 'driver', name: 'eth0' })
      await lab.exec('stack', 'ethtool', ['-K', 'eth0', 'tx', 'on'])
      const to = ['neigh', 'add', '10.0.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'eth0']
      await lab.exec('stack', 'ip', to)
      const ports = [{ name: 'in', interface: 'eth0' }]
      const driver = openDriver({ driver: 'packet', netns: path, frames: 256, ports })
      const code = `
        const s = require('node:dgram').createSocket('udp4')
        let left = 20
        for (let n = 0; n < 20; n++)
          s.send(Buffer.alloc(100 + n, n), 9, '10.0.0.2', () => { if (--left === 0) s.close() })`
      await lab.exec('stack', process.execPath, ['-e', code])
      const sums: number[] = []
      const port = driver.ports[0]!
      await receive(driver, port, 20, (p) => {
        if (p.mem[p.off + 12] === 8 && p.mem[p.off + 13] === 0) sums.push(udpSum(p.mem, p.off + 14))
        driver.pool.free(p)
      })
      driver.close()
      t.deepEqual(sums, new Array(20).fill(0xffff))
    } finally {
      await lab.close()
    }
  })

/** Ethernet, IPv4 or IPv6, UDP or TCP with the pseudo header's sum in place of the checksum. */
function unfinished(version: 4 | 6, protocol: 6 | 17, data: number, tagged: boolean): Uint8Array {
  const head = protocol === 6 ? 20 : 8
  const ip = 14 + (tagged ? 4 : 0)
  const start = ip + (version === 4 ? 20 : 40)
  const mem = new Uint8Array(start + head + data).map((_, i) => i * 37 + 11)
  const type = version === 4 ? [8, 0] : [0x86, 0xdd]
  mem.set(tagged ? [0x81, 0, 0, 5, ...type] : type, 12)
  const put = (at: number, value: number): void => mem.set([value >> 8, value & 0xff], at)
  mem[ip] = version === 4 ? 0x45 : 0x60
  put(ip + (version === 4 ? 2 : 4), version === 4 ? 20 + head + data : head + data)
  mem[ip + (version === 4 ? 9 : 6)] = protocol
  if (protocol === 17) put(start + 4, head + data)
  let sum = protocol + head + data
  const first = version === 4 ? ip + 12 : ip + 8
  for (let at = first; at < start; at += 2) sum += (mem[at]! << 8) | mem[at + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  put(start + (protocol === 6 ? 16 : 6), sum)
  return mem
}

test('a checksum is finished: both versions, both protocols, odd lengths, tags', (t) => {
  for (const version of [4, 6] as const)
    for (const protocol of [6, 17] as const)
      for (const data of [20, 21, 300, 301])
        for (const tagged of [false, true]) {
          const mem = unfinished(version, protocol, data, tagged)
          const ip = 14 + (tagged ? 4 : 0)
          const start = ip + (version === 4 ? 20 : 40)
          t.true(finishChecksum(mem, 0, mem.length))
          let sum = protocol + (mem.length - start)
          const first = version === 4 ? ip + 12 : ip + 8
          for (let at = first; at < mem.length; at += 2) sum += (mem[at]! << 8) | (mem[at + 1] ?? 0)
          while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
          t.is(sum, 0xffff)
        }
  t.false(finishChecksum(new Uint8Array(60), 0, 60))
  const cut = unfinished(4, 17, 300, false)
  t.false(finishChecksum(cut, 0, 100))
})
