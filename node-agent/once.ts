// A request that is repeated while its first is under way waits for that.

/** Runs `make` unless it is under way already under this key; either way what comes of it. */
export function once<T>(underWay: Map<string, Promise<T>>, key: string, make: () => Promise<T>) {
  let running = underWay.get(key)
  if (running === undefined) {
    running = make().finally(() => underWay.delete(key))
    underWay.set(key, running)
  }
  return running
}
