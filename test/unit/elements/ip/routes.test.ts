// Longest-prefix lookup against a list of routes, and the elements' handlers.

import test from 'ava'
import fc from 'fast-check'
import { NO_ROUTE } from '../../../../elements/lib/prefix-trie.ts'
import { lengthMask } from '../../../../elements/lib/route-text.ts'
import { RouteList, Routes } from '../../../../elements/lib/routes.ts'
import { Lab } from '../lab.ts'
import { ip, ipPacket } from './packets.ts'

const action = fc.record({
  add: fc.boolean(),
  // Few distinct bits, so that prefixes nest and addresses hit them.
  addr: fc.constantFrom(
    '10.0.0.0',
    '10.1.0.0',
    '10.1.2.0',
    '10.1.2.128',
    '10.1.2.3',
    '192.168.0.0',
  ),
  length: fc.integer({ min: 0, max: 32 }),
  port: fc.nat(9),
})

test('the trie finds what a list finds, loaded at once and through any changes', (t) => {
  const probes = [
    '10.0.0.1',
    '10.1.2.3',
    '10.1.2.127',
    '10.1.2.200',
    '10.1.3.1',
    '11.0.0.0',
    '192.168.0.255',
  ]
  fc.assert(
    fc.property(fc.nat(20), fc.array(action, { maxLength: 40 }), (first, actions) => {
      const routes = new Routes(first % 2 === 0 ? 'keep' : 'move')
      const list = new Map<string, { addr: number; length: number; port: number }>()
      const loaded = new RouteList()
      for (const { addr: text, length, port } of actions.splice(0, first)) {
        const addr = ip(text) & lengthMask(length)
        if (loaded.index.find(addr, length) >= 0) continue
        loaded.put(loaded.count, addr, length, 0, port)
        list.set(`${addr}/${length}`, { addr, length, port })
      }
      routes.load(loaded)
      for (const a of actions) {
        const addr = ip(a.addr) & lengthMask(a.length)
        const key = `${addr}/${a.length}`
        if (a.add) {
          routes.set({ addr, length: a.length, gw: 0, port: a.port })
          list.set(key, { addr, length: a.length, port: a.port })
        } else {
          t.is(routes.remove(addr, a.length) !== null, list.delete(key))
        }
      }
      for (const probe of probes.map(ip)) {
        let best = { length: -1, port: -1 }
        for (const r of list.values()) {
          if ((probe & lengthMask(r.length)) === r.addr && r.length > best.length) best = r
        }
        const found = routes.lookup(probe)
        t.is(found === NO_ROUTE ? -1 : routes.next.outputs[found]!, best.port)
      }
      t.is(routes.size, list.size)
    }),
    { numRuns: 2000 },
  )
})

const CONFIG = (name: string) => `i :: TestIn -> rt :: ${name}(10.0.0.0/8 0,
  10.1.0.0/16 18.26.4.1 1, 10.1.2.3 0) -> a :: TestOut; rt[1] -> b :: TestOut`

for (const name of ['RadixIPLookup', 'LinearIPLookup', 'StaticIPLookup']) {
  test(`${name}: output, gateway, no route`, async (t) => {
    const lab = await Lab.make(CONFIG(name))
    for (const dst of ['10.9.9.9', '10.1.1.1', '10.1.2.3', '11.0.0.1'])
      lab.send('i', ipPacket({ dst }))
    t.deepEqual(
      lab.take().map((s) => [s.out, s.dst]),
      [
        ['a', ip('10.9.9.9')],
        ['b', ip('18.26.4.1')],
        ['a', ip('10.1.2.3')],
      ],
    )
    t.is(lab.read('rt.no_route'), '1')
    t.is(lab.read('rt.lookup', '10.1.1.1'), '1 18.26.4.1')
    t.is(lab.read('rt.lookup', '10.9.9.9'), '0')
    t.is(lab.read('rt.lookup', '1.1.1.1'), '-1')
    t.is(
      lab.read('rt.table'),
      '10.0.0.0/8\t\t-\t\t0\n10.1.0.0/16\t\t18.26.4.1\t1\n10.1.2.3/32\t\t-\t\t0\n',
    )
  })
}

test('handlers change routes; a group of changes is done whole or not at all', async (t) => {
  const lab = await Lab.make(CONFIG('RadixIPLookup'))
  lab.write('rt.add', '0.0.0.0/0 1')
  t.is(lab.read('rt.lookup', '11.0.0.1'), '1')
  t.throws(() => lab.write('rt.add', '10.0.0.0/8 1'), {
    message: /conflict with existing route '10.0.0.0\/8 - 0'/,
  })
  lab.write('rt.set', '10.0.0.0/8 1')
  t.is(lab.read('rt.lookup', '10.9.9.9'), '1')
  lab.write('rt.remove', '10.1.0.0/16')
  t.is(lab.read('rt.lookup', '10.1.1.1'), '1')
  t.throws(() => lab.write('rt.remove', '10.1.0.0/16'), { message: /not found/ })
  t.throws(() => lab.write('rt.add', '1.0.0.0/8 7'), { message: /bad OUTPUT/ })
  const before = lab.read('rt.table')
  t.throws(() => lab.write('rt.ctrl', 'add 1.0.0.0/8 0\nset 10.0.0.0/8 0\nremove 9.9.9.9/32'))
  t.is(lab.read('rt.table'), before)
  lab.write('rt.ctrl', 'add 1.0.0.0/8 0\nremove 0.0.0.0/0\n')
  t.is(lab.read('rt.lookup', '1.2.3.4'), '0')
  t.is(lab.read('rt.lookup', '11.0.0.1'), '-1')
  lab.write('rt.flush')
  t.is(lab.read('rt.table'), '')
})

test('rows that come from another replica take effect', async (t) => {
  const lab = await Lab.make(CONFIG('RadixIPLookup'))
  const { changes, generation } = lab.router.element('rt')!.state as {
    changes: { insert(bucket: number, ...key: number[]): { gw: number; port: number } }
    generation: { changes: number }
  }
  const row = changes.insert(-1, ip('11.0.0.0'), 8)
  row.gw = 0
  row.port = 1
  const gone = changes.insert(-1, ip('10.0.0.0'), 8)
  gone.port = -1
  generation.changes = 2
  lab.send('i', ipPacket({ dst: '11.0.0.1' }))
  lab.send('i', ipPacket({ dst: '10.9.9.9' }))
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['b'],
  )
})

test('wrong routes are all reported', async (t) => {
  const error = await t.throwsAsync(
    Lab.make(
      'TestIn -> RadixIPLookup(10.0.0.0/8 5, x 0, 10.0.0.0/255.0.255.0 0, 1.0.0.0/8) -> TestOut',
    ),
  )
  for (const said of [
    /argument 1 bad OUTPUT/,
    /argument 2 should be 'ADDR\/MASK \[GATEWAY\] OUTPUT'/,
    /argument 3 should be/,
    /argument 4 should be/,
  ])
    t.regex(error.message, said)
})
