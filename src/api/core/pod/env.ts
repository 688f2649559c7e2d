import { bool, type Infer, inline, message, quantity, ref, string } from '../../../apimachinery/schema/types.ts'
import { localObjectReferenceFields } from '../references.ts'
import { validateEnvFrom, validateEnvVar } from './env-rules.ts'

export const objectFieldSelector = message(
  'k8s.io.api.core.v1.ObjectFieldSelector',
  {
    apiVersion: string(1).default('v1').doc('The API version that the path is written for.'),
    fieldPath: string(2).present().doc("The field, as `metadata.name` or `metadata.labels['app']`."),
  },
  {
    atomic: true,
    doc: "Takes a value from the pod's own fields.",
  },
)
export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}

export const resourceFieldSelector = message(
  'k8s.io.api.core.v1.ResourceFieldSelector',
  {
    containerName: string(1).doc('Which container; needed in volumes, in env the container itself by default.'),
    resource: string(2).present().doc('The resource, as `limits.cpu` or `requests.memory`.'),
    divisor: quantity(3).always().doc('The unit to express it in; 1 by default.'),
  },
  {
    atomic: true,
    doc: "Takes a value from a container's resources.",
  },
)
export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}

export const configMapKeySelector = message(
  'k8s.io.api.core.v1.ConfigMapKeySelector',
  {
    ...inline(1, localObjectReferenceFields),
    key: string(2).present().doc('The key.'),
    optional: bool(3).pointer().doc('Whether the ConfigMap or the key may be missing.'),
  },
  {
    atomic: true,
    doc: 'Takes one key of a ConfigMap.',
  },
)
export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}

export const secretKeySelector = message(
  'k8s.io.api.core.v1.SecretKeySelector',
  {
    ...inline(1, localObjectReferenceFields),
    key: string(2).present().doc('The key.'),
    optional: bool(3).pointer().doc('Whether the Secret or the key may be missing.'),
  },
  {
    atomic: true,
    doc: 'Takes one key of a Secret.',
  },
)
export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}

export const fileKeySelector = message(
  'k8s.io.api.core.v1.FileKeySelector',
  {
    volumeName: string(1).present().doc('The volume that holds the file.'),
    path: string(2).present().doc('Path of the file in the volume; relative, without `..`.'),
    key: string(3).present().doc('The variable in the file.'),
    optional: bool(4).pointer().default(false).doc('Whether the file or the key may be missing.'),
  },
  {
    atomic: true,
    doc: 'Takes one key of an env file in a volume.',
  },
)
export interface FileKeySelector extends Infer<typeof fileKeySelector> {}

export const envVarSource = message(
  'k8s.io.api.core.v1.EnvVarSource',
  {
    fieldRef: ref(1, objectFieldSelector).doc('A field of the pod.'),
    resourceFieldRef: ref(2, resourceFieldSelector).doc('A resource limit or request of a container.'),
    configMapKeyRef: ref(3, configMapKeySelector).doc('A key of a ConfigMap.'),
    secretKeyRef: ref(4, secretKeySelector).doc('A key of a Secret.'),
    fileKeyRef: ref(5, fileKeySelector).doc('A key of an env file written by an init container.'),
  },
  {
    doc: 'Where the value of an environment variable comes from; exactly one is set.',
  },
)
export interface EnvVarSource extends Infer<typeof envVarSource> {}

export const envVar = message(
  'k8s.io.api.core.v1.EnvVar',
  {
    name: string(1).present().doc('Its name: printable ASCII without `=`.'),
    value: string(2).doc('Its value; $(NAME) stands for earlier variables, $$ for $.'),
    valueFrom: ref(3, envVarSource).doc('Where the value comes from instead.'),
  },
  {
    doc: 'One environment variable of a container.',
    validate(env, at) {
      validateEnvVar(env, at)
    },
  },
)
export interface EnvVar extends Infer<typeof envVar> {}

export const configMapEnvSource = message(
  'k8s.io.api.core.v1.ConfigMapEnvSource',
  {
    ...inline(1, localObjectReferenceFields),
    optional: bool(2).pointer().doc('Whether the ConfigMap may be missing.'),
  },
  {
    doc: 'Takes all keys of a ConfigMap.',
  },
)
export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}

export const secretEnvSource = message(
  'k8s.io.api.core.v1.SecretEnvSource',
  {
    ...inline(1, localObjectReferenceFields),
    optional: bool(2).pointer().doc('Whether the Secret may be missing.'),
  },
  {
    doc: 'Takes all keys of a Secret.',
  },
)
export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}

export const envFromSource = message(
  'k8s.io.api.core.v1.EnvFromSource',
  {
    prefix: string(1).doc('Put in front of each name.'),
    configMapRef: ref(2, configMapEnvSource).doc('The ConfigMap.'),
    secretRef: ref(3, secretEnvSource).doc('The Secret.'),
  },
  {
    doc: 'Environment variables for all keys of a ConfigMap or a Secret.',
    validate(source, at) {
      validateEnvFrom(source, at)
    },
  },
)
export interface EnvFromSource extends Infer<typeof envFromSource> {}
