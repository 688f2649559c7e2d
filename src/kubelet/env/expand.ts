/**
 * Replaces $(NAME) by its value; $$ stands for one $, and a name without a value is left as it is
 * (upstream third_party/forked/golang/expansion).
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string) =>
    what === '$' ? '$' : (lookUp(name) ?? whole),
  )
}
