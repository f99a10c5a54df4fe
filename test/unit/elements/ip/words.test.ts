// Elements that read headers as 16-bit words do so where a header begins at an even offset; at an
// odd one they go by bytes. Both give the same bytes, and the same as the standards' formulas.

import test from 'ava'
import fc from 'fast-check'
import { Packet } from '../../../../dataplane/packet.ts'
import { fold, sumPacket, sumWords } from '../../../../elements/lib/checksum.ts'
import { Lab } from '../lab.ts'

const HEADROOM = 64

/** A packet whose data begins `shift` bytes further. */
function at(shift: number, bytes: Uint8Array): Packet {
  const p = new Packet(new Uint8Array(HEADROOM + shift + bytes.length + 64), 0, 256, -1)
  p.mem.set(bytes, HEADROOM + shift)
  p.off = HEADROOM + shift
  p.end = p.off + bytes.length
  return p
}

const CONFIG =
  'i :: TestIn -> SetIPChecksum -> c :: CheckIPHeader -> t :: DecIPTTL ' +
  '-> EtherEncap(0x0800, 1:2:3:4:5:6, a:b:c:d:e:f) -> o :: TestOut; c[1], t[1] -> bad :: TestOut'

test('even and odd offsets give the same bytes', async (t) => {
  const lab = await Lab.make(CONFIG)
  const header = fc.uint8Array({ minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(header, fc.integer({ min: 2, max: 255 }), (bytes, ttl) => {
      bytes.set([0x45, bytes[1]!, 0, 20])
      bytes[8] = ttl
      const outputs = [0, 1].map((shift) => {
        lab.send('i', at(shift, bytes))
        return lab.take()[0]!
      })
      t.deepEqual(outputs[0]!.bytes, outputs[1]!.bytes)
      t.is(outputs[0]!.out, 'o')
      const out = outputs[0]!.bytes
      t.deepEqual([...out.subarray(0, 14)], [10, 11, 12, 13, 14, 15, 1, 2, 3, 4, 5, 6, 8, 0])
      t.is(out[14 + 8], ttl - 1)
      t.is(fold(sumWords(out, 14, 20, 0)), 0xffff)
    }),
  )
})

test('a wrong checksum is seen at even and odd offsets', async (t) => {
  const lab = await Lab.make(
    'i :: TestIn -> c :: CheckIPHeader -> o :: TestOut; c[1] -> bad :: TestOut',
  )
  const good = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0x66, 0xd6, 10, 0, 0, 1, 10, 0, 0, 2]
  for (const shift of [0, 1]) {
    for (let i = 0; i <= 20; i++) {
      const bytes = Uint8Array.from(good)
      if (i > 3 && i < 20) bytes[i]! ^= 0x10
      lab.send('i', at(shift, bytes))
      t.is(lab.take()[0]!.out, i > 3 && i < 20 ? 'bad' : 'o', `${shift} ${i}`)
    }
  }
})

test('sums by four bytes equal sums by two, at any offset and length', (t) => {
  const data = fc.uint8Array({ minLength: 0, maxLength: 120 })
  fc.assert(
    fc.property(data, fc.integer({ min: 0, max: 7 }), (bytes, shift) => {
      const p = at(shift, bytes)
      t.is(sumPacket(p, p.off, bytes.length), fold(sumWords(p.mem, p.off, bytes.length, 0)))
    }),
    { numRuns: 2000 },
  )
  const ones = at(2, new Uint8Array(128).fill(255))
  t.is(sumPacket(ones, ones.off, 128), 0xffff)
})
