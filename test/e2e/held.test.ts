// Packets that elements hold at the moment of an upgrade, under traffic that goes on: a loaded queue in
// front of a shaper, a slow link, half of a datagram, a packet that waits for an ARP answer. Nothing
// is lost, nothing is reordered within a flow, and what waited goes on in the new version.

import test from 'ava'
import { numbered, numberOf, sportOf, Wires } from './wires.ts'

/** Source ports: one for each way through the configuration. */
const SHAPED = 1000
const LINKED = 1001
const LIVE = 1002
const ASKING = 1003
const DATAGRAM = 1004
/** Packets for the shaper. */
const COUNT = 1200

const config = (extra: string) => `
  FromDevice(inside) -> Strip(14) -> CheckIPHeader -> r :: IPReassembler -> c :: IPClassifier(
    src port ${SHAPED}, src port ${LINKED}, src port ${ASKING}, -);
  out :: EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02) -> ToDevice(outside);
  c[0] -> q :: Queue(2000) -> s :: Shaper(150) -> Unqueue -> out;
  c[1] -> lq :: Queue(200) -> l :: LinkUnqueue(400ms, 1Mbps) -> out;
  c[2] -> GetIPAddress(16) -> [0] arpq :: ARPQuerier(192.0.2.254, 02:00:00:00:00:0a)
       -> ToDevice(outside);
  c[3] -> ${extra} out;
  FromDevice(outside) -> a :: Classifier(12/0806 20/0002, -);
  a[0] -> [1]arpq;
  a[1] -> ToDevice(inside);`

const service = (extra: string) => `service: held
config: |
${config(extra).replaceAll(/^/gm, '  ')}
buckets: 16
driver: udp
ports:
  inside: { interface: inside0, key: addresses }
  outside: { interface: outside0, key: addresses }
`

/** The two halves of a UDP datagram of 48 bytes. */
function halves(): [Uint8Array, Uint8Array] {
  const whole = numbered(7, DATAGRAM, 53, 4711)
  const half = (part: number) => {
    const bytes = whole.slice()
    bytes[14 + 5] = 9
    bytes[14 + 6] = part === 0 ? 0x20 : 0
    bytes[14 + 7] = part * 3
    checksum(bytes)
    return bytes
  }
  const first = half(0)
  // Its UDP header says that two payloads of that length come.
  first[14 + 20 + 4] = 0
  first[14 + 20 + 5] = 48
  return [first, half(1)]
}

function checksum(bytes: Uint8Array): void {
  bytes[24] = 0
  bytes[25] = 0
  let sum = 0
  for (let k = 14; k < 34; k += 2) sum += (bytes[k]! << 8) | bytes[k + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  bytes[24] = ~sum >>> 8
  bytes[25] = ~sum
}

/** Answers an ARP query: the address is at 02:…:09. */
function arpReply(query: Buffer): Uint8Array {
  const bytes = new Uint8Array(60)
  const mac = [2, 0, 0, 0, 0, 9]
  bytes.set([...query.subarray(6, 12), ...mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2])
  bytes.set([...mac, ...query.subarray(38, 42), ...query.subarray(22, 32)], 22)
  return bytes
}

const isArp = (frame: Buffer) => frame.readUInt16BE(12) === 0x0806

test('a queue, a shaper, a link, half a datagram and a packet that waits for ARP', async (t) => {
  const wires = await Wires.start()
  const run = (...args: string[]) => wires.cluster.run(args)
  const of = (sport: number) =>
    wires.came('outside').filter((f) => !isArp(f) && sportOf(f) === sport)
  let live = 0
  let timer: NodeJS.Timeout | null = null
  try {
    t.is((await run('deploy', wires.serviceFile('v1.yaml', service('')))).code, 0)
    const v2 = wires.serviceFile('v2.yaml', service('seen :: Counter ->'))
    timer = setInterval(() => wires.send('inside', numbered(2, LIVE, 53, live++)), 3)
    t.true(await wires.until(() => of(LIVE).length > 5))

    // At 150 a second: many are still there when the new version takes over.
    for (let n = 0; n < COUNT; n++) {
      wires.send('inside', numbered(3, SHAPED, 53, n))
      if (n % 50 === 0) await wires.until(() => false, 5)
    }
    const [first, second] = halves()
    wires.send('inside', first)
    wires.send('inside', numbered(4, ASKING, 53, 1))
    t.true(await wires.until(() => wires.came('outside').some(isArp)), 'it asks for the address')
    const linked = (async () => {
      for (let n = 0; n < 60; n++) {
        wires.send('inside', numbered(5, LINKED, 53, n))
        await wires.until(() => false, 20)
      }
    })()
    const dry = (await run('upgrade', 'held', '--to', v2, '--dry-run')).events.at(-1)
    const states = dry?.states as { state: string; held: number; kind: string }[]
    const held = (state: string) => states.find((s) => s.state === state)?.held ?? -1
    t.true(held('q.queue') > 100, JSON.stringify(states))
    t.is(held('r.held'), 1)
    t.is(held('arpq.waiting'), 1)

    const upgraded = await run('upgrade', 'held', '--to', v2)
    t.is(upgraded.code, 0, JSON.stringify(upgraded.events.at(-1)))
    const report = upgraded.events.at(-1) as { packets_moved: number; held_overflow: number }
    t.true(report.packets_moved > 20, JSON.stringify(report))
    t.is(report.held_overflow, 0)
    t.is(of(ASKING).length, 0)
    t.is(of(DATAGRAM).length, 0)

    // What it waited for comes to the new version.
    wires.send('inside', second)
    wires.send('outside', arpReply(wires.came('outside').find(isArp)!))
    await linked
    clearInterval(timer)
    const all = () =>
      of(SHAPED).length >= COUNT && of(LINKED).length >= 60 && of(LIVE).length >= live
    await wires.until(() => all() && of(ASKING).length > 0 && of(DATAGRAM).length > 0)
    const numbers = (sport: number) => of(sport).map(numberOf)
    const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
    t.deepEqual(numbers(SHAPED), upTo(COUNT))
    t.deepEqual(numbers(LINKED), upTo(60))
    t.deepEqual(numbers(LIVE), upTo(live))
    t.is(of(ASKING).length, 1)
    t.is(of(ASKING)[0]!.subarray(0, 6).toString('hex'), '020000000009')
    const [datagram] = of(DATAGRAM)
    t.is(of(DATAGRAM).length, 1)
    t.is(datagram!.length, 14 + 20 + 48)
    const seen = await run('handler', 'held', 'seen.count')
    t.true(Number(JSON.stringify(seen.events).match(/(\d+)"/)?.[1]) > 0, JSON.stringify(seen))
  } finally {
    if (timer !== null) clearInterval(timer)
    await wires.close()
  }
})
