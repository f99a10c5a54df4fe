// The embedded store: LMDB. A commit is copy-on-write and one page flip, so a kill -9 or a power
// cut leaves the last whole state, with no log to replay and no repair. The only file that imports
// lmdb. doc/decisions says why it was chosen.

import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { ClickUpError } from '../lib/errors.ts'
import { MOVES_KEPT } from '../lib/limits.ts'
import type { JournalRecord } from '../lib/move/types.ts'
import type { ServiceRecord, Store, Write } from './store.ts'

/** Layout of the store. Another one is refused, not guessed at. */
const FORMAT = 1

type Key = [kind: string, name: string | number]

export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'store.mdb')
  const db = opened(path)
  const format = db.get(['format', '']) as number | undefined
  if (format !== undefined && format !== FORMAT) {
    void db.close()
    throw new ClickUpError(
      'SYSCALL',
      `${path} has layout ${format}, this release reads ${FORMAT}`,
      'use the release that wrote it, or move the file away to begin anew',
    )
  }
  const get = (kind: string, name: string | number): unknown => db.get([kind, name]) ?? null
  return {
    services: () => {
      const range = db.getRange({ start: ['service', ''], end: ['service', '\uffff'] })
      return [...range].map(({ value }) => value as ServiceRecord)
    },
    service: (name) => get('service', name) as ServiceRecord | null,
    version: (version) => get('version', version) as Uint8Array | null,
    move: (number) => get('move', number) as JournalRecord | null,
    nextMove: () => (get('nextMove', '') as number | null) ?? 1,
    async commit(writes) {
      await db.transaction(() => {
        void db.put(['format', ''], FORMAT)
        for (const write of writes) apply(db, write)
      })
      await db.flushed
    },
    close: () => db.close(),
  }
}

type Database = ReturnType<typeof opened>

function opened(path: string) {
  try {
    if (existsSync(path)) checkHead(path)
    return open<unknown, Key>({ path, noSubdir: true })
  } catch (cause) {
    throw new ClickUpError(
      'SYSCALL',
      `${path} cannot be opened: ${(cause as Error).message}`,
      'is the disk full, or the file damaged? Moved away, the coordinator begins anew',
    )
  }
}

/**
 * Throws where the file does not begin as LMDB's do: the library maps the file and trusts it, and a
 * file of something else would end the process with SIGSEGV. Page 0 is a meta page (flag 8 at byte
 * 18) with the magic number at byte 24, in the order of this machine's bytes (mdb.c, MDB_meta).
 */
function checkHead(path: string): void {
  const head = Buffer.alloc(HEAD_BYTES)
  const file = openSync(path, 'r')
  const length = readSync(file, head, 0, HEAD_BYTES, 0)
  closeSync(file)
  // Created, and killed before anything was written: begun anew.
  if (length === 0) return
  const magic = new Uint32Array(head.buffer, head.byteOffset + 24, 1)[0]
  const isMeta = length === HEAD_BYTES && (head[18]! & 8) !== 0
  if (!isMeta || magic !== MAGIC || statSync(path).size < META_BYTES)
    throw new Error('not a store, or cut off')
}

const HEAD_BYTES = 28
const MAGIC = 0xbeefc0de
/** Two meta pages of 4,096 bytes. */
const META_BYTES = 8_192

function apply(db: Database, write: Write): void {
  if ('remove' in write) {
    void db.remove([write.remove, write.remove === 'service' ? write.name : write.version])
    return
  }
  switch (write.put) {
    case 'service':
      void db.put(['service', write.record.settings.service], write.record)
      break
    case 'version':
      void db.put(['version', write.version], write.bytes)
      break
    case 'move': {
      const { move } = write.record.spec
      void db.put(['move', move], write.record)
      void db.remove(['move', move - MOVES_KEPT])
      break
    }
    case 'nextMove':
      void db.put(['nextMove', ''], write.number)
      break
  }
}
