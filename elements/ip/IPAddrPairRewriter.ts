import { makeAddressRewriter } from '../lib/rewriter-address.ts'

export default makeAddressRewriter({ name: 'IPAddrPairRewriter', sourceOnly: false })
