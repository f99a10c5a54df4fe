import { makeRewriter } from '../lib/rewriter.ts'

export default makeRewriter({ name: 'UDPRewriter', family: 'udp', accounting: true })
