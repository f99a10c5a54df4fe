// Starts `click` from one file. deploy/bundle.ts makes it.

const bundles = require('./load-bundle.cjs')
bundles.setFlags()
bundles.runBundle('click')
