// The packet loop's thread, started by deploy/replica.cts, whose flags hold here too.

require('./load-bundle.cjs').runBundle('packet-loop-code')
