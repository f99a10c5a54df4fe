// How ToHost finds the device of its FromHost: by the device's name.

import { transportOf } from './transport.ts'

export function hostKey(devname: string): string {
  return `FromHost ${devname}`
}

export function hostDevice(devname: string): ReturnType<typeof transportOf> {
  return transportOf(hostKey(devname))
}
