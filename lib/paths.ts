// Where the program's own files are. The one place that asks for its own address: modules that are
// bundled into one file (deploy/bundle.ts) no longer lie where they were.

/** The folder that `lib/` is in: `build`, or the checkout where sources are run. */
export const HOME = new URL('..', import.meta.url)
