import { stripTypeScriptTypes } from 'node:module';
import { emitProgram } from '../../../../src/migrate/vrl/emit/emit.ts';
import { parseVrl } from '../../../../src/migrate/vrl/parser.ts';
import * as vrl from '../../../../src/vrl/vrl.ts';

export type Fields = Record<string, unknown>;
type Program = (event: Fields) => Fields | Fields[] | undefined;

/** The translation of a program, as a function. @throws if a part of it has none */
export function compile(source: string, dropsOnAbort = true): Program {
  const { problems, constants, body, imports } = emitProgram(parseVrl(source), { dropsOnAbort });
  if (problems.length > 0)
    throw new Error(problems.map(({ line, text }) => `line ${line}: ${text}`).join('\n'));
  const code = ['(() => {', ...constants, 'return (event) => {', ...body, '};', '})()'].join('\n');
  const names = imports.filter((name) => name in vrl);
  if (names.length < imports.length)
    throw new Error(`not exported: ${imports.filter((name) => !(name in vrl)).join(', ')}`);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- It runs the translation that is tested.
  const make = new Function(
    'vrl',
    `const { ${names.join(', ')} } = vrl; return ${stripTypeScriptTypes(code)}`,
  ) as (exports: typeof vrl) => Program;
  return make(vrl);
}

/** JSON with sorted keys. The engine prints a timestamp as `2026-01-02 03:04:05.678 UTC`. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC$/, '$1T$2Z');
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Fields;
  return Object.fromEntries(
    Object.keys(fields)
      .toSorted()
      .map((key) => [key, sorted(fields[key])]),
  );
}
