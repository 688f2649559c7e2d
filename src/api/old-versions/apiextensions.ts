import { deepEqual } from '../../apimachinery/json.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  Field,
  type Fields,
  type ListType,
  list,
  type Message,
  string,
  types,
} from '../../apimachinery/schema/types.ts'
import { validateOldDefinition, validateOldDefinitionUpdate } from '../apiextensions/definition/validate.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../apiextensions/definition-messages.ts'
import { customResourceDefinition } from '../apiextensions/index.ts'
import { oldVersion } from './old-version.ts'

/** What all versions could have in common was stated at the top. */
const COMMON = ['subresources', 'additionalPrinterColumns', 'selectableFields'] as const

type OldColumn = { JSONPath: string }
type Version = Omit<CustomResourceDefinitionVersion, 'additionalPrinterColumns'> & {
  additionalPrinterColumns?: unknown[]
}
interface OldSpec
  extends Omit<CustomResourceDefinitionSpec, 'conversion' | 'versions'>,
    Omit<Version, 'name' | 'served' | 'storage' | 'schema'> {
  version?: string
  validation?: Version['schema']
  versions: Version[]
  conversion?: { strategy: string; webhookClientConfig?: unknown; conversionReviewVersions?: string[] }
}
interface OldDefinition extends KubeObject {
  spec: OldSpec
  status: CustomResourceDefinition['status']
}

const under = ({ type, facts }: Fields[string], number: number, doc: string): Fields[string] =>
  new Field(number, type, { ...facts, presence: 'optional', listed: false, doc })

const messages = {
  CustomResourceDefinitionSpec: {
    fields(fields: Fields): Fields {
      const version = (fields.versions!.type as ListType).item as Message
      const { schema, subresources, additionalPrinterColumns, selectableFields } = version.fields
      return {
        ...fields,
        version: string(2).doc('Its only version; versions in place of it.'),
        scope: string(4).present().default('Namespaced').doc('Cluster or Namespaced.'),
        validation: under(schema!, 5, 'What its objects look like, in all versions.'),
        subresources: under(subresources!, 6, 'Which subresources it has, in all versions.'),
        versions: under(fields.versions!, 7, 'Its versions.'),
        additionalPrinterColumns: under(additionalPrinterColumns!, 8, 'Columns of its tables, in all versions.'),
        selectableFields: under(selectableFields!, 11, 'Fields that field selectors may name, in all versions.'),
        preserveUnknownFields: bool(10)
          .pointer()
          .doc('Whether fields that no schema states are kept; true when left out.'),
      }
    },
  },
  CustomResourceColumnDefinition: {
    fields: ({ jsonPath, ...fields }: Fields): Fields => ({ ...fields, JSONPath: jsonPath! }),
  },
  CustomResourceConversion: {
    fields({ strategy, webhook }: Fields): Fields {
      const { clientConfig } = (webhook!.type as Message).fields
      return {
        strategy: strategy!,
        webhookClientConfig: under(clientConfig!, 2, 'For Webhook: where it is.'),
        conversionReviewVersions: list(3, types.string).atomic().doc('Versions of ConversionReview it understands.'),
      }
    },
  },
}

function setDefaults({ spec, status }: OldDefinition): void {
  const { names } = spec
  if (!names.singular && names.kind) names.singular = names.kind.toLowerCase()
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
  spec.versions ??= []
  if (spec.versions.length === 0 && spec.version) {
    spec.versions = [{ name: spec.version, served: true, storage: true }]
  }
  if (!spec.version && spec.versions[0]) spec.version = spec.versions[0].name
  spec.conversion ??= { strategy: 'None' }
  if (spec.conversion.strategy === 'Webhook' && !spec.conversion.conversionReviewVersions?.length) {
    spec.conversion.conversionReviewVersions = ['v1beta1']
  }
  spec.preserveUnknownFields ??= true
  const storage = spec.versions.find(version => version.storage)
  if (status && storage && !status.storedVersions?.length) status.storedVersions = [storage.name]
}

function toCurrent(object: KubeObject): KubeObject {
  const crd = object as OldDefinition
  const { version: _, validation, subresources, additionalPrinterColumns, selectableFields, ...spec } = crd.spec
  const common = { subresources, additionalPrinterColumns, selectableFields }
  const versions = (spec.versions ?? []).map(version => {
    const own: Version = { ...version }
    if (validation) own.schema = validation
    for (const part of COMMON) if (common[part]) Object.assign(own, { [part]: common[part] })
    own.additionalPrinterColumns = own.additionalPrinterColumns?.map(column => {
      const { JSONPath, ...rest } = column as OldColumn
      return { ...rest, jsonPath: JSONPath }
    })
    return own
  })
  const {
    strategy,
    webhookClientConfig: clientConfig,
    conversionReviewVersions,
  } = spec.conversion ?? { strategy: 'None' }
  const webhook = (clientConfig || conversionReviewVersions) && { clientConfig, conversionReviewVersions }
  return { ...crd, spec: { ...spec, versions, conversion: { strategy, webhook } } } as KubeObject
}

function fromCurrent(object: KubeObject): KubeObject {
  const crd = object as CustomResourceDefinition
  const { conversion, ...spec } = crd.spec
  const versions: Version[] = crd.spec.versions.map(version => ({
    ...version,
    additionalPrinterColumns: version.additionalPrinterColumns?.map(({ jsonPath, ...column }) => ({
      ...column,
      JSONPath: jsonPath,
    })),
  }))
  const [first] = versions
  const top: Record<string, unknown> = {}
  for (const part of ['schema', ...COMMON] as const) {
    if (!first || !versions.every(version => deepEqual(version[part], first[part]))) continue
    top[part === 'schema' ? 'validation' : part] = first[part]
    for (const version of versions) delete version[part]
  }
  const old = conversion && {
    strategy: conversion.strategy,
    webhookClientConfig: conversion.webhook?.clientConfig,
    conversionReviewVersions: conversion.webhook?.conversionReviewVersions,
  }
  const preserveUnknownFields = spec.preserveUnknownFields ?? false
  return {
    ...crd,
    spec: { ...spec, ...top, version: first?.name, versions, conversion: old, preserveUnknownFields },
  } as KubeObject
}

const view = oldVersion(customResourceDefinition, {
  version: 'v1beta1',
  deprecated: '1.16',
  removed: '1.22',
  messages,
  defaults: object => setDefaults(object as OldDefinition),
  toCurrent,
  fromCurrent,
})
const { kind: stored, toStored, fromStored } = view.storedAs!
const asStored = (object: KubeObject) => toStored(object) as CustomResourceDefinition

/** apiextensions.k8s.io/v1beta1. Its rules leave more alone: schemas need not be there, nor be structural. */
export const oldApiExtensions: Kind[] = [
  {
    ...view,
    storedAs: { kind: stored, toStored, fromStored },
    prepareForCreate: customResourceDefinition.prepareForCreate as Kind['prepareForCreate'],
    prepareForUpdate: customResourceDefinition.prepareForUpdate as Kind['prepareForUpdate'],
    prepareForDelete: customResourceDefinition.prepareForDelete as Kind['prepareForDelete'],
    validateCreate: (object, at) => validateOldDefinition(asStored(object), at),
    validateUpdate: (object, old, at) => validateOldDefinitionUpdate(asStored(object), asStored(old), at),
  },
]
