import { type Component, textOf } from '../model.ts';
import { type Context, type Generated, namesFor, originOf } from '../context.ts';
import { commentText } from '../comment.ts';
import { indented, SourceFile } from '../source-file.ts';
import { quoted } from '../names.ts';

/** The code of a transform: the body of `(event, record) => { … }`. */
export interface FunctionCode {
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly constants: readonly string[];
  readonly body: readonly string[];
  /** Lines of the comment above, after the origin. */
  readonly comment?: readonly string[];
}

/**
 * Writes the file of a transform: its function, and the transform that a configuration names.
 *
 * @param id what the file is named after
 */
export function writeFunction(
  component: Component,
  code: FunctionCode,
  context: Context,
  id: string = component.id,
): Generated {
  const { file, name } = namesFor(id, context);
  const source = new SourceFile();
  const needsRecord = code.body.some((line) => /\brecord\b/.test(line));
  source.use('logweir', 'defineTransform', 'type Event', 'type TransformResult');
  if (needsRecord) source.use('logweir', 'type RecordInfo');
  for (const [module, names] of Object.entries(code.imports)) source.use(module, ...names);
  source.constants.push(...code.constants);
  const comment = code.comment ?? [];
  const head =
    comment.length === 0
      ? [`/** ${originOf(component)}. */`]
      : ['/**', ` * ${originOf(component)}.`, ...comment.map((line) => ` * ${commentText(line)}`), ' */'];
  const parameters = needsRecord ? 'event: Event, record: RecordInfo' : 'event: Event';
  source.add(
    ...head,
    `export function ${name}(${parameters}): TransformResult {`,
    ...indented(code.body),
    '}',
  );
  source.add(`export default defineTransform({ lazy: true, setup: () => ${name} });`);
  context.files.set(`transforms/${file}.ts`, source.render());
  return { file, name, isSkeleton: false, takesRecord: needsRecord };
}

/** A transform that has to be written by hand: it throws, and the original is included as a comment. */
export function writeSkeleton(
  component: Component,
  { original, extension, problems }: { original: string; extension: string; problems: readonly string[] },
  context: Context,
): Generated {
  const { file, name } = namesFor(component.id, context);
  const message = `transforms/${file}.ts is yours to write: ${file}.${extension} beside it is Vector's original`;
  const source = new SourceFile();
  source.use('logweir', 'defineTransform', 'type Event', 'type TransformResult');
  source.add(
    '/**',
    ` * ${originOf(component)} is not translated; ${file}.${extension} has the original:`,
    ...problems.flatMap((problem) => problem.split('\n').map((line) => ` * ${commentText(line)}`)),
    ' */',
    `export function ${name}(_event: Event): TransformResult {`,
    `  throw new Error(${quoted(message)});`,
    '}',
  );
  source.add(
    'export default defineTransform({',
    '  setup() {',
    '    // Before the first record, so that none is lost. Return the function when it is written.',
    `    throw new Error(${quoted(message)});`,
    '  },',
    '});',
  );
  context.files.set(`transforms/${file}.ts`, source.render());
  context.files.set(`transforms/${file}.${extension}`, `${original.trimEnd()}\n`);
  const [first = ''] = problems;
  context.report.add(
    'todo',
    component,
    `\`transforms/${file}.ts\` is a skeleton that throws; \`${file}.${extension}\` is the original. ` +
      first.split('\n')[0],
  );
  return { file, name, isSkeleton: true, takesRecord: false };
}

/** The options of a transform as the text beside its skeleton. */
export function optionsText({ type, options }: Component): string {
  const source = options['source'];
  return typeof source === 'string' ? source : `type: ${type}\n${textOf(options)}`;
}
