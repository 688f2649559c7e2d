import type { Value } from './values.ts'

/** An expression after macros have been written out. `at`: the offset in the source that errors point at. */
export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Fold | Bind

export interface Literal {
  readonly kind: 'literal'
  readonly at: number
  readonly value: Value
}
export interface Ident {
  readonly kind: 'ident'
  readonly at: number
  readonly name: string
}
export interface Select {
  readonly kind: 'select'
  readonly at: number
  readonly operand: Expr
  readonly field: string
  /** From `has()`: whether the field is there. */
  readonly test?: boolean
  /** `a.?b` */
  readonly optional?: boolean
}
export interface Call {
  readonly kind: 'call'
  readonly at: number
  readonly name: string
  readonly target?: Expr
  readonly args: readonly Expr[]
}
export interface ListExpr {
  readonly kind: 'list'
  readonly at: number
  readonly items: readonly { readonly value: Expr; readonly optional: boolean }[]
}
export interface MapExpr {
  readonly kind: 'map'
  readonly at: number
  readonly entries: readonly { readonly key: Expr; readonly value: Expr; readonly optional: boolean }[]
}
export interface StructExpr {
  readonly kind: 'struct'
  readonly at: number
  readonly name: string
  readonly entries: readonly {
    readonly at: number
    readonly field: string
    readonly value: Expr
    readonly optional: boolean
  }[]
}
/** A comprehension: folds a range into a value, item by item. */
export interface Fold {
  readonly kind: 'fold'
  readonly at: number
  readonly range: Expr
  readonly item: string
  /** With two variables `item` is the index or key, and this the value. */
  readonly second?: string
  readonly accumulator: string
  readonly init: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}
/** A name for a value within an expression. */
export interface Bind {
  readonly kind: 'bind'
  readonly at: number
  readonly name: string
  readonly value: Expr
  readonly body: Expr
}

/** The name that a chain of selections spells, as `optional.of`; undefined when it is no plain chain. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name.replace(/^\./, '')
  if (expr.kind !== 'select' || expr.test || expr.optional) return undefined
  const before = qualifiedName(expr.operand)
  return before && `${before}.${expr.field}`
}
