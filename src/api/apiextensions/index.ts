export { customResourceDefinition } from './customresourcedefinition.ts'
export type * from './definition-messages.ts'
export type * from './json-schema-props.ts'
