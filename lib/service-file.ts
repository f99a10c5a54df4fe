// The service file: YAML that says what a service is. Read whole before anything is done with it;
// what is wrong comes all together, with file and line, the allowed values, and the closest key
// where one was misspelt. The only file that imports yaml.
//
//   service: nat
//   config: nat.click            # a path, or the configuration itself as a block (|)
//   elements: ./v2               # its own elements: folders and npm packages (element-sources.ts)
//   buckets: 1024                # a power of two
//   driver: auto                 # auto, xdp, packet, udp
//   ports:
//     inside: { interface: inside0, key: flow }
//     outside: { interface: outside0 }
//   defines: { TIMEOUT: 60 }

import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Document, LineCounter, Node } from 'yaml'
import { LineCounter as Lines, parseDocument } from 'yaml'
import { z } from 'zod'
import type { FlatGraph } from './click/flat.ts'
import type { ElementSource } from './element-sources.ts'
import { findElementSources } from './element-sources.ts'
import type { Finding } from './errors.ts'
import { ClickUpError } from './errors.ts'
import { fileProblem } from './file-problem.ts'
import { BUCKETS_DEFAULT, BUCKETS_MAX, BUCKETS_MIN } from './limits.ts'
import { STEER_KEYS } from './steer.ts'
import type { ServicePort, ServiceSettings } from './wire/messages.ts'

export interface ServiceFile {
  readonly settings: ServiceSettings
  readonly config: string
  /** File of the configuration, for messages; `#config` of the service file where it is inline. */
  readonly configName: string
  /** Where its own elements come from, in the file's order. */
  readonly sources: readonly ElementSource[]
  /** Folder of the first source that is one, or null: for those who know of one only. */
  readonly elements: string | null
  readonly defines: Readonly<Record<string, string>>
}

/** Kernel's IFNAMSIZ less its zero. */
const INTERFACE_MAX = 15
/** A service's name is part of names of sockets, namespaces and metrics. */
const NAME = /^[a-z][a-z0-9_-]{0,30}$/
const DRIVERS = ['auto', 'xdp', 'packet', 'udp'] as const
const KEYS = Object.keys(STEER_KEYS) as [keyof typeof STEER_KEYS]

const powerOfTwo = (n: number) => (n & (n - 1)) === 0
const udpPort = z.int().min(1).max(65_535)

const portSchema = z
  .strictObject({
    interface: z
      .string()
      .regex(/^[^\s/]+$/, 'is not the name of a network interface')
      .max(INTERFACE_MAX, `is longer than an interface's name can be (${INTERFACE_MAX})`)
      .optional(),
    key: z.enum(KEYS).default('flow'),
    udp: z.strictObject({ listen: udpPort, peer: udpPort }).optional(),
  })
  .refine((p) => p.interface !== undefined || p.udp !== undefined, {
    message: "needs 'interface', or 'udp' with 'listen' and 'peer'",
  })

const fileSchema = z.strictObject({
  service: z.string().regex(NAME, 'is not a name: a-z first, then a-z 0-9 _ -, at most 31'),
  config: z.string().min(1),
  // Its forms are told apart, and explained, by findElementSources.
  elements: z.unknown().optional(),
  buckets: z
    .int()
    .min(BUCKETS_MIN)
    .max(BUCKETS_MAX)
    .refine(powerOfTwo, 'is not a power of two')
    .default(BUCKETS_DEFAULT),
  driver: z.enum(DRIVERS).default('auto'),
  ports: z.record(z.string(), portSchema).superRefine((ports, context) => {
    const names = Object.keys(ports)
    if (names.length === 0) context.addIssue({ code: 'custom', message: 'needs at least one port' })
    for (const name of names.filter((n) => !NAME.test(n)))
      context.addIssue({ code: 'custom', path: [name], message: 'is not a name of a port' })
  }),
  defines: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

/** Reads a service file and what it names. Throws SERVICE_FILE with everything that is wrong. */
export function readServiceFile(path: string): ServiceFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const what = `${path}: ${fileProblem(cause)}`
    throw new ClickUpError('SERVICE_FILE', what, 'name a service file (YAML)')
  }
  return parseServiceFile(text, path)
}

/** @param path for messages, and what paths inside are relative to */
export function parseServiceFile(text: string, path: string): ServiceFile {
  const lines = new Lines()
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const name = basename(path)
  const atOffset = (offset: number) => `${name}:${lines.linePos(offset).line || 1}`
  if (doc.errors.length > 0)
    throw wrong(
      path,
      doc.errors.map((e) => ({ where: atOffset(e.pos[0]), message: e.message })),
    )
  const value = plainValue(doc, path, name)
  const parsed = fileSchema.safeParse(value)
  const findings = parsed.success
    ? sharedInterfaces(parsed.data.ports, (port) => at(doc, lines, name, ['ports', port]))
    : parsed.error.issues.flatMap((issue) => findingsOf(issue, doc, lines, name))
  const configText = readConfig(value, path, at(doc, lines, name, ['config']), findings)
  const { elements } = (value ?? {}) as { elements?: unknown }
  const { sources, problems } = findElementSources(elements, dirname(path))
  for (const { path: inside, message } of problems) {
    const place = ['elements', ...inside]
    findings.push({ where: at(doc, lines, name, place), message: `${place.join('.')}: ${message}` })
  }
  if (!parsed.success || configText === null || findings.length > 0)
    throw wrong(path, findings.sort(byLine))
  const file = parsed.data
  const inline = file.config.includes('\n')
  return {
    settings: {
      service: file.service,
      bucketsLog2: Math.log2(file.buckets),
      driver: file.driver,
      ports: Object.entries(file.ports).map(([port, p]) => asPort(port, p)),
    },
    config: configText,
    configName: inline ? `${name}#config` : basename(file.config),
    sources,
    elements: sources.find((s) => s.kind === 'folder')?.folder ?? null,
    defines: Object.fromEntries(Object.entries(file.defines).map(([k, v]) => [k, String(v)])),
  }
}

/** Ports that the configuration uses and the service does not have, and the other way round. */
export function checkPorts(graph: FlatGraph, settings: ServiceSettings): Finding[] {
  const have = settings.ports.map((p) => p.name)
  const used = new Set<string>()
  const findings: Finding[] = []
  for (const { className, args, where } of graph.elements) {
    if (className !== 'FromDevice' && className !== 'ToDevice') continue
    const port = (args[0] ?? '').replace(/^DEVNAME\s+/, '').replace(/^"(.*)"$/, '$1')
    used.add(port)
    if (!have.includes(port))
      findings.push({
        where,
        message: `${className}(${port}): the service has no port '${port}'${suggest(port, have)}`,
      })
  }
  for (const port of have) {
    if (!used.has(port))
      findings.push({
        where: `ports.${port}`,
        message: `port '${port}' is not used: no FromDevice or ToDevice of that name`,
      })
  }
  return findings
}

/** The document as plain data. Aliases are found out here: unknown ones, and too many. */
function plainValue(doc: Document, path: string, name: string): unknown {
  try {
    return doc.toJS()
  } catch (cause) {
    throw wrong(path, [{ where: name, message: (cause as Error).message }])
  }
}

/** The configuration's text; null, with a finding, where it cannot be read. */
function readConfig(value: unknown, path: string, where: string, findings: Finding[]) {
  const config = (value as { config?: unknown } | null)?.config
  if (typeof config !== 'string' || config.includes('\n')) return config as string | null
  try {
    return readFileSync(resolve(dirname(path), config), 'utf8')
  } catch (cause) {
    findings.push({ where, message: `config: ${config}: ${fileProblem(cause)}` })
    return null
  }
}

/** Two ports of a service cannot share an interface: a packet would have two destinations. */
function sharedInterfaces(
  ports: Readonly<Record<string, { interface?: string | undefined }>>,
  where: (port: string) => string,
): Finding[] {
  const first = new Map<string, string>()
  const findings: Finding[] = []
  for (const [port, { interface: name }] of Object.entries(ports)) {
    if (name === undefined) continue
    const other = first.get(name)
    if (other === undefined) first.set(name, port)
    else
      findings.push({
        where: where(port),
        message: `ports.${port}.interface: '${name}' is already that of port '${other}'`,
      })
  }
  return findings
}

function byLine(a: Finding, b: Finding): number {
  return Number(a.where.split(':')[1] ?? 0) - Number(b.where.split(':')[1] ?? 0)
}

function asPort(name: string, p: z.infer<typeof portSchema>): ServicePort {
  return {
    name,
    key: p.key,
    interface: p.interface ?? null,
    listen: p.udp?.listen ?? null,
    peer: p.udp?.peer ?? null,
  }
}

type Path = readonly PropertyKey[]

function findingsOf(
  issue: z.core.$ZodIssue,
  doc: Document,
  lines: LineCounter,
  name: string,
): Finding[] {
  const finding = (path: Path, message: string): Finding => ({
    where: at(doc, lines, name, path),
    message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
  })
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path)
    return issue.keys.map((key) =>
      finding([...issue.path, key], `unknown key${suggest(key, known)}; known: ${list(known)}`),
    )
  }
  if (issue.code === 'invalid_key') return issue.issues.map((i) => finding(issue.path, i.message))
  return [finding(issue.path, wordsOf(issue, valueAt(doc, issue.path)))]
}

function wordsOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code !== 'custom') return 'is missing'
  const given = JSON.stringify(value)
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String)
      return `${given} is not allowed${suggest(String(value), allowed)}; one of: ${list(allowed)}`
    }
    case 'invalid_type':
      return `${given} is not ${article(issue.expected)}`
    case 'invalid_union':
      return `${given} is neither text, a number nor true/false`
    case 'too_small':
      return issue.origin === 'string' ? 'is empty' : `${given} is less than ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string'
        ? `${given} ${issue.message}`
        : `${given} is more than ${issue.maximum}`
    case 'invalid_format':
      return `${given} ${issue.message}`
    default:
      return typeof value === 'object' ? issue.message : `${given} ${issue.message}`
  }
}

function article(type: string): string {
  const words: Record<string, string> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    object: 'a mapping (key: value)',
    record: 'a mapping (key: value)',
  }
  return words[type] ?? `a ${type}`
}

/** Keys that are known at a place in the file. */
function keysAt(path: Path): string[] {
  if (path.length === 0) return Object.keys(fileSchema.shape)
  return path.length === 2 ? Object.keys(portSchema.shape) : ['listen', 'peer']
}

function at(doc: Document, lines: LineCounter, name: string, path: Path): string {
  return `${name}:${lineOf(doc, lines, path)}`
}

/** Line of the deepest node on the path that is there. */
function lineOf(doc: Document, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? doc.contents : doc.getIn(path.slice(0, depth - 1), true)
    const items = (parent as { items?: { key?: unknown }[] } | null)?.items ?? []
    const entry = items[path[depth - 1] as number] as Node | undefined
    if (entry?.range != null) return lines.linePos(entry.range[0]).line
    for (const { key } of items) {
      const node = key as { value?: unknown; range?: [number, number, number] | null } | undefined
      if (node?.range != null && String(node.value) === String(path[depth - 1]))
        return lines.linePos(node.range[0]).line
    }
  }
  const start = (doc.contents as Node | null)?.range?.[0] ?? 0
  return lines.linePos(start).line || 1
}

function valueAt(doc: Document, path: Path): unknown {
  let value: unknown = doc.toJS()
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

function wrong(path: string, findings: readonly Finding[]): ClickUpError {
  const many = findings.length === 1 ? 'an error' : `${findings.length} errors`
  return new ClickUpError(
    'SERVICE_FILE',
    `${path} has ${many}`,
    'doc/cli.md describes the service file',
    findings,
  )
}

/** `, did you mean 'x'?` where one is near enough. */
function suggest(word: string, known: readonly string[]): string {
  let best = ''
  let least = Math.min(3, word.length)
  for (const candidate of known) {
    const d = distance(word, candidate)
    if (d < least) {
      least = d
      best = candidate
    }
  }
  return best === '' ? '' : `, did you mean '${best}'?`
}

/** Levenshtein distance; both words are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same))
    }
    row = next
  }
  return row[b.length]!
}

function list(words: readonly string[]): string {
  return words.join(', ')
}
