import { makeRewriter } from '../lib/rewriter.ts'

export default makeRewriter({ name: 'TCPRewriter', family: 'tcp', accounting: true })
