// The rehearsal: a copy of the graph runs, with packets that make sense, and nothing else changes.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { loadGraph } from '../../../dataplane/load-graph.ts'
import { canRehearse, rehearse } from '../../../dataplane/rehearsal.ts'
import { answerTo, madeUpFrame } from '../../../dataplane/rehearsal-frames.ts'
import { ipOf, macOf, parse } from '../../../demo/traffic/frames.ts'
import { REHEARSAL_PACKETS } from '../../../lib/limits.ts'

const NAT = fileURLToPath(new URL('../../../../deploy/examples/nat/nat.click', import.meta.url))

async function graphOf(config: string) {
  const { graph, errors } = await loadGraph({ config, configName: 'test', defines: {} }, [])
  if (graph === null) throw new Error(JSON.stringify(errors))
  return graph
}

test('the example NAT is rehearsed, with more packets than were made up: answers came back', async (t) => {
  const graph = await graphOf(readFileSync(NAT, 'latin1'))
  t.true(canRehearse(graph))
  const count = rehearse(graph, ['inside', 'outside'], 10)
  t.true(count > 0 && count < REHEARSAL_PACKETS + 512, `${count}`)
})

test('graphs that touch the world, or make packets by themselves, are not', async (t) => {
  t.false(canRehearse(await graphOf('Idle -> ToDump(/tmp/no.pcap)')))
  t.false(canRehearse(await graphOf('InfiniteSource -> Discard')))
  t.true(canRehearse(await graphOf('Idle -> Queue -> Discard')))
})

test('made-up frames and their answers have right checksums', (t) => {
  const there = { mac: macOf('02:00:00:00:00:01'), ip: 0 }
  for (let n = 0; n < 200; n++) {
    const frame = Buffer.from(madeUpFrame(n))
    if (frame[23] === 1) continue // ICMP: the parser knows UDP and TCP
    const segment = parse(frame, { ...there, ip: frame.readUInt32BE(30) })
    t.truthy(segment, `frame ${n}`)
    t.true(answerTo(frame, 0, frame.length))
    const back = parse(frame, { ...there, ip: segment!.saddr })
    t.is(back?.saddr, segment!.daddr)
    t.is(back?.dport, segment!.sport)
  }
})

test('an ARP request is answered for the address that it asks for', (t) => {
  const request = Buffer.from(
    'ffffffffffff02000077020108060001080006040001020000770201' +
      '0a4d0201' +
      '000000000000' +
      '0a4d0202',
    'hex',
  )
  t.true(answerTo(request, 0, request.length))
  t.is(request.readUInt16BE(20), 2)
  t.is(request.readUInt32BE(28), ipOf('10.77.2.2'))
  t.is(request.readUInt32BE(38), ipOf('10.77.2.1'))
  t.is(request.subarray(0, 6).toString('hex'), '020000770201')
  t.is(request.subarray(32, 38).toString('hex'), '020000770201')
})
