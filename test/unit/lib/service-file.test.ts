// The service file: good ones, and golden errors for bad ones.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { parseConfig } from '../../../lib/click/index.ts'
import { ClickUpError } from '../../../lib/errors.ts'
import { checkPorts, parseServiceFile } from '../../../lib/service-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'cu-sf-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))
writeFileSync(join(dir, 'a.click'), 'FromDevice(inside) -> ToDevice(outside);\n')
mkdirSync(join(dir, 'own'))
writeFileSync(join(dir, 'own/A.ts'), 'export {}\n')
const path = join(dir, 'svc.yaml')

function findings(text: string): string[] {
  try {
    parseServiceFile(text, path)
  } catch (cause) {
    if (!(cause instanceof ClickUpError)) throw cause
    return cause.findings.map((f) => `${f.where} ${f.message}`)
  }
  return []
}

test('a whole file', (t) => {
  const file = parseServiceFile(
    `service: nat
config: a.click
elements: ./own
buckets: 256
driver: xdp
defines: { TIMEOUT: 60, NAME: x, ON: true }
ports:
  inside: { interface: in0, key: src, udp: { listen: 1, peer: 2 } }
  outside: { interface: out0 }
`,
    path,
  )
  t.deepEqual(file, {
    settings: {
      service: 'nat',
      bucketsLog2: 8,
      driver: 'xdp',
      ports: [
        { name: 'inside', key: 'src', interface: 'in0', listen: 1, peer: 2 },
        { name: 'outside', key: 'flow', interface: 'out0', listen: null, peer: null },
      ],
    },
    config: 'FromDevice(inside) -> ToDevice(outside);\n',
    configName: 'a.click',
    sources: [
      {
        from: './own',
        kind: 'folder',
        folder: join(dir, 'own'),
        files: [join(dir, 'own/A.ts')],
        replaces: [],
        hiddenState: null,
      },
    ],
    elements: join(dir, 'own'),
    defines: { TIMEOUT: '60', NAME: 'x', ON: 'true' },
  })
})

test('an inline configuration, and defaults', (t) => {
  const text = 'service: x\nconfig: |\n  Idle -> Discard;\nports:\n  a: { interface: e0 }\n'
  const { config, configName, settings } = parseServiceFile(text, path)
  t.is(config, 'Idle -> Discard;\n')
  t.is(configName, 'svc.yaml#config')
  t.is(settings.bucketsLog2, 10)
  t.is(settings.driver, 'auto')
})

test('sources of elements that are not there, each with its line', (t) => {
  const rest = 'service: x\nconfig: a.click\nports:\n  a: { interface: e0 }\n'
  const found = (text: string) => findings(rest + text).map((f) => f.replaceAll(dir, '.'))
  t.deepEqual(found('elements:\n  - ./own\n  - ./no\n  - npm:no-such-package\n'), [
    'svc.yaml:7 elements.1: ./no: no such folder: ./no',
    'svc.yaml:8 elements.2: npm:no-such-package: not found in node_modules of . or above: npm install no-such-package',
  ])
  t.deepEqual(found('elements: 3\n'), [
    "svc.yaml:5 elements: 3 is not a folder, 'npm:<package>', or { from: …, replaces: [Class] }",
  ])
  t.deepEqual(found('elements: { from: ./own, replaces: A }\n'), [])
})

test('everything that is wrong, with its line', (t) => {
  t.deepEqual(
    findings(`servce: nat
service: Nat!
config: missing.click
buckets: 1000
driver: xpd
ports:
  inside: { interface: inside0, key: flo }
  outside: { interfce: outside0 }
  third: { interface: a-name-that-is-too-long, udp: { listen: 0, peer: 70000, x: 1 } }
defines: { X: [1] }
`),
    [
      "svc.yaml:1 servce: unknown key, did you mean 'service'?; known: service, config, " +
        'elements, buckets, driver, ports, defines',
      'svc.yaml:2 service: "Nat!" is not a name: a-z first, then a-z 0-9 _ -, at most 31',
      'svc.yaml:3 config: missing.click: no such file',
      'svc.yaml:4 buckets: 1000 is not a power of two',
      'svc.yaml:5 driver: "xpd" is not allowed, did you mean \'xdp\'?; one of: auto, xdp, packet, udp',
      'svc.yaml:7 ports.inside.key: "flo" is not allowed, did you mean \'flow\'?; one of: flow, ' +
        'addresses, src, dst',
      "svc.yaml:8 ports.outside.interfce: unknown key, did you mean 'interface'?; known: " +
        'interface, key, udp',
      "svc.yaml:8 ports.outside: needs 'interface', or 'udp' with 'listen' and 'peer'",
      'svc.yaml:9 ports.third.interface: "a-name-that-is-too-long" is longer than an interface\'s ' +
        'name can be (15)',
      'svc.yaml:9 ports.third.udp.listen: 0 is less than 1',
      'svc.yaml:9 ports.third.udp.peer: 70000 is more than 65535',
      'svc.yaml:9 ports.third.udp.x: unknown key; known: listen, peer',
      'svc.yaml:10 defines.X: [1] is neither text, a number nor true/false',
    ],
  )
})

test('missing keys, a wrong kind of value, a shared interface, broken YAML', (t) => {
  t.deepEqual(findings('driver: auto\n'), [
    'svc.yaml:1 service: is missing',
    'svc.yaml:1 config: is missing',
    'svc.yaml:1 ports: is missing',
  ])
  t.deepEqual(findings('service: x\nconfig: a.click\nports: [a]\n'), [
    'svc.yaml:3 ports: ["a"] is not a mapping (key: value)',
  ])
  t.deepEqual(
    findings(
      'service: x\nconfig: a.click\nports:\n  a: { interface: e0 }\n  b: { interface: e0 }\n',
    ),
    ["svc.yaml:5 ports.b.interface: 'e0' is already that of port 'a'"],
  )
  t.regex(findings('service: x\nports: {a: [}\n')[0] ?? '', /^svc.yaml:2 /)
  t.regex(findings('service: x\nservice: y\n')[0] ?? '', /^svc.yaml:2 .*unique/)
  t.deepEqual(findings('service: x\nconfig: a.click\nports:\n  A: { interface: e0 }\n'), [
    'svc.yaml:4 ports.A: is not a name of a port',
  ])
  t.true(findings('').length > 0)
  t.true(findings('- a\n').length > 0)
})

test('ports that only one side knows', (t) => {
  const { graph } = parseConfig('FromDevice(insde) -> Queue -> ToDevice("outside");', {
    filename: 'a.click',
  })
  const text =
    'service: x\nconfig: a.click\nports:\n  inside: { interface: e0 }\n  outside: { interface: e1 }\n'
  const { settings } = parseServiceFile(text, path)
  t.deepEqual(checkPorts(graph, settings), [
    {
      where: 'a.click:1',
      message: "FromDevice(insde): the service has no port 'insde', did you mean 'inside'?",
    },
    {
      where: 'ports.inside',
      message: "port 'inside' is not used: no FromDevice or ToDevice of that name",
    },
  ])
})

test('no text makes it throw anything but SERVICE_FILE', (t) => {
  const piece = fc.constantFrom(
    'service',
    'ports',
    ': ',
    '{',
    '}',
    '[',
    '\n',
    '  ',
    '- ',
    'a',
    '&x ',
    '*x',
    '|\n',
    '!!',
    '1',
    '"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      findings(pieces.join(''))
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})
