// The packet loop's thread, started by deploy/replica.cts.

require('./load-bundle.cjs').runBundle('packet-loop-code')
