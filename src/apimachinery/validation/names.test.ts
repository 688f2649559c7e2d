import { expect, test } from 'vitest'
import {
  isCIdentifier,
  isConfigMapKey,
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isDomainPrefixedPath,
  isEnvVarName,
  isHTTPHeaderName,
  isLabelValue,
  isPathSegmentName,
  isPercent,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isRelaxedEnvVarName,
  isWildcardDNS1123Subdomain,
  nameIsDNSSubdomain,
} from './names.ts'

test.each([
  [isDNS1123Label, 'a-1', []],
  [isDNS1123Label, 'a.b', ['must not contain dots']],
  [
    isDNS1123Label,
    'A',
    [
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [isDNS1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
  [isDNS1123Subdomain, 'example.com', []],
  [
    isDNS1123Subdomain,
    'a..b',
    [
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [isDNS1035Label, '1a', [expect.stringContaining('a DNS-1035 label must consist of')]],
  [isWildcardDNS1123Subdomain, '*.example.com', []],
  [isQualifiedName, 'example.com/My.Name', []],
  [isQualifiedName, '/name', ['prefix part must be non-empty']],
  [isQualifiedName, 'a/b/c', [expect.stringMatching(/^a valid label key must consist of .*'example.com\/MyName'\)$/)]],
  [isLabelValue, '', []],
  [isLabelValue, 'x'.repeat(64), ['must be no more than 63 bytes']],
  [
    isLabelValue,
    '-',
    [
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
  [isCIdentifier, '1a', [expect.stringContaining('a valid C identifier must start')]],
  [isEnvVarName, '..x', [expect.stringContaining('must not start with')]],
  [isRelaxedEnvVarName, '1 a;', []],
  [isRelaxedEnvVarName, 'a=b', [expect.stringContaining('printable ASCII characters other than')]],
  [isConfigMapKey, '..', ["must not be '..'"]],
  [isPathSegmentName, 'a/b%', ["may not contain '/'", "may not contain '%'"]],
  [isPathSegmentName, '.', ["may not be '.'"]],
  [isPortName, 'http', []],
  [isPortName, '8080', ['must contain at least one letter (a-z)']],
  [isPortName, '-a--b', ['must not contain consecutive hyphens', 'must not begin or end with a hyphen']],
  [isPercent, '10%', []],
  [isHTTPHeaderName, 'X Y', [expect.stringContaining('a valid HTTP header must consist of')]],
  [isDomainPrefixedPath, 'acme.io/foo', []],
  [isDomainPrefixedPath, 'foo', ['must be a domain-prefixed path (such as "acme.io/foo")']],
] as const)('%o of %s', (check, value, messages) => {
  expect(check(value)).toEqual(messages)
})

test('port numbers have a range', () => {
  expect(isPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive'])
})

test('a generateName may end in a dash', () => {
  expect(nameIsDNSSubdomain('web-', true)).toEqual([])
  expect(nameIsDNSSubdomain('web-', false)).not.toEqual([])
})
