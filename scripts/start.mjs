// `npm start`: from a checkout to a running cluster with the demo on it.
import { spawnSync } from 'node:child_process'
import { buildProgram, checkNode, installPackages, installSystemPackages } from './setup.mjs'

checkNode()
installPackages()
const complete = installSystemPackages()
buildProgram()

const tsukube = (...args) => spawnSync(process.execPath, ['bin/tsukube', ...args], { stdio: 'inherit' }).status ?? 1
const up = tsukube('up')
if (up !== 0) process.exit(up)
process.exit(complete && process.getuid?.() === 0 ? tsukube('demo') : 0)
