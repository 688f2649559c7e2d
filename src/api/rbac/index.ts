export { type ClusterRole, clusterRole } from './clusterrole.ts'
export { type ClusterRoleBinding, clusterRoleBinding } from './clusterrolebinding.ts'
export { type Role, role } from './role.ts'
export { type RoleBinding, roleBinding } from './rolebinding.ts'
