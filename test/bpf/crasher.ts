// An agent that attaches a service and a replica, then dies by SIGKILL: node crasher.js SERVICE IN
// OUT

import { createXdpSteering } from '../../node-agent/steering/xdp.ts'

const [service, inside, outside] = process.argv.slice(2)
if (service !== undefined) {
  const steering = createXdpSteering()
  await steering.attachService({
    service,
    bucketsLog2: 6,
    ports: [
      { name: 'inside', interface: inside!, key: 'flow' },
      { name: 'outside', interface: outside!, key: 'flow' },
    ],
  })
  await steering.attachReplica(service, 3)
  process.kill(process.pid, 'SIGKILL')
}
