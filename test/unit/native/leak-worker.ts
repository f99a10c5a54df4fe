// One thread of leak.test.ts: opens and closes as often as it is told, then says so. Either a whole
// driver, or only shared memory and its sockets, without a program.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import type { DriverSpec } from '../../../dataplane/io/device.ts'
import { openDriver } from '../../../dataplane/io/open.ts'
import { retryBusy } from '../../../dataplane/io/xdp.ts'
import { native } from '../../../dataplane/native/native.ts'

export interface LeakWork {
  readonly spec: DriverSpec
  readonly socketsOnly: boolean
}

const { spec, socketsOnly } = workerData as LeakWork
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function driverOnce(): void {
  const driver = openDriver(spec)
  driver.ports[0]!.receive(new Array(8), 8)
  driver.close()
}

function socketsOnce(): void {
  const n = native()
  const umem = n.umemOpen(spec.frames * 2048)
  const handles: object[] = []
  let share = -1
  for (const port of spec.ports) {
    const open = () => n.xskOpen(umem.handle, share, port.interface!, 0, 64, 2048, false)
    const xsk = retryBusy(() => n.inNetns(spec.netns!, open))
    if (share < 0) share = xsk.fd
    handles.push(xsk.handle)
  }
  for (const handle of handles) n.xskClose(handle)
  n.umemClose(umem.handle)
}

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (socketsOnly) socketsOnce()
    else driverOnce()
    // Finalizers of the rings' buffers run between turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

parentPort?.on('message', async (count: number) => {
  if (count === 0) return parentPort?.close()
  await rounds(count)
  parentPort?.postMessage('done')
})
