// Prometheus metrics of a process: /metrics on a loopback port, in the text format. Values are
// collected when they are asked for: `collect` returns the families as plain data, so that whoever
// counts needs no library for it. The only file that imports prom-client, and only when it is needed:
// a replica without metrics is to start without it.

import http from 'node:http'
import type { Registry } from 'prom-client'
import { ClickUpError } from './errors.ts'

/** One value with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric: `click_up_` is put in front of its name. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly Sample[]
}

export type Collect = () => readonly Family[] | Promise<readonly Family[]>

export interface MetricsServer {
  /** The port that was taken (for port 0); null: metrics are off. */
  readonly port: number | null
  close(): Promise<void>
}

const PREFIX = 'click_up_'
/** Prometheus text exposition format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Serves what `collect` returns. Throws SYSCALL where the port is taken.
 * @param port on 127.0.0.1; 0: any free one; null: no server
 * @param extra a registry with metrics that are kept while events happen (histograms)
 */
export async function serveMetrics(
  collect: Collect,
  port: number | null,
  extra: MetricsRegistry | null = null,
): Promise<MetricsServer> {
  if (port === null) return { port: null, close: async () => {} }
  const server = http.createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    void render(collect, extra).then(
      (text) => response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text),
      (cause: unknown) => response.writeHead(500).end(`${String(cause)}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new ClickUpError(
          'SYSCALL',
          `metrics on 127.0.0.1:${port}: ${cause.code}`,
          'give --metrics a port that is free, or 0 for any',
        ),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  server.unref()
  const { port: taken } = server.address() as { port: number }
  return {
    port: taken,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** The text of /metrics. */
export async function render(collect: Collect, extra: MetricsRegistry | null): Promise<string> {
  const { Counter, Gauge, Registry: Registered } = await prom()
  const registry = new Registered()
  for (const { name, help, type, samples } of await collect()) {
    const labelNames = [...new Set(samples.flatMap((s) => Object.keys(s.labels)))]
    const settings = { name: `${PREFIX}${name}`, help, labelNames, registers: [registry] }
    if (type === 'counter') {
      const counter = new Counter(settings)
      for (const { labels, value } of samples) counter.inc(labels, value)
    } else {
      const gauge = new Gauge(settings)
      for (const { labels, value } of samples) gauge.set(labels, value)
    }
  }
  const kept = extra === null ? '' : await extra.text()
  return `${await registry.metrics()}${kept}${processText()}`
}

/** Names without our prefix: what Prometheus' own libraries call them, and dashboards know. */
function processText(): string {
  const { user, system } = process.cpuUsage()
  return [
    '# HELP process_cpu_seconds_total CPU time of the process, all threads',
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    '# HELP process_resident_memory_bytes Resident memory of the process',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    '',
  ].join('\n')
}

type Prom = typeof import('prom-client')

/** CommonJS: what it exports is also behind `default`, and only there for some loaders. */
async function prom(): Promise<Prom> {
  const module = (await import('prom-client')) as Prom & { default?: Prom }
  return module.default ?? module
}

/** Metrics that are kept as events happen. */
export class MetricsRegistry {
  readonly #prom: Prom
  readonly #registry: Registry

  static async create(): Promise<MetricsRegistry> {
    return new MetricsRegistry(await prom())
  }

  private constructor(library: Prom) {
    this.#prom = library
    this.#registry = new library.Registry()
  }

  counter(name: string, help: string, labelNames: readonly string[] = []) {
    const counter = new this.#prom.Counter({
      name: `${PREFIX}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    })
    return (labels: Readonly<Record<string, string>> = {}, by = 1) => counter.inc({ ...labels }, by)
  }

  /** @param buckets upper bounds, in the unit that the name ends with */
  histogram(name: string, help: string, buckets: readonly number[], labelNames: string[] = []) {
    const histogram = new this.#prom.Histogram({
      name: `${PREFIX}${name}`,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.#registry],
    })
    return (labels: Readonly<Record<string, string>>, value: number) =>
      histogram.observe({ ...labels }, value)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
