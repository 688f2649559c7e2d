import type { At } from '../../apimachinery/validation/at.ts'
import { isIP } from '../../apimachinery/validation/ip.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isPortNumber,
  isQualifiedName,
} from '../../apimachinery/validation/names.ts'
import { validateEndpointIP } from './endpoint-ip.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset } from './endpoints.ts'

export function validateEndpointAddress({ ip, hostname, nodeName }: EndpointAddress, at: At): void {
  const messages = isIP(ip)
  at.child('ip').invalidEach(ip, messages)
  if (hostname) at.child('hostname').invalidEach(hostname, isDNS1123Label(hostname))
  if (nodeName !== undefined) at.child('nodeName').invalidEach(nodeName, isDNS1123Subdomain(nodeName))
  if (messages.length === 0) validateEndpointIP(ip, at.child('ip'))
}

export function validateEndpointPort({ name, port, appProtocol }: EndpointPort, at: At): void {
  if (name) at.child('name').invalidEach(name, isDNS1123Label(name))
  at.child('port').invalidEach(port, isPortNumber(port))
  if (appProtocol !== undefined) at.child('appProtocol').invalidEach(appProtocol, isQualifiedName(appProtocol))
}

export function validateEndpointSubset({ addresses, notReadyAddresses, ports = [] }: EndpointSubset, at: At): void {
  if (!addresses && !notReadyAddresses) at.required('must specify `addresses` or `notReadyAddresses`')
  if (ports.length < 2) return
  ports.forEach(({ name }, i) => {
    if (!name) at.child('ports').index(i).child('name').required()
  })
}
