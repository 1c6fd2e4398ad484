/**
 * Writes docs/built-ins.md from the transforms' own schemas and examples, and docs/grok-patterns.md from the patterns that parse-grok knows;
 * with --check says whether they are current.
 *
 *     node dev/built-ins.ts [--check]
 */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import {
  type TransformDefinition,
  type TransformExample,
  isTransformDefinition,
} from '../src/transform/api.ts';
import { grokFamilies } from '../transforms/lib/grok/patterns.ts';
import { builtIns } from '../src/transform/loader.ts';
import { installResolveHook } from '../src/transform/resolve-hook.ts';
import { root } from '../test/support/paths.ts';
import { writeOrCheck } from './generated.ts';

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
  readonly default?: unknown;
  readonly description?: string;
}

const folder = new URL('../transforms/', import.meta.url);
const file = join(root, 'docs/built-ins.md');
const grokFile = join(root, 'docs/grok-patterns.md');

async function page(): Promise<string> {
  installResolveHook();
  const sections: string[] = [];
  for (const name of builtIns()) {
    const { default: exported } = (await import(new URL(`${name}.ts`, folder).href)) as { default: unknown };
    if (!isTransformDefinition(exported)) throw new Error(`${name} is no transform`);
    sections.push(section(name, exported));
  }
  const text = `# Built-in transforms

Made by \`make docs\` from the transforms' own schemas and examples; each example is run as a test. How to use them, and how to write your
own: [transforms.md](transforms.md).

${sections.join('\n')}`;
  return await format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

function section(name: string, { description = '', options, examples = [] }: TransformDefinition): string {
  const schema =
    options === undefined ? {} : z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(
    ([key, property]) =>
      `| \`${key}\` | ${cell(typeOf(property))} | ${required.includes(key) ? 'required' : defaultOf(property)} | ${cell(property.description ?? '')} |`,
  );
  return `## ${name}

${description}

| option | type | default | |
| --- | --- | --- | --- |
${rows.join('\n')}

${examples.map((example) => exampleOf(name, example)).join('\n')}`;
}

function typeOf({ type, enum: values, items, anyOf }: Property): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (type === 'array') return `list of ${items === undefined ? 'anything' : typeOf(items)}`;
  return type === undefined ? 'any' : [type].flat().join(' or ');
}

function defaultOf(property: Property): string {
  return property.default === undefined ? '' : `\`${cell(JSON.stringify(property.default))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function exampleOf(name: string, { title, with: options, input, output, indices }: TransformExample): string {
  const given = options === undefined ? '' : `, "with": ${JSON.stringify(options)}`;
  const lines = (events: readonly object[]): string =>
    events.map((event) => JSON.stringify(event)).join('\n');
  const where =
    indices === undefined
      ? ''
      : `\n\nThey go to ${indices.map((index) => `\`${index ?? 'the configured index'}\``).join(', ')}.`;
  return `${title}:

\`\`\`text
- { "use": "${name}"${given} }

${lines(input)}
→
${output.length === 0 ? '(nothing)' : lines(output)}
\`\`\`${where}
`;
}

async function grokPage(): Promise<string> {
  const sections = Object.entries(grokFamilies).map(([family, [legacy, ecs]]) => {
    const names = [...new Set([...Object.keys(legacy), ...Object.keys(ecs)])].toSorted();
    const marked = names.map((name) => {
      const only = !Object.hasOwn(ecs, name) ? ' (legacy)' : Object.hasOwn(legacy, name) ? '' : ' (ECS)';
      return `\`${name}\`${only}`;
    });
    return `## ${family}\n\n${marked.join(', ')}\n`;
  });
  const text = `# Grok patterns

Made by \`make docs\` from the patterns that [parse-grok](built-ins.md#parse-grok) knows: the names of Logstash's two sets. \`ecs_compatibility\` says
which of them is meant; what is marked is in one of them only. Of patterns of your own under \`definitions\` one with the same name wins.

${sections.join('\n')}`;
  return await format(text, { ...(await resolveConfig(grokFile)), parser: 'markdown' });
}

writeOrCheck(file, await page(), 'docs');
writeOrCheck(grokFile, await grokPage(), 'docs');
