import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { clusterRole } from './clusterrole.ts'
import { clusterRoleBinding } from './clusterrolebinding.ts'
import { role } from './role.ts'
import { roleBinding } from './rolebinding.ts'

const metadata = { name: 'system:x', namespace: 'default' }
const roleRef = { kind: 'Role', name: 'x' }

test('rules of roles are checked', () => {
  const rule = (rule: object) => problems(role, { metadata, rules: [rule] })
  expect(rule({ verbs: ['get'], apiGroups: [''], resources: ['pods'] })).toEqual([])
  expect(rule({ apiGroups: [''], resources: ['pods'] })).toEqual([
    'rules[0].verbs: Required value: verbs must contain at least one value',
  ])
  expect(rule({ verbs: ['get'], resources: ['pods'] })).toEqual([
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ])
  expect(rule({ verbs: ['get'], nonResourceURLs: ['/x'] })).toEqual([
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ])
  expect(problems(clusterRole, { metadata, rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] })).toEqual([])
})

test('subjects and roles of bindings are filled in and checked', () => {
  const object = filled(roleBinding, { metadata, roleRef, subjects: [{ kind: 'User', name: 'a' }] })
  expect(object.roleRef.apiGroup).toBe('rbac.authorization.k8s.io')
  expect(object.subjects?.[0]?.apiGroup).toBe('rbac.authorization.k8s.io')
  expect(problems(clusterRoleBinding, { metadata, roleRef })).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ])
  const admin = { kind: 'ClusterRole', name: 'admin' }
  expect(
    problems(clusterRoleBinding, { metadata, roleRef: admin, subjects: [{ kind: 'ServiceAccount', name: 'a' }] }),
  ).toEqual(['subjects[0].namespace: Required value'])
  expect(problems(roleBinding, { metadata, roleRef, subjects: [{ kind: 'Robot', name: 'a' }] })).toEqual([
    'subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
  ])
})

test('a binding’s role stays', () => {
  expect(updateProblems(roleBinding, { metadata, roleRef }, { metadata, roleRef: { ...roleRef, name: 'y' } })).toEqual([
    'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"y"}: cannot change roleRef',
  ])
})

test('names may have colons', () => {
  for (const kind of [role, clusterRole, roleBinding, clusterRoleBinding]) {
    expect(kind.nameFormat?.('system:a:b', false)).toEqual([])
    expect(kind.nameFormat?.('a/b', false)).toEqual(["may not contain '/'"])
  }
})

test('a binding’s row tells the role and who has it', () => {
  const subjects = [
    { kind: 'User', name: 'a' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ]
  expect(row(roleBinding, filled(roleBinding, { metadata, roleRef, subjects }))).toEqual({
    Role: 'Role/x',
    Age: '<unknown>',
    Users: 'a',
    Groups: '',
    ServiceAccounts: 'n/s',
  })
})
