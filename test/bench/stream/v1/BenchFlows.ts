import { benchFlows } from '../flows.ts'

export const BenchFlows = benchFlows(1)
