import { refusalOf } from '../config/schema-bulk-query.ts';
import type { Context } from './context.ts';
import { type Component, mapOf, textOf, textsOf } from './model.ts';
import { isRandomId } from './random-id.ts';
import type { Report } from './report.ts';
import { dotted, pathOf } from './vector-template.ts';

/** The ids of documents of a sink, and the parameters of its bulk requests. */

/** The field of `id_key`, as a path of Logweir. */
export interface IdField {
  readonly path: string;
  /** Whether a program makes a new random id for each event. */
  readonly isRandom: boolean;
}

/** Null if the sink has no `id_key`, or one that Logweir cannot express. */
export function idField(sink: Component, context: Context): IdField | null {
  const given = textOf(sink.options['id_key'] ?? '');
  const path = given === '' ? null : dotted(pathOf(given));
  if (path === null) return null;
  return { path, isRandom: isRandomId(sink, given, context) };
}

export function bulkAction({ options }: Component): string {
  const bulk = { ...mapOf(options['normal']), ...mapOf(options['bulk']) };
  return textOf(bulk['action'] ?? options['bulk_action'] ?? 'index');
}

/** What two sinks must have in common to share one instance, besides their cluster. */
export function idSettings(sink: Component): string {
  const { id_key } = sink.options;
  return id_key === undefined ? '' : JSON.stringify([id_key, bulkAction(sink)]);
}

/** Settings for `id_key`. */
export function documentIds(sink: Component, context: Context): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  const { report } = context;
  const given = sink.options['id_key'];
  if (given === undefined) return settings;
  const id = idField(sink, context);
  const say = (level: 'done' | 'check' | 'todo', text: string): void =>
    report.add(level, sink, `\`id_key: ${textOf(given)}\`: ${text}`);
  if (id === null) {
    say('todo', 'Logweir cannot express this path. Copy the field to one at the top in a transform.');
    return settings;
  }
  if (id.isRandom) {
    say(
      'done',
      'left out, and the field is removed: a program makes it at random. Logweir makes ids from the records, so ' +
        'that a repeated record is no second document.',
    );
    return settings;
  }
  settings.set('elasticsearch.id_key', id.path);
  const hidden = textsOf(mapOf(sink.options['encoding'])['except_fields']).find((path) =>
    id.path.startsWith(`${dotted(pathOf(path)) ?? path}.`),
  );
  if (hidden !== undefined)
    say('todo', `\`encoding.except_fields\` removes \`${hidden}\` first: copy the field to one at the top.`);
  if (sink.options['mode'] === 'data_stream' || bulkAction(sink) === 'create') {
    if (sink.options['mode'] !== 'data_stream') settings.set('elasticsearch.same_id', 'first');
    say('done', 'the first document of an id stays, as in Vector. A number is an id, too.');
  } else
    say(
      'check',
      'of the records with one id the newest stays, by the time of the record in Kafka (`same_id: newest`); in ' +
        'Vector that which is written last. A number is an id, too; a text of more than 512 bytes is a dead letter.',
    );
  return settings;
}

/** Settings for `query`. */
export function bulkParameters(sink: Component, report: Report): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(mapOf(sink.options['query']))) {
    const say = (level: 'done' | 'check' | 'todo', text: string): void =>
      report.add(level, sink, `\`query.${name}\`${text}.`);
    const refusal = refusalOf(name);
    if (name === 'require_alias' && sink.options['mode'] === 'data_stream')
      say('check', ': left out: a data stream is no alias');
    else if (name === 'require_alias' || name === 'pipeline') {
      const isSet = name === 'pipeline' ? sink.options['pipeline'] === undefined : String(value) === 'true';
      if (isSet) settings.set(`elasticsearch.${name}`, name === 'pipeline' ? textOf(value) : true);
      say('done', ` is \`elasticsearch.${name}\``);
    } else if (refusal !== undefined) say('check', `: left out: ${refusal}`);
    else if (typeof value === 'object') say('todo', ': Logweir sends one value of a parameter; left out');
    else {
      kept[name] = textOf(value);
      say('done', '');
    }
  }
  if (Object.keys(kept).length > 0) settings.set('elasticsearch.query', kept);
  return settings;
}
