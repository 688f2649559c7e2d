import { expect, test } from 'vitest'
import { namespaceRoleBindings, namespaceRoles } from './namespace-roles.ts'
import { clusterRoleBindings, clusterRoles } from './roles.ts'

const resourcesOf = (name: string, group: string) =>
  clusterRoles.find(role => role.name === name)!.rules.flatMap(r => (r.apiGroups?.includes(group) ? r.resources! : []))

test('the roles people get name the old group and the subresources', () => {
  expect(resourcesOf('system:aggregate-to-view', 'extensions')).toEqual(
    expect.arrayContaining(['deployments', 'deployments/scale', 'deployments/status', 'ingresses/status']),
  )
  expect(resourcesOf('system:aggregate-to-view', 'apps')).toContain('statefulsets/status')
  expect(resourcesOf('system:aggregate-to-edit', 'extensions')).toContain('replicationcontrollers/scale')
  expect(resourcesOf('system:aggregate-to-view', '')).not.toContain('secrets')
})

test('every binding names a role that there is, every role its name once', () => {
  const names = clusterRoles.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(clusterRoleBindings.map(({ role }) => role).filter(role => !names.includes(role))).toEqual([])
  for (const { namespace, role } of namespaceRoleBindings) {
    expect(namespaceRoles.some(one => one.namespace === namespace && one.name === role)).toBe(true)
  }
})
