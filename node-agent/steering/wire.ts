// A service's interface: found, checked, taken and given back. At most one program steers it.

import { isNativeError, native, systemError } from '../../dataplane/native/native.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { type Link, linkIndex } from './links.ts'
import { forgetSettings, restoreSettings, settingsOf, takeSettings } from './wire-settings.ts'

/** Name of the steering program in the kernel: how what a crashed agent left is known. */
const PROGRAM = 'cu_steer'

export interface Wire {
  readonly name: string
  readonly ifindex: number
  readonly mtu: number
  readonly link: Link
}

/** Throws INTERFACE, with the interfaces that there are. */
export function findWire(links: readonly Link[], name: string, port: string): Wire {
  const link = links.find((l) => l.ifname === name)
  if (link === undefined) {
    const there = links.map((l) => l.ifname).join(', ')
    throw new ClickUpError(
      'INTERFACE',
      `port '${port}': no interface '${name}'; there are ${there}`,
      "name one of these in the service file ('ip link' lists them), or make it",
    )
  }
  return { name, ifindex: link.ifindex, mtu: link.mtu, link }
}

/** Takes off the interface a program of ours that has no agent any more; true: there was one. */
export function removeOldProgram(wire: Wire): boolean {
  const n = native()
  const found = n.xdpQuery(wire.ifindex, wire.name)
  if (found === null) return false
  const { fd, name } = n.bpfProgramById(found.id)
  try {
    if (name !== PROGRAM)
      throw new ClickUpError(
        'INTERFACE',
        `interface '${wire.name}' has an XDP program already: '${name}' (id ${found.id})`,
        `stop the program that uses it, or 'ip link set dev ${wire.name} xdp off'`,
      )
    n.xdpAttach(wire.ifindex, -1, fd, found.generic, wire.name)
    return true
  } finally {
    n.closeFd(fd)
  }
}

/** What no other mode of attaching would change. */
const FINAL: readonly string[] = ['EBUSY', 'EEXIST', 'ENODEV', 'EPERM', 'EACCES']

export interface Attached {
  readonly generic: boolean
  /** Why not in the driver; null where it is. */
  readonly reason: string | null
}

/**
 * Attaches a program where none is: in the driver if it can (drivers have their own bounds of MTU
 * and queues), else in the kernel's generic path, which is slower and takes every interface.
 */
export function attachProgram(ifindex: number, name: string, program: number): Attached {
  let reason: string
  try {
    native().xdpAttach(ifindex, program, -1, false, name)
    return { generic: false, reason: null }
  } catch (error) {
    if (!isNativeError(error) || FINAL.includes(error.code)) throw refused(error, name)
    reason = error.code
  }
  try {
    native().xdpAttach(ifindex, program, -1, true, name)
    return { generic: true, reason }
  } catch (error) {
    throw refused(error, name)
  }
}

function refused(error: unknown, name: string): unknown {
  if (!isNativeError(error)) return error
  if (error.code === 'EBUSY' || error.code === 'EEXIST')
    return new ClickUpError(
      'INTERFACE',
      `interface '${name}' has got another XDP program in the meantime (${error.message})`,
      'is another agent running on this host?',
    )
  return systemError(error)
}

/** Takes our program off; an interface that has gone, or has another program now, is left alone. */
export function detachProgram(ifindex: number, name: string, program: number, generic: boolean) {
  try {
    native().xdpAttach(ifindex, -1, program, generic, name)
  } catch (error) {
    const ours = isNativeError(error) && ['ENODEV', 'EEXIST', 'ENOENT'].includes(error.code)
    if (!ours) throw systemError(error)
  }
}

/**
 * Makes the interface show every frame as it was on the wire: those for other addresses (elements
 * answer for many), with their VLAN tags, not merged. Each as far as the driver can. Returns what
 * puts it back.
 */
export async function openWire(wire: Wire): Promise<() => Promise<void>> {
  const found = await settingsOf(wire.link)
  await takeSettings(wire.link, found)
  return async () => {
    if (linkIndex(wire.name) === wire.ifindex) await restoreSettings(wire.link, found)
    else forgetSettings(wire.link)
  }
}
