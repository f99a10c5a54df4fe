// Rules of the kernel's firewall that keep the kernel from handling what comes in by a device:
// KernelFilter, and FromDevice with SNIFFER false.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

const PLACES = ['/sbin/iptables', '/usr/sbin/iptables']

/** Throws where the program is missing, or refuses. @param command '': where it usually is */
export function filterDevice(devname: string, add: boolean, command = ''): void {
  const program = command === '' ? PLACES.find(isExecutable) : command
  if (program === undefined) throw new Error("no 'iptables' executable found")
  const args = [add ? '-A' : '-D', 'INPUT', '-i', devname, '-j', 'DROP']
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'latin1' })
  const said = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim()
  if (status === 0 && said === '') return
  throw new Error(`${program} ${args.join(' ')}: ${said === '' ? `exit status ${status}` : said}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
