/** A file of TypeScript that is being written. */
export class SourceFile {
  readonly #imports = new Map<string, Set<string>>();
  readonly constants: string[] = [];
  readonly parts: string[] = [];

  /** @param names a type is `type Event` */
  use(module: string, ...names: readonly string[]): void {
    const known = this.#imports.get(module) ?? new Set<string>();
    for (const name of names) known.add(name);
    this.#imports.set(module, known);
  }

  add(...lines: readonly string[]): void {
    this.parts.push(lines.join('\n'));
  }

  render(): string {
    const bare = (name: string): string => name.replace(/^type /, '');
    const imports = [...this.#imports]
      .filter(([, names]) => names.size > 0)
      .toSorted(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
      .map(([module, names]) => {
        const sorted = [...names].toSorted((a, b) => (bare(a) < bare(b) ? -1 : 1));
        const line = `import { ${sorted.join(', ')} } from '${module}';`;
        return line.length <= 100
          ? line
          : `import {\n${sorted.map((name) => `  ${name},\n`).join('')}} from '${module}';`;
      });
    const blocks = [imports.join('\n'), this.constants.join('\n'), ...this.parts];
    const text = `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
    // They would end a comment of one line.
    return text
      .replaceAll('\u2028', String.raw`\u2028`)
      .replaceAll('\u2029', String.raw`\u2029`)
      .replaceAll('\r', ' ');
  }
}

/** Packages, then files. */
function order(module: string): number {
  return module.startsWith('.') ? 1 : 0;
}

export function indented(lines: readonly string[], by = '  '): string[] {
  return lines.map((line) => (line === '' ? line : by + line));
}
