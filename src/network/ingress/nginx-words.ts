/** A string as one word of nginx's configuration language, whatever is in it. Variables in it stay variables. */
export function word(text: string): string {
  return /^[\w./:~@-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n\0]/g, '')}"`
}

/** A regular expression that matches just this text. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
