// The transport over real sockets: answers, progress, order, loss on close, garbage, versions.

import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Dealer } from 'zeromq'
import { ClickUpError } from '../../../lib/errors.ts'
import { encode } from '../../../lib/wire/codec.ts'
import { bindServer, bindStream, connectClient, connectStream } from '../../../lib/wire/zeromq.ts'

const dir = mkdtempSync(join(tmpdir(), 'cu-wire-'))
let next = 0
const ipc = () => `ipc://${dir}/${next++}.sock`
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

async function code(promise: Promise<unknown>): Promise<ClickUpError> {
  try {
    await promise
  } catch (cause) {
    if (cause instanceof ClickUpError) return cause
    throw cause
  }
  throw new Error('was expected to fail')
}
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((r) => setTimeout(r, 10))
}

for (const proto of ['ipc', 'tcp']) {
  test(`${proto}: request, answer, progress, error with findings, notice`, async (t) => {
    const port = 20_000 + (process.pid % 20_000)
    const server = await bindServer(proto === 'ipc' ? ipc() : `tcp://127.0.0.1:${port}`)
    const client = connectClient(server.endpoint, 'cli:1')
    server.handle('double', (body, { progress, peer }) => {
      progress({ at: 1 })
      progress({ at: 2 })
      return { twice: (body as number) * 2, peer }
    })
    server.handle('fail', () => {
      throw new ClickUpError('CONFLICT', 'busy', 'wait', [{ where: 'a:1', message: 'x' }])
    })
    const told: unknown[] = []
    server.handle('tell', (body) => told.push(body))
    const events: unknown[] = []
    const value = await client.request('double', 21, { onProgress: (e) => events.push(e) })
    t.deepEqual(value, { twice: 42, peer: 'cli:1' })
    t.deepEqual(events, [{ at: 1 }, { at: 2 }])
    const error = await code(client.request('fail', null))
    t.is(error.code, 'CONFLICT')
    t.is(error.hint, 'wait')
    t.deepEqual(error.findings, [{ where: 'a:1', message: 'x' }])
    t.is((await code(client.request('nonsense', null))).code, 'PROTOCOL')
    for (let i = 0; i < 500; i++) await client.notify('tell', i)
    await client.request('double', 1)
    t.deepEqual(told, [...Array(500).keys()])
    t.is((await code(server.request('nobody', 'x', null))).code, 'UNREACHABLE')
    client.handle('name', () => 'me')
    t.is(await server.request('cli:1', 'name', null), 'me')
    t.deepEqual(server.peers(), ['cli:1'])
    await client.close()
    await server.close()
  })
}

test('silence is UNREACHABLE; a slow handler that is alive is not', async (t) => {
  const server = await bindServer(ipc())
  const client = connectClient(server.endpoint, 'c')
  server.handle('slow', () => new Promise((resolve) => setTimeout(resolve, 2_600, 'done')))
  t.is(await client.request('slow', null, { timeoutMs: 1_500 }), 'done')
  await server.close()
  const error = await code(client.request('slow', null, { timeoutMs: 100 }))
  t.is(error.code, 'UNREACHABLE')
  t.regex(error.hint, /unknown/)
  await client.close()
})

test('a client connects again by itself and says so', async (t) => {
  const endpoint = ipc()
  let connects = 0
  let losses = 0
  const client = connectClient(endpoint, 'agent:h', {
    onConnect: () => connects++,
    onDisconnect: () => losses++,
  })
  t.is((await code(client.ready(50))).code, 'UNREACHABLE')
  const first = await bindServer(endpoint)
  await client.ready(2_000)
  await first.close()
  await until(() => losses === 1)
  const second = await bindServer(endpoint)
  second.handle('x', () => 7)
  t.is(await client.request('x', null), 7)
  await until(() => connects === 2)
  t.is(connects, 2)
  t.is(losses, 1)
  await client.close()
  await second.close()
})

test('nothing that was sent is lost on close', async (t) => {
  const endpoint = ipc()
  const server = await bindServer(endpoint)
  let got = 0
  server.handle('n', () => {
    got++
  })
  const client = connectClient(endpoint, 'c')
  const body = new Uint8Array(10_000)
  const sent = Array.from({ length: 2_000 }, () => client.notify('n', body))
  await client.close()
  await Promise.all(sent)
  await until(() => got === 2_000)
  t.is(got, 2_000)
  await server.close()
})

test('another protocol version is refused, with both numbers', async (t) => {
  const server = await bindServer(ipc())
  server.handle('x', () => 1)
  const raw = new Dealer({ routingId: 'old' })
  raw.connect(server.endpoint)
  await raw.send(encode({ v: 99, kind: 'x', id: 'i', re: null, body: null }))
  const [bytes] = await raw.receive()
  const { decode } = await import('../../../lib/wire/codec.ts')
  const answer = decode(bytes!).body as { code: string; message: string }
  t.is(answer.code, 'PROTOCOL')
  t.regex(answer.message, /99.*version 1/)
  raw.close()
  await server.close()
})

test('garbage, at the socket and as messages, is counted and harms nobody', async (t) => {
  const server = await bindServer(ipc())
  server.handle('x', () => 'fine')
  const raw = new Dealer({ routingId: 'noise' })
  raw.connect(server.endpoint)
  const good = encode({ v: 1, kind: 'x', id: 'i', re: null, body: { a: [1, 2, 3] } })
  for (let i = 0; i < good.length; i++) await raw.send(good.subarray(0, i))
  await raw.send([good, good])
  await raw.send([])
  await raw.send(Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff]))
  const path = server.endpoint.slice('ipc://'.length)
  await new Promise<void>((resolve) => {
    const socket = net.connect(path, () => socket.end('GET / HTTP/1.1\r\n\r\n'))
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
    socket.resume()
  })
  const client = connectClient(server.endpoint, 'c')
  t.is(await client.request('x', null), 'fine')
  t.true(server.refused >= good.length)
  raw.close()
  await client.close()
  await server.close()
})

test('a stream keeps order, waits for a slow reader, and answers', async (t) => {
  const seen: number[] = []
  let busy = 0
  const server = await bindStream(ipc(), async (peer, frame) => {
    busy++
    t.is(busy, 1)
    seen.push(new DataView(frame.buffer, frame.byteOffset).getUint32(0, true))
    if (seen.length % 50 === 0) await server.send(peer, Uint8Array.of(1)).catch(() => {})
    await new Promise((r) => setImmediate(r))
    busy--
  })
  let credits = 0
  const client = connectStream(server.endpoint, 'nat.1', () => {
    credits++
  })
  for (let i = 0; i < 1_000; i++) {
    const frame = new Uint8Array(8_192)
    new Uint32Array(frame.buffer)[0] = i
    await client.send(frame)
  }
  await client.close()
  await until(() => seen.length === 1_000)
  t.deepEqual(seen, [...Array(1_000).keys()])
  t.true(credits > 0)
  t.is((await code(server.send('nobody', Uint8Array.of(1)))).code, 'UNREACHABLE')
  await server.close()
})

test('a sender of a stream waits when nobody reads', async (t) => {
  const client = connectStream(ipc(), 'nat.1', () => {})
  let sent = 0
  for (let i = 0; i < 100; i++) {
    client.send(new Uint8Array(10)).then(
      () => sent++,
      () => {},
    )
  }
  await new Promise((r) => setTimeout(r, 100))
  t.is(sent, 32)
  await client.close()
})

test('a socket path that is too long is refused before use', async (t) => {
  const error = await code(bindServer(`ipc:///tmp/${'x'.repeat(120)}`))
  t.is(error.code, 'LIMIT')
  t.regex(error.hint, /--dir/)
})

test('a server without any peer says so at once', async (t) => {
  const server = await bindServer(ipc())
  const began = performance.now()
  t.is((await code(server.request('nobody', 'x', null))).code, 'UNREACHABLE')
  t.is((await code(server.notify('nobody', 'x', null))).code, 'UNREACHABLE')
  t.true(performance.now() - began < 4_000)
  await server.close()
})

test('an address in use is a clear error', async (t) => {
  const endpoint = `tcp://127.0.0.1:${40_000 + (process.pid % 20_000)}`
  const server = await bindServer(endpoint)
  const error = await code(bindServer(endpoint))
  t.is(error.code, 'SYSCALL')
  t.regex(error.message, /EADDRINUSE/)
  await server.close()
})
