// What the demo's runs stand on: ports that nobody has, and programs whose end is noticed.

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { UdpStage } from '../../../demo/stage.ts'
import { Peer } from '../../../demo/traffic/peer.ts'
import { freePorts } from '../../../lib/free-ports.ts'

test('free ports differ and can be bound', async (t) => {
  const ports = await freePorts(4)
  t.is(new Set(ports).size, 4)
  for (const port of ports) {
    const socket = createSocket('udp4')
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    socket.close()
  }
})

test('two stages side by side have ports of their own', async (t) => {
  const stages = [await UdpStage.create(), await UdpStage.create()]
  try {
    const ports = stages.map((stage) => {
      const text = readFileSync(stage.serviceFile('v1'), 'utf8')
      return [...text.matchAll(/(?:listen|peer): (\d+)/g)].map((m) => m[1])
    })
    t.deepEqual(
      ports.map((p) => p.length),
      [4, 4],
    )
    t.is(new Set(ports.flat()).size, 8)
  } finally {
    for (const stage of stages) await stage.close()
  }
})

function program(code: string): Peer {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'ignore'] })
  return new Peer('it', child)
}

test('a program that ends is not waited for', async (t) => {
  const peer = program(`console.log('listening'); process.exitCode = 3`)
  await peer.word('listening', 60_000)
  const word = peer.word('ready', 60_000)
  await t.throwsAsync(word, { message: "traffic: it: no 'ready': ended with 3" })
  await t.throwsAsync(peer.word('ready', 60_000), { message: /ended with 3/ })
})

test('a program that is silent is waited for as long as was said', async (t) => {
  const peer = program('setTimeout(() => {}, 60_000)')
  await t.throwsAsync(peer.word('ready', 50), { message: /nothing came in 50 ms/ })
  peer.stop()
})
