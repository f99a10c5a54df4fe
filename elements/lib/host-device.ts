// How ToHost finds the device of its FromHost: by the device's name.

import type { TunTransport } from './tun-transport.ts'

// hidden-state: the devices that are open in this process, which are resources of their FromHosts
const devices = new Set<TunTransport>()

export function addHostDevice(device: TunTransport): void {
  devices.add(device)
}

export function removeHostDevice(device: TunTransport): void {
  devices.delete(device)
}

export function hostDevice(name: string): TunTransport | null {
  for (const device of devices) if (device.devname === name) return device
  return null
}
