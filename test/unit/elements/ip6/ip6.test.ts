// IPv6 addresses, prefixes and routes.

import test from 'ava'
import fc from 'fast-check'
import { ip6Text, maskAddress, parsePrefix6, samePrefix } from '../../../../elements/lib/ip6.ts'
import { Routes6 } from '../../../../elements/lib/routes6.ts'
import { parseIp6 } from '../../../../lib/click/args.ts'

const address = fc
  .array(fc.oneof(fc.constant(0), fc.constant(255), fc.nat(255)), { minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from(bytes))

const bits = (addr: Uint8Array) => [...addr].map((b) => b.toString(2).padStart(8, '0')).join('')

test('text is read back as the same address', (t) => {
  fc.assert(
    fc.property(address, (addr) => {
      t.deepEqual(parseIp6(ip6Text(addr)), addr)
    }),
  )
})

test('text is that of RFC 5952', (t) => {
  const same = ['::', '1::', '1:0:0:2::3', '2001:db8::1', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8']
  for (const text of same) t.is(ip6Text(parseIp6(text)!), text)
  t.is(ip6Text(parseIp6('1:0:2:3:4:5:6:7')!), '1:0:2:3:4:5:6:7') // one zero is not shortened
  t.is(ip6Text(parseIp6('1:0:0:2:0:0:0:3')!), '1:0:0:2::3') // the longest run is
  t.is(ip6Text(parseIp6('::1')!), '::0.0.0.1')
})

test('prefixes are compared bit by bit', (t) => {
  fc.assert(
    fc.property(address, address, fc.nat(128), (a, b, length) => {
      t.is(samePrefix(a, 0, b, 0, length), bits(a).slice(0, length) === bits(b).slice(0, length))
      t.is(bits(maskAddress(a, length)), bits(a).slice(0, length).padEnd(128, '0'))
    }),
  )
})

test('a prefix by length or mask', (t) => {
  t.is(parsePrefix6('2001::/16')?.length, 16)
  t.is(parsePrefix6('2001::/ffff:ff80::')?.length, 25)
  t.is(parsePrefix6('2001::/ff:ff80::'), null)
  for (const wrong of ['', '/', '2001::', '2001::/129', '2001::/x', '1.2.3.4/8'])
    t.is(parsePrefix6(wrong), null, wrong)
})

test('the longest prefix is found, whatever was added and removed before', (t) => {
  const step = fc.record({
    addr: address,
    length: fc.constantFrom(0, 1, 8, 9, 64, 128),
    add: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), address, (steps, wanted) => {
      const routes = new Routes6()
      const model = new Map<string, number>()
      steps.forEach(({ addr, length, add }, port) => {
        const masked = maskAddress(addr, length)
        if (add) routes.set({ addr: masked, length, gw: new Uint8Array(16), port })
        else routes.remove(masked, length)
        const key = bits(masked).slice(0, length)
        if (add) model.set(key, port)
        else model.delete(key)
      })
      let best: number | undefined
      for (let length = 0; length <= 128; length++)
        best = model.get(bits(wanted).slice(0, length)) ?? best
      t.is(routes.lookup(wanted, 0)?.port, best)
    }),
  )
})
