export type * from './customresourcedefinition.ts'
export { customResourceDefinition } from './customresourcedefinition.ts'
export type * from './json-schema-props.ts'
