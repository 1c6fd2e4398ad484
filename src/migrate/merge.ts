import { LogweirError } from '../errors.ts';
import {
  type Component,
  type GlobalOption,
  type InputFile,
  isMap,
  kindOf,
  mapOf,
  type Place,
  textOf,
  textsOf,
  type VectorConfig,
  type VectorTest,
  whereIs,
} from './model.ts';
import { type ReadFile, readVectorFile } from './read.ts';

const SECTIONS = ['sources', 'transforms', 'sinks', 'enrichment_tables'] as const;

/** A configuration and the files that it was merged from. */
export interface Merged {
  readonly config: VectorConfig;
  readonly files: readonly ReadFile[];
}

/**
 * Reads files and merges them as Vector does: components of all files together, global options of the last
 * file, `tests` one after the other.
 *
 * @throws LogweirError CONFIG if a file cannot be read, or two define the same component
 */
export function mergeFiles(inputs: readonly InputFile[]): Merged {
  const files = inputs.map(readVectorFile);
  const draft = {
    sources: new Map<string, Component>(),
    transforms: new Map<string, Component>(),
    sinks: new Map<string, Component>(),
    enrichment_tables: new Map<string, Component>(),
  };
  const globals = new Map<string, GlobalOption>();
  const tests: VectorTest[] = [];
  for (const read of files) {
    const { file, value, lineOf } = read;
    const placeOf = (...path: string[]): Place => ({ file: file.path, line: lineOf(path) });
    if (file.component !== undefined) {
      addOne(draft, tests, file.component, value, placeOf());
      continue;
    }
    for (const section of SECTIONS)
      if (value[section] !== undefined) expectMap(value[section], section, placeOf(section));
    for (const section of SECTIONS)
      for (const [id, one] of Object.entries(mapOf(value[section])))
        add(draft[section], componentOf(section, id, one, placeOf(section, id)));
    const { tests: given = [] } = value;
    if (!Array.isArray(given)) throw unexpected('tests', 'a list of tests', given, placeOf('tests'));
    const list = given as unknown[];
    list.forEach((one, index) => tests.push(testOf(one, placeOf('tests', String(index)))));
    for (const [name, one] of Object.entries(value))
      if (name !== 'tests' && !SECTIONS.some((section) => section === name))
        globals.set(name, { value: one, place: placeOf(name) });
  }
  const { enrichment_tables: tables, ...components } = draft;
  return { config: { ...components, tables, globals, tests }, files };
}

type Draft = Record<(typeof SECTIONS)[number], Map<string, Component>>;

function addOne(
  draft: Draft,
  tests: VectorTest[],
  { section, id }: { section: string; id: string },
  value: unknown,
  place: Place,
): void {
  const known = SECTIONS.find((one) => one === section);
  if (known !== undefined) add(draft[known], componentOf(known, id, value, place));
  else if (section === 'tests') tests.push(testOf(value, place));
}

function add(into: Map<string, Component>, component: Component): void {
  const other = into.get(component.id);
  if (other !== undefined)
    throw new LogweirError(
      'CONFIG',
      `${component.section}.${component.id} is in ${whereIs(other.place)} and in ${whereIs(component.place)}: ` +
        'Vector rejects this too; rename one',
    );
  into.set(component.id, component);
}

function expectMap(value: unknown, name: string, place: Place): void {
  if (!isMap(value)) throw unexpected(name, 'a map', value, place);
}

function unexpected(name: string, expected: string, value: unknown, place: Place): LogweirError {
  return new LogweirError(
    'CONFIG',
    `${whereIs(place)}: ${name} must be ${expected}, not ${kindOf(value)}: Vector rejects this too`,
  );
}

function componentOf(section: Component['section'], id: string, value: unknown, place: Place): Component {
  if (!isMap(value)) throw unexpected(`${section}.${id}`, 'a map of options', value, place);
  const { type, inputs, ...options } = value;
  return { section, id, type: textOf(type ?? ''), inputs: textsOf(inputs), options, place };
}

function testOf(value: unknown, place: Place): VectorTest {
  if (!isMap(value)) throw unexpected('a test', 'a map', value, place);
  const fields = value;
  return { name: textOf(fields['name'] ?? 'a test without a name'), value: fields, place };
}
