import { type LabelSelector, labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type KubeObject, kind } from '../../apimachinery/schema/kind.ts'
import { any, ref } from '../../apimachinery/schema/types.ts'
import { podDisruptionBudget } from '../policy/index.ts'
import { oldVersion } from './old-version.ts'

/**
 * An empty selector took no pods in v1beta1 and takes all in v1. What the other version cannot say is said with a label
 * that no pod has (upstream's pkg/apis/policy/v1beta1/conversion.go).
 */
const MARK = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
const NO_POD: LabelSelector = { matchExpressions: [{ key: MARK, operator: 'Exists' }] }
const EVERY_POD: LabelSelector = { matchExpressions: [{ key: MARK, operator: 'DoesNotExist' }] }

interface Budget extends KubeObject {
  spec: { selector?: LabelSelector }
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
const isMarked = ({ matchExpressions = [] }: LabelSelector, { matchExpressions: [mark] = [] }: LabelSelector) =>
  matchExpressions.length === 1 && matchExpressions[0]!.key === MARK && matchExpressions[0]!.operator === mark!.operator

/** Replaces an empty selector, and makes one of what stands for one. */
function exchange(object: KubeObject, empty: LabelSelector, emptied: LabelSelector): KubeObject {
  const { spec } = object as Budget
  if (spec.selector && isEmpty(spec.selector)) spec.selector = structuredClone(empty)
  else if (spec.selector && isMarked(spec.selector, emptied)) spec.selector = {}
  return object
}

const REMOVED =
  'PodSecurityPolicy was removed in Kubernetes v1.25; label the namespaces with pod-security.kubernetes.io/enforce: baseline or restricted instead'

/**
 * Known so that what still asks for it is told what has become of it; none can be made. In the group policy it is not known:
 * charts look there to find out whether to make one.
 */
const podSecurityPolicy = kind({
  group: 'extensions',
  version: 'v1beta1',
  kind: 'PodSecurityPolicy',
  plural: 'podsecuritypolicies',
  scope: 'Cluster',
  verbs: ['create', 'delete', 'get', 'list'],
  offByDefault: false,
  doc: 'Removed; see Pod Security Admission.',
  fields: { spec: any(2).doc('No longer of any meaning.') },
  deprecated: {
    warning:
      'extensions/v1beta1 PodSecurityPolicy is deprecated in v1.11+, unavailable in v1.16+; use policy/v1beta1 PodSecurityPolicy',
    removedRelease: '1.16',
  },
  validateCreate(_policy, at) {
    at.child('spec').forbidden(REMOVED)
  },
})

/** policy/v1beta1. */
export const oldPolicy = [
  oldVersion(podDisruptionBudget, {
    version: 'v1beta1',
    deprecated: '1.21',
    removed: '1.25',
    messages: {
      PodDisruptionBudgetSpec: {
        // A patch merged into the selector, which v1 replaces.
        fields: fields => ({ ...fields, selector: ref(2, labelSelector).doc('Which pods; none when empty.') }),
      },
    },
    toCurrent: object => exchange(object, NO_POD, EVERY_POD),
    fromCurrent: object => exchange(object, EVERY_POD, NO_POD),
  }),
  podSecurityPolicy,
]
