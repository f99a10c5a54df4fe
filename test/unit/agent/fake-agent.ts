// An agent with fake steering and fake replicas, as a process: `fake-agent.js RUN_DIR ENDPOINT HOST`.

import { fileURLToPath } from 'node:url'
import { ClickUpError } from '../../../lib/errors.ts'
import { startAgent } from '../../../node-agent/main.ts'
import { fakeSteering } from './fake-steering.ts'

const [dir, coordinator, host] = process.argv.slice(2)
const replicaMain = fileURLToPath(new URL('fake-replica.js', import.meta.url))
const end = (cause: unknown) => {
  if (!(cause instanceof ClickUpError)) throw cause
  console.log(JSON.stringify({ refused: cause.code, message: cause.message }))
  process.exit(1)
}
try {
  const agent = await startAgent({
    dir: dir!,
    coordinator: coordinator!,
    host: host!,
    metricsPort: 0,
    replicaMain,
    openSteering: async () => ({ steering: fakeSteering(), reason: 'fake' }),
    onRefused: (error) => void agent.close().then(() => end(error)),
  })
  process.on('SIGTERM', () => void agent.close().then(() => process.exit(0)))
  console.log(JSON.stringify({ ready: true }))
} catch (cause) {
  end(cause)
}
