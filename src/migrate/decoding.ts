import type { Context } from './context.ts';
import { type Component, mapOf, textOf } from './model.ts';

/** The codec of a Kafka source, as Logweir decodes. */
export function codecOf(source: Component, { report }: Context): 'json' | 'text' {
  const { options } = source;
  const codec = textOf(mapOf(options['decoding'])['codec'] ?? 'bytes');
  const framing = textOf(mapOf(options['framing'])['method'] ?? 'bytes');
  if (options['log_namespace'] === true)
    report.add('todo', source, '`log_namespace: true`: Logweir has no metadata of events (`%kafka.topic`).');
  if (framing !== 'bytes')
    report.add('todo', source, `\`framing.method: ${framing}\`: a record of Kafka is one event in Logweir.`);
  if (codec === 'json' || codec === 'bytes') {
    report.add('done', source, `\`decoding.codec: ${codec}\`${codec === 'json' ? '' : ' is `text`'}.`);
    return codec === 'json' ? 'json' : 'text';
  }
  report.add(
    'todo',
    source,
    `\`decoding.codec: ${codec}\`: Logweir decodes \`json\` and text. Use one of these in the agent.`,
  );
  return 'text';
}
