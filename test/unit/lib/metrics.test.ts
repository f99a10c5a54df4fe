// Metrics: the text that Prometheus reads, over HTTP on loopback.

import test from 'ava'
import type { ClickUpError } from '../../../lib/errors.ts'
import { MetricsRegistry, serveMetrics } from '../../../lib/metrics.ts'

test('families and kept metrics are served; nothing else is', async (t) => {
  const kept = await MetricsRegistry.create()
  kept.counter('moves_total', 'Moves', ['outcome'])({ outcome: 'done' }, 2)
  kept.histogram('hold_seconds', 'Holds', [0.001, 0.01])({}, 0.002)
  let reads = 0
  const server = await serveMetrics(
    () => [
      {
        name: 'reads_total',
        help: 'Reads',
        type: 'counter',
        samples: [{ labels: { a: 'x"y' }, value: ++reads }],
      },
      { name: 'now', help: 'Now', type: 'gauge', samples: [{ labels: {}, value: -1.5 }] },
    ],
    0,
    kept,
  )
  const url = `http://127.0.0.1:${server.port}`
  await (await fetch(`${url}/metrics`)).text()
  const response = await fetch(`${url}/metrics`)
  t.regex(response.headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/)
  const text = await response.text()
  for (const line of [
    '# TYPE click_up_reads_total counter',
    'click_up_reads_total{a="x\\"y"} 2',
    'click_up_now -1.5',
    'click_up_moves_total{outcome="done"} 2',
    'click_up_hold_seconds_bucket{le="0.001"} 0',
    'click_up_hold_seconds_bucket{le="0.01"} 1',
  ])
    t.true(text.split('\n').includes(line), `${line} in\n${text}`)
  t.is((await fetch(`${url}/`)).status, 404)
  const taken = (await t.throwsAsync(serveMetrics(() => [], server.port))) as ClickUpError
  t.is(taken.code, 'SYSCALL')
  t.regex(taken.message, /EADDRINUSE/)
  await server.close()
  const failing = await serveMetrics(() => Promise.reject(new Error('broken')), 0)
  t.is((await fetch(`http://127.0.0.1:${failing.port}/metrics`)).status, 500)
  await failing.close()
  t.is((await serveMetrics(() => [], null)).port, null)
})
