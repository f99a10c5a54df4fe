// What a service's interface was set to before it was taken, so that it can be put back: by the agent
// that took it, or by the next one when that was killed. The interface itself does not say who made
// it promiscuous, so it is written down, before anything is changed:
//
//   /run/click-up/interfaces/<network namespace>-<index>.json
//
// A record counts only for the very interface: name and hardware address must be the same, for
// numbers of namespaces and interfaces are used again. Lost with /run at a reboot, as the interfaces'
// settings are. Where it cannot be written, a killed agent's successor leaves the interface as it is.

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Link, liveNetns } from './links.ts'

const run = promisify(execFile)
const DIR = '/run/click-up/interfaces'

/**
 * Features that change frames on their way: tags taken off, frames merged. As `ethtool -k` spells
 * them; `ethtool -K` takes the same names.
 */
const FEATURES = ['rx-vlan-offload', 'large-receive-offload']

export interface WireSettings {
  readonly promiscuous: boolean
  /** Those of FEATURES that were on and can be turned off. */
  readonly features: readonly string[]
}

interface Recorded extends WireSettings {
  readonly name: string
  readonly address: string
}

/** As they are now, or as a killed agent that took the interface has found them. */
export async function settingsOf(link: Link): Promise<WireSettings> {
  const left = recorded(link)
  if (left !== null) return { promiscuous: left.promiscuous, features: left.features }
  const features = await featuresOn(link.ifname)
  return { promiscuous: link.flags.includes('PROMISC'), features }
}

/** Writes them down and takes the interface: promiscuous, without the features. */
export async function takeSettings(link: Link, found: WireSettings): Promise<void> {
  const { ifname: name, address = '' } = link
  record(link, { name, address, ...found })
  await run('ip', ['link', 'set', 'dev', name, 'promisc', 'on']).catch(() => {})
  await setFeatures(name, found.features, 'off')
}

/** Puts them back. */
export async function restoreSettings(link: Link, found: WireSettings): Promise<void> {
  const { ifname: name } = link
  if (!found.promiscuous)
    await run('ip', ['link', 'set', 'dev', name, 'promisc', 'off']).catch(() => {})
  await setFeatures(name, found.features, 'on')
  forgetSettings(link)
}

/** The record goes: the settings are back, or the interface has gone. */
export function forgetSettings(link: Link): void {
  rmSync(fileOf(link), { force: true })
}

async function featuresOn(name: string): Promise<string[]> {
  const said = await run('ethtool', ['-k', name]).catch(() => ({ stdout: '' }))
  // A feature that cannot be changed has ` [fixed]` behind it.
  return FEATURES.filter((feature) => new RegExp(`^${feature}: on$`, 'm').test(said.stdout))
}

/** As far as the interface's driver can. */
async function setFeatures(name: string, features: readonly string[], to: 'on' | 'off') {
  for (const feature of features) await run('ethtool', ['-K', name, feature, to]).catch(() => {})
}

function fileOf(link: Link): string {
  const netns = statSync('/proc/self/ns/net').ino.toString(36)
  return join(DIR, `${netns}-${link.ifindex}.json`)
}

function recorded(link: Link): Recorded | null {
  try {
    const found = JSON.parse(readFileSync(fileOf(link), 'utf8')) as Recorded
    return found.name === link.ifname && found.address === (link.address ?? '') ? found : null
  } catch {
    return null // none, or killed while it was written: nothing had been changed yet
  }
}

function record(link: Link, settings: Recorded): void {
  try {
    mkdirSync(DIR, { recursive: true, mode: 0o700 })
    forgetDead()
    writeFileSync(fileOf(link), JSON.stringify(settings), { mode: 0o600 })
  } catch {
    // Not writable here: see the head.
  }
}

/** Records of namespaces that are gone. */
function forgetDead(): void {
  const own = statSync('/proc/self/ns/net').ino.toString(36)
  const others = readdirSync(DIR).filter((name) => !name.startsWith(`${own}-`))
  if (others.length === 0) return
  const alive = liveNetns()
  for (const name of others)
    if (!alive.has(name.split('-')[0]!)) rmSync(join(DIR, name), { force: true })
}
