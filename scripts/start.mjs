// `npm start`: from a checkout to a running cluster with the demo on it.
import { spawnSync } from 'node:child_process'
import { buildProgram, checkNode, installPackages, installSystemPackages } from './setup.mjs'

checkNode()
installPackages()
installSystemPackages()
buildProgram()

const tsukube = (...args) => spawnSync(process.execPath, ['bin/tsukube', ...args], { stdio: 'inherit' }).status ?? 1
const up = tsukube('up')
if (up !== 0) process.exit(up)
const status = spawnSync(process.execPath, ['bin/tsukube', 'status', '-o', 'json'], { encoding: 'utf8' })
if (JSON.parse(status.stdout).nodes > 0) process.exit(tsukube('demo'))
process.stdout.write(`
Try next:
  kubectl create deployment web --image=nginx --replicas=3
  kubectl get pods -o wide
  bin/tsukube status
  bin/tsukube delete
`)
