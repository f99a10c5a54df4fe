import test from 'ava'
import { parseLlrpc } from '../../../../elements/lib/llrpc.ts'

test('the number of a remote call says what moves', (t) => {
  t.like(parseLlrpc('4004C005'), { size: 4, takes: false, isFlat: true })
  t.like(parseLlrpc('80044006'), { size: 4, takes: true, isFlat: true })
  t.like(parseLlrpc('1234'), { isFlat: false })
  t.is(parseLlrpc('zz'), null)
  t.is(parseLlrpc('123456789'), null)
})
