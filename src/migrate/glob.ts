/**
 * A glob of Vector's `inputs`, in the syntax of Rust's crate `glob`: `*`, `?`, `[a-z]` and `[!a-z]`.
 *
 * @returns null if the text is no valid glob; Vector then takes it literally
 */
export function globPattern(glob: string): RegExp | null {
  // `**` stands for folders, and only alone.
  if (glob.includes('**') && glob !== '**') return null;
  let source = '';
  for (let at = 0; at < glob.length;) {
    // A bracket that comes first in a list is one of its characters.
    const [list, negation = '', members = ''] = /^\[(!?)([^][^\]]*)\]/s.exec(glob.slice(at)) ?? [];
    const character = String.fromCodePoint(glob.codePointAt(at) ?? 0);
    if (list !== undefined) source += `[${negation === '' ? '' : '^'}${rangesOf(members)}]`;
    else if (character === '[') return null;
    else source += character === '*' ? '.*' : character === '?' ? '.' : codeOf(character);
    at += list?.length ?? character.length;
  }
  return new RegExp(`^${source}$`, 'su');
}

function rangesOf(members: string): string {
  return [...members.matchAll(/(.)-(.)|(.)/gsu)]
    .map(([, from = '', to = '', single = '']) => {
      if (single !== '') return codeOf(single);
      return from <= to ? `${codeOf(from)}-${codeOf(to)}` : '';
    })
    .join('');
}

function codeOf(character: string): string {
  return String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
