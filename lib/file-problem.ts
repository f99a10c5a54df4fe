// Why a file that somebody named cannot be read, in words: people should not need errno(3).

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'not allowed to read it (EACCES)',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'a part of its path is not a directory',
}

export function fileProblem(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException
  return code === undefined ? (cause as Error).message : (WORDS[code] ?? code)
}
