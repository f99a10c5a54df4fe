// The NAT example, both versions, whole: frames in and out of its two ports.

import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import type { Packet } from '../../../../dataplane/packet.ts'
import v1 from '../../../../deploy/examples/nat/v1/IPRewriter.ts'
import { setIpChecksum } from '../../../../elements/lib/checksum.ts'
import { type IpFields, ipPacket } from '../ip/packets.ts'
import { Lab } from '../lab.ts'

const EXAMPLES = new URL('../../../../../deploy/examples/nat/', import.meta.url)
const VERSIONS = [
  ['version 1', 'v1/nat.click', new Map([['IPRewriter', v1]])],
  ['version 2', 'nat.click', new Map()],
] as const

const CLIENT = { ip: '10.77.1.2', eth: '02:00:00:00:00:12', gateway: '02:00:00:77:01:01' }
const SERVER = { ip: '10.77.2.2', eth: '02:00:00:00:00:22', gateway: '02:00:00:77:02:01' }
const BROADCAST = 'ff:ff:ff:ff:ff:ff'

const bytes = (eth: string) => eth.split(':').map((b) => Number.parseInt(b, 16))
const ipBytes = (ip: string) => ip.split('.').map(Number)

function frame(host: { eth: string; gateway: string }, p: Packet): Uint8Array {
  const head = [...bytes(host.gateway), ...bytes(host.eth), 8, 0]
  return Uint8Array.from([...head, ...p.mem.subarray(p.off, p.end)])
}

function arp(
  op: number,
  from: { ip: string; eth: string },
  to: { ip: string; eth: string },
): Uint8Array {
  const fixed = [8, 6, 0, 1, 8, 0, 6, 4, 0, op]
  const target = op === 1 ? [0, 0, 0, 0, 0, 0] : bytes(to.eth)
  return Uint8Array.from([
    ...bytes(op === 1 ? BROADCAST : to.eth),
    ...bytes(from.eth),
    ...fixed,
    ...bytes(from.eth),
    ...ipBytes(from.ip),
    ...target,
    ...ipBytes(to.ip),
  ])
}

/** 'ether source > destination: what'. */
function text(f: Uint8Array): string {
  const eth = (at: number) => Buffer.from(f.subarray(at, at + 6)).toString('hex')
  const view = new DataView(f.buffer, f.byteOffset)
  const ip = (at: number) => f.subarray(at, at + 4).join('.')
  const head = `${eth(6)} > ${eth(0)}: `
  if (view.getUint16(12) === 0x0806) return `${head}arp ${view.getUint16(20)} ${ip(28)} ${ip(38)}`
  const proto = f[23]
  const flow = `${ip(26)}:${view.getUint16(34)} > ${ip(30)}:${view.getUint16(36)}`
  const icmp = `${ip(26)} > ${ip(30)} type ${f[34]} code ${f[35]}`
  return `${head}${proto === 1 ? icmp : flow} ttl ${f[22]}`
}

async function example(file: string, classes: ReadonlyMap<string, typeof v1>) {
  const config = readFileSync(new URL(file, EXAMPLES), 'utf8')
  const lab = await Lab.make(config, { ports: ['inside', 'outside'], classes })
  const inside = lab.ports.get('inside')!
  const outside = lab.ports.get('outside')!
  const turn = () => {
    for (let i = 0; i < 5; i++) lab.router.turn()
    return { inside: inside.take().map(text), outside: outside.take().map(text) }
  }
  // Both ends are known already, but for tests of ARP.
  inside.put(arp(2, CLIENT, { ip: '10.77.1.1', eth: CLIENT.gateway }))
  outside.put(arp(2, SERVER, { ip: '10.77.2.1', eth: SERVER.gateway }))
  turn()
  const fromClient = (f: IpFields) => {
    inside.put(frame(CLIENT, ipPacket({ src: CLIENT.ip, dst: SERVER.ip, ...f })))
    return turn()
  }
  const fromServer = (f: IpFields) => {
    outside.put(frame(SERVER, ipPacket({ src: SERVER.ip, dst: '10.77.2.1', ...f })))
    return turn()
  }
  return { lab, inside, outside, turn, fromClient, fromServer }
}

const C = '020000000012'
const S = '020000000022'
const GI = '020000770101'
const GO = '020000770201'

for (const [name, file, classes] of VERSIONS) {
  test(`${name}: a flow out and back`, async (t) => {
    const { fromClient, fromServer } = await example(file, classes)
    t.deepEqual(fromClient({ proto: 17, sport: 5000, dport: 7 }), {
      inside: [],
      outside: [`${GO} > ${S}: 10.77.2.1:5000 > 10.77.2.2:7 ttl 63`],
    })
    t.deepEqual(fromServer({ proto: 17, sport: 7, dport: 5000 }), {
      inside: [`${GI} > ${C}: 10.77.2.2:7 > 10.77.1.2:5000 ttl 63`],
      outside: [],
    })
  })

  test(`${name}: ARP both ways`, async (t) => {
    const { inside, outside, turn, lab } = await example(file, classes)
    inside.put(arp(1, CLIENT, { ip: '10.77.1.1', eth: '' }))
    outside.put(arp(1, SERVER, { ip: '10.77.2.9', eth: '' })) // of nobody here
    t.deepEqual(turn(), { inside: [`${GI} > ${C}: arp 2 10.77.1.1 10.77.1.2`], outside: [] })
    lab.write('out_arp.clear')
    inside.put(frame(CLIENT, ipPacket({ src: CLIENT.ip, dst: SERVER.ip, sport: 5, dport: 7 })))
    t.deepEqual(turn().outside, [`${GO} > ffffffffffff: arp 1 10.77.2.1 10.77.2.2`])
    outside.put(arp(2, SERVER, { ip: '10.77.2.1', eth: SERVER.gateway }))
    t.is(turn().outside.length, 1)
  })

  test(`${name}: it answers ping, and passes ping on`, async (t) => {
    const { fromClient, fromServer } = await example(file, classes)
    const echo = { proto: 1, sport: 0x0800, dport: 77 }
    t.deepEqual(fromClient({ ...echo, dst: '10.77.1.1' }).inside, [
      `${GI} > ${C}: 10.77.1.1 > 10.77.1.2 type 0 code 0 ttl 255`,
    ])
    t.deepEqual(fromServer(echo).outside, [
      `${GO} > ${S}: 10.77.2.1 > 10.77.2.2 type 0 code 0 ttl 255`,
    ])
    t.deepEqual(fromClient(echo).outside, [
      `${GO} > ${S}: 10.77.2.1 > 10.77.2.2 type 8 code 0 ttl 63`,
    ])
  })

  test(`${name}: time exceeded, both ways, hides the inside`, async (t) => {
    const { fromClient, fromServer } = await example(file, classes)
    t.deepEqual(fromClient({ sport: 5000, dport: 7, ttl: 1 }), {
      inside: [`${GI} > ${C}: 10.77.1.1 > 10.77.1.2 type 11 code 0 ttl 200`],
      outside: [],
    })
    fromClient({ sport: 5000, dport: 7 })
    t.deepEqual(fromServer({ sport: 7, dport: 5000, ttl: 1 }), {
      inside: [],
      outside: [`${GO} > ${S}: 10.77.2.1 > 10.77.2.2 type 11 code 0 ttl 200`],
    })
  })

  test(`${name}: unknown inbound, multicast and its own network are not forwarded`, async (t) => {
    const { fromClient, fromServer, lab } = await example(file, classes)
    t.deepEqual(fromServer({ sport: 7, dport: 5000 }), { inside: [], outside: [] })
    t.is(lab.read('unknown.count'), '1')
    t.deepEqual(fromClient({ dst: '224.0.0.251' }), { inside: [], outside: [] })
    t.deepEqual(fromClient({ dst: '10.77.1.255' }), { inside: [], outside: [] })
  })

  test(`${name}: telnet is let out by version 1 only`, async (t) => {
    const { fromClient } = await example(file, classes)
    const { outside } = fromClient({ proto: 6, sport: 5000, dport: 23, flags: 2 })
    t.is(outside.length, name === 'version 1' ? 1 : 0)
  })

  test(`${name}: no frame is lost from the pool`, async (t) => {
    const { fromClient, fromServer, lab } = await example(file, classes)
    for (let i = 0; i < 2000; i++) {
      fromClient({ sport: 1024 + i, dport: i % 30, ttl: i % 3, proto: [1, 6, 17, 47][i % 4]! })
      fromServer({ sport: i % 30, dport: 1024 + i, ttl: i % 3, proto: [1, 6, 17, 47][i % 4]! })
    }
    t.is(lab.pool.available, lab.pool.frames)
    t.is(lab.pool.exhausted, 0)
  })

  test(`${name}: garbage, cut and changed frames do no harm`, async (t) => {
    const { lab, inside, outside, turn } = await example(file, classes)
    const kinds = fc.record({
      proto: fc.constantFrom(1, 1, 6, 17, 47),
      sport: fc.constantFrom(0x0800, 0x0300, 0x0b00, 5000, 7),
      dport: fc.constantFrom(5000, 7, 23),
      src: fc.constantFrom(CLIENT.ip, SERVER.ip, '10.77.2.1', '224.0.0.1'),
      dst: fc.constantFrom(CLIENT.ip, SERVER.ip, '10.77.2.1', '10.77.1.1', '255.255.255.255'),
      ttl: fc.constantFrom(0, 1, 64),
      more: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 60 }),
    })
    const spoil = fc.record({
      at: fc.nat(60),
      to: fc.nat(255),
      cut: fc.nat(100),
      fix: fc.boolean(),
    })
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 60 }).map((b) => Uint8Array.from([...b.slice(0, 12), 8, 0, ...b])),
      fc.tuple(kinds, spoil).map(([fields, { at, to, cut, fix }]) => {
        const p = ipPacket(fields)
        if (at < p.length) p.mem[p.off + at] = to
        if (fix) setIpChecksum(p.mem, p.net)
        const bytes = frame(CLIENT, p)
        return cut < 20 ? bytes.slice(0, cut * 3) : bytes
      }),
      fc.tuple(fc.nat(41), fc.nat(255)).map(([at, to]) => {
        const bytes = arp(2, CLIENT, { ip: '10.77.1.1', eth: CLIENT.gateway })
        bytes[at] = to
        return bytes
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), frames), { maxLength: 8 }), (list) => {
        for (const [fromInside, bytes] of list) (fromInside ? inside : outside).put(bytes)
        turn()
      }),
      { numRuns: 2000 },
    )
    lab.write('in_arp.clear')
    lab.write('out_arp.clear')
    t.is(lab.pool.available, lab.pool.frames)
  })
}
