import type { Component, Fields, Step } from '../model.ts';
import { mapOf, textOf } from '../model.ts';
import { type Context, originOf } from '../context.ts';
import { parseProgram, type ProgramOptions, translateProgram } from '../program.ts';
import type { Expression, ObjectNode } from '../vrl/ast.ts';
import { VrlSyntaxError } from '../vrl/syntax-error.ts';
import { contains } from '../vrl/walk.ts';
import { dotted } from '../vector-template.ts';
import { literalOf } from './condition.ts';
import { onErrorOf, writeProgram } from './remap-file.ts';

/**
 * A program with one `.target = get_enrichment_table_record!("table", { "column": .field })`, before and
 * after which other lines may stand: the built-in `lookup` (or `geoip`) between two transforms.
 *
 * @returns null if the program is not of this kind
 */
export function lookupSteps(
  component: Component,
  { text, options }: { text: string; options: ProgramOptions },
  isPayload: boolean,
  context: Context,
): Step[] | null {
  let parsed;
  try {
    parsed = parseProgram(text, options);
  } catch (error) {
    if (error instanceof VrlSyntaxError) return null;
    throw error;
  }
  const body = isPayload ? parsed.body.slice(1) : parsed.body;
  const index = body.findIndex((one) => contains(one, isLookup));
  const line = body[index];
  const lookup = line === undefined ? null : lookupOf(line, context);
  if (lookup === null) return null;
  const parts = [body.slice(0, index), body.slice(index + 1)];
  const usesVariables = body.some((one) => contains(one, ({ kind }) => kind === 'variable'));
  if (usesVariables || parts.flat().some((one) => contains(one, isLookup))) return null;
  const steps: Step[] = [];
  const comment = originOf(component);
  for (const [place, statements] of parts.entries()) {
    if (place === 1) steps.push({ ...lookup, comment });
    if (statements.length === 0) continue;
    const comments = parsed.comments.filter((one) => one.start < (line?.start ?? 0) === (place === 0));
    const translated = translateProgram({ ...parsed, body: statements, comments }, options.dropsOnAbort);
    if (!translated.ok) return null;
    const made = writeProgram(component, translated.code, context);
    steps.push({ use: `./transforms/${made.file}.ts`, on_error: onErrorOf(component, context), comment });
  }
  context.report.add(
    'check',
    component,
    `the enrichment table is the built-in \`${lookup.use}\`: an event without a row passes, where Vector fails.`,
  );
  return steps;
}

function isLookup(one: Expression): boolean {
  return one.kind === 'call' && one.name === 'get_enrichment_table_record';
}

function lookupOf(one: Expression, { config, report }: Context): Pick<Step, 'use' | 'with'> | null {
  if (one.kind !== 'assignment' || one.operator !== '=' || one.error !== undefined) return null;
  const target = pathOf(one.target);
  const { value } = one;
  if (target === null || value.kind !== 'call' || !isLookup(value)) return null;
  const [table, condition, ...rest] = value.arguments.map((argument) => argument.value);
  if (rest.length > 0 || condition?.kind !== 'object' || condition.entries.length !== 1) return null;
  const found = config.tables.get(String(literalOf(table)));
  const [key, field] = entryOf(condition);
  if (found === undefined || field === null) return null;
  const { file, isGeo } = fileOf(found.options, found.type);
  report.add('done', found, `is read by \`${isGeo ? 'geoip' : 'lookup'}\` from ${file}.`);
  if (isGeo) return { use: 'geoip', with: { file, field, target } };
  return { use: 'lookup', with: { file, key, field, target } };
}

function entryOf({ entries }: ObjectNode): [string, string | null] {
  const [entry] = entries;
  return [entry?.[0] ?? '', pathOf(entry?.[1] ?? null)];
}

function fileOf(options: Fields, type: string): { file: string; isGeo: boolean } {
  const isGeo = type === 'geoip' || type === 'mmdb';
  return { file: textOf(isGeo ? options['path'] : mapOf(options['file'])['path']), isGeo };
}

function pathOf(one: Expression | null): string | null {
  return one?.kind === 'query' && one.target === 'event' ? dotted(one.path) : null;
}
