/** A text of the configuration, for a comment of a generated file, which it does not end. */
export function commentText(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').replaceAll('*/', '* /');
}
