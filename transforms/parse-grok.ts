import { type Event, defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { compileGrok } from './lib/grok/grok.ts';
import { ecsGrokPatterns, grokPatterns } from './lib/grok/patterns.ts';
import { parseField } from './lib/parse-field.ts';

export default defineTransform({
  lazy: true,
  description:
    'Parses a text with grok expressions as in Logstash and merges the fields into the event. The time is linear in the text for every pattern.',
  options: z.strictObject({
    ...parserOptions,
    patterns: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .describe(
        'Expressions like `%{IP:client} %{NUMBER:bytes:int}`; `%{IP:[source][ip]}` and `(?<name>…)` are fields too. They are tried in order; without a match the event is left unchanged.',
      ),
    ecs_compatibility: z
      .enum(['disabled', 'v1', 'v8'])
      .default('disabled')
      .describe(
        "Selects one of Logstash's two sets of patterns: `disabled` gives fields at the top level, such as `clientip`; `v1` and `v8` are the same, and give fields of the Elastic Common Schema, such as `source.address`, with numbers as numbers. The default of Logstash 8 is `v8`. [grok-patterns.md](grok-patterns.md) lists the names.",
      ),
    definitions: z.record(z.string(), z.string()).default({}).describe('Your own patterns, by name.'),
  }),
  examples: [
    {
      title: 'Numbers as numbers',
      with: { patterns: '%{IP:client} %{WORD:verb} %{NUMBER:ms:float}ms' },
      input: [{ message: '203.0.113.7 GET 12.5ms' }],
      output: [{ message: '203.0.113.7 GET 12.5ms', client: '203.0.113.7', verb: 'GET', ms: 12.5 }],
    },
    {
      title: 'An access log for the Elastic Common Schema',
      with: { patterns: '%{HTTPD_COMMONLOG}', ecs_compatibility: 'v8' },
      input: [{ message: '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0000] "GET /cart HTTP/1.1" 200 5316' }],
      output: [
        {
          message: '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0000] "GET /cart HTTP/1.1" 200 5316',
          source: { address: '203.0.113.7' },
          user: { name: 'ada' },
          timestamp: '22/Nov/2026:08:26:41 +0000',
          http: {
            request: { method: 'GET' },
            version: '1.1',
            response: { status_code: 200, body: { bytes: 5316 } },
          },
          url: { original: '/cart' },
        },
      ],
    },
  ],
  setup({ patterns, definitions, ecs_compatibility: ecs, ...options }) {
    const known = ecs === 'disabled' ? grokPatterns : ecsGrokPatterns;
    const compiled = patterns.map((pattern) => compileGrok(pattern, definitions, known));
    const firstMatch = (text: string): Event | undefined => {
      for (const grok of compiled) {
        const found = grok.match(text);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return (event) => parseField(event, options, firstMatch);
  },
});
