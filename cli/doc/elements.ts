// The documentation of every element class there is, read from the files that the classes are in.

import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { classFiles, loadClasses } from '../../dataplane/classes.ts'
import { type Block, findBlock, parseBlock } from './block.ts'
import { type Declared, declaredOf } from './sections.ts'

export interface ElementText {
  readonly name: string
  /** The folder that it is in. */
  readonly group: string
  readonly block: Block
}

export interface ElementDoc extends ElementText {
  readonly declared: Declared
}

export function elementNames(): string[] {
  return [...classFiles().keys()].sort((a, b) => a.localeCompare(b))
}

/** What the block says: the class itself is not loaded. Null: there is no such class. */
export function elementText(name: string): ElementText | null {
  const file = classFiles().get(name)
  if (file === undefined) return null
  const text = findBlock(readFileSync(file, 'utf8')) ?? ''
  return { name, group: basename(dirname(file)), block: parseBlock(text) }
}

export function allElementTexts(): ElementText[] {
  return elementNames().flatMap((name) => elementText(name) ?? [])
}

export async function elementDoc(name: string): Promise<ElementDoc | null> {
  const text = elementText(name)
  const spec = text === null ? undefined : (await loadClasses([name])).get(name)
  if (text === null || spec === undefined) return null
  return { ...text, declared: declaredOf(spec) }
}

/** Titles of the categories that =s names; one that is not here is its own title. */
const CATEGORIES: Readonly<Record<string, string>> = {
  basicsources: 'Basic sources and sinks',
  classification: 'Classification and selection',
  basictransfer: 'Basic packet transfer',
  counters: 'Counters',
  timestamps: 'Timestamps',
  basicmod: 'Basic packet modification',
  storage: 'Packet storage',
  aqm: 'Active queue management',
  scheduling: 'Packet scheduling',
  shaping: 'Traffic shaping',
  information: 'Information',
  netdevices: 'Network devices',
  comm: 'Host and socket communication',
  ethernet: 'Ethernet',
  arp: 'ARP',
  ip: 'IPv4',
  iproute: 'IPv4 routing',
  icmp: 'ICMP',
  nat: 'Network address translation',
  tcp: 'TCP',
  udp: 'UDP',
  app: 'Applications',
  traces: 'Traces',
  ipmeasure: 'TCP/IP measurement',
  aggregates: 'Aggregates',
  ip6: 'IPv6',
  crc: 'CRCs',
  paint: 'Paint annotations',
  annotations: 'Annotations',
  debugging: 'Debugging',
  control: 'Control',
  threads: 'Threads',
  test: 'Tests',
}

export interface Category {
  readonly key: string
  readonly title: string
  readonly docs: readonly ElementText[]
}

/** Elements by what they are for; an element may be in several. */
export function byCategory(docs: readonly ElementText[]): Category[] {
  const used = new Set(docs.flatMap((doc) => doc.block.categories))
  const order = [...Object.keys(CATEGORIES), ...[...used].sort()]
  return [...new Set(order)]
    .filter((key) => used.has(key))
    .map((key) => ({
      key,
      title: CATEGORIES[key] ?? key,
      docs: docs.filter((doc) => doc.block.categories.includes(key)),
    }))
}

/** Names that someone may have meant, closest first. */
export function suggestions(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  const scored = names.map((one) => {
    const have = one.toLowerCase()
    const inside = have.includes(wanted) || wanted.includes(have) ? 1 : 3
    return { one, score: have === wanted ? 0 : Math.min(inside, distance(wanted, have)) }
  })
  return scored
    .filter(({ score }) => score <= 2)
    .sort((a, b) => a.score - b.score || a.one.length - b.one.length)
    .map(({ one }) => one)
    .slice(0, 8)
}

/** Letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, changed))
    }
    row = next
  }
  return row[b.length]!
}
