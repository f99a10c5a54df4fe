// What people may ask of the coordinator, with the shape of each request checked before it is used:
// a CLI of another make gets a PROTOCOL error that names the field.

import { z } from 'zod'
import { versionOf } from '../lib/artifact.ts'
import { ClickUpError } from '../lib/errors.ts'
import { BUCKETS_MAX, SERVICE_PORTS_MAX } from '../lib/limits.ts'
import { STEER_KEYS } from '../lib/steer.ts'
import type {
  Deployed,
  ServiceDeploy,
  ServiceHandler,
  ServiceHeld,
  ServiceHeldRequest,
  ServiceLog,
  ServiceLogs,
  ServiceRollback,
  ServiceUpgrade,
  Status,
  Upgraded,
  UpgradeProgress,
} from '../lib/wire/messages.ts'
import type { Server } from '../lib/wire/transport.ts'

type Tell = (progress: UpgradeProgress) => void

export interface Requests {
  deploy(request: ServiceDeploy): Promise<Deployed>
  undeploy(service: string): Promise<{ service: string }>
  upgrade(request: ServiceUpgrade, tell: Tell): Promise<Upgraded>
  rollback(request: ServiceRollback, tell: Tell): Promise<Upgraded>
  held(request: ServiceHeldRequest): Promise<ServiceHeld>
  handler(request: ServiceHandler): Promise<string>
  logs(request: ServiceLogs): Promise<ServiceLog>
  status(): Status
}

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/)
const version = z.string().regex(/^[0-9a-f]{1,64}$/)
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is not bytes')
const udpPort = z.int().min(1).max(65_535).nullable()

const settings = z.object({
  service: name,
  bucketsLog2: z.int().min(1).max(Math.log2(BUCKETS_MAX)),
  driver: z.enum(['auto', 'xdp', 'packet', 'udp']),
  ports: z
    .array(
      z.object({
        name,
        key: z.enum(Object.keys(STEER_KEYS) as [keyof typeof STEER_KEYS]),
        interface: z.string().nullable(),
        listen: udpPort,
        peer: udpPort,
      }),
    )
    .min(1)
    .max(SERVICE_PORTS_MAX),
})

const deploy = z.object({ settings, version, artifact: bytes })
const byName = z.object({ service: name })
const upgrade = z.object({
  service: name,
  version,
  artifact: bytes.nullable(),
  settings: settings.nullable(),
  map: z.record(z.string(), z.string()),
  discard: z.array(z.string()),
  inPlace: z.boolean().default(false),
})
const rollback = z.object({
  service: name,
  map: z.record(z.string(), z.string()).default({}),
  discard: z.array(z.string()).default([]),
  inPlace: z.boolean().default(false),
})
const held = z.object({ service: name, version: z.string().nullable() })
const replica = z.string().nullable()
const handler = z.object({
  service: name,
  replica,
  path: z.string().min(1),
  value: z.string().nullable(),
})
const logs = z.object({ service: name, replica, lines: z.int().min(1) })

export function serveRequests(server: Server, to: Requests): void {
  const on = <T>(
    kind: string,
    schema: z.ZodType<T>,
    run: (request: T, tell: (event: unknown) => void) => unknown,
  ) =>
    server.handle(kind, (body, { progress }) => {
      const parsed = schema.safeParse(body)
      if (!parsed.success) throw misshapen(kind, parsed.error)
      return run(parsed.data, progress)
    })
  on('service.deploy', deploy, (request) => {
    checkBytes(request.version, request.artifact)
    return to.deploy(request)
  })
  on('service.undeploy', byName, ({ service }) => to.undeploy(service))
  on('service.upgrade', upgrade, (request, tell) => {
    if (request.artifact !== null) checkBytes(request.version, request.artifact)
    return to.upgrade(request, tell)
  })
  on('service.rollback', rollback, (request, tell) => to.rollback(request, tell))
  on('service.held', held, (request) => to.held(request))
  on('service.handler', handler, (request) => to.handler(request))
  on('service.logs', logs, (request) => to.logs(request))
  on('status', z.null(), () => to.status())
}

/** A version is named by its content: what arrives under another name was damaged on the way. */
function checkBytes(claimed: string, artifact: Uint8Array): void {
  if (versionOf(artifact) !== claimed)
    throw new ClickUpError(
      'ARTIFACT',
      `version ${claimed}: the bytes are not its own`,
      'damaged on the way: try again',
    )
}

function misshapen(kind: string, error: z.ZodError): ClickUpError {
  const findings = error.issues.map((issue) => ({
    where: issue.path.join('.'),
    message: issue.message,
  }))
  return new ClickUpError(
    'PROTOCOL',
    `'${kind}' has not the shape that this coordinator takes`,
    'run the same release of click-up on both sides',
    findings,
  )
}
