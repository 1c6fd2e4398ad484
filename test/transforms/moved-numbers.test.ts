/** Numbers that a built-in moves keep their literals; a changed number, or one from elsewhere, does not. */
import type { Event, TransformDefinition } from 'logweir';
import { describe, expect, it } from 'vitest';
import { setUp } from '../../src/transform/runtime/runner.ts';
import { PipelineLab } from '../unit/support/pipeline-lab.ts';
import ecs from '../../transforms/ecs.ts';
import flatten from '../../transforms/flatten.ts';
import keep from '../../transforms/keep.ts';
import limitFields from '../../transforms/limit-fields.ts';
import parseJson from '../../transforms/parse-json.ts';
import rename from '../../transforms/rename.ts';
import unflatten from '../../transforms/unflatten.ts';

type Use = readonly [transform: TransformDefinition, options?: Record<string, unknown>];

/** The result of the chain for a record, as sent to Elasticsearch. */
async function outputOf(text: string, uses: readonly Use[]): Promise<string[]> {
  const ignore = (): void => {};
  const context = {
    name: 'under-test',
    directory: '.',
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    metrics: { count: ignore },
  };
  const steps = await Promise.all(
    uses.map(async ([transform, options = {}]) => ({
      ...(await setUp(transform, transform.options?.parse(options), context)),
      onError: 'dead_letter' as const,
    })),
  );
  const lab = new PipelineLab({ steps });
  lab.own();
  lab.receive([text]);
  return lab.documents.map(({ source }) => source);
}

const PARSE: Use = [parseJson];
const NUMBERS = '"a":1.0,"b":{"c":2.50,"d":{"e":-0}},"f":[1E3,{"g":0.10}]';
/** In the record itself, and in a text of it. */
const BOTH: readonly [text: string, before: readonly Use[]][] = [
  [`{${NUMBERS}}`, []],
  [JSON.stringify({ message: `{${NUMBERS}}` }), [PARSE]],
];

describe('numbers keep their literals', () => {
  it.each<[string, Use, string]>([
    [
      'rename',
      [rename, { fields: { a: 'x.y', 'b.d': 'd', 'b.c': 'c' } }],
      '{"b":{},"f":[1E3,{"g":0.10}],"x":{"y":1.0},"d":{"e":-0},"c":2.50}',
    ],
    ['flatten', [flatten], '{"a":1.0,"b.c":2.50,"b.d.e":-0,"f":[1E3,{"g":0.10}]}'],
    ['flatten, one field', [flatten, { field: 'b' }], '{"a":1.0,"f":[1E3,{"g":0.10}],"b.c":2.50,"b.d.e":-0}'],
    ['keep', [keep, { fields: ['b.c', 'f', 'a'] }], '{"b":{"c":2.50},"f":[1E3,{"g":0.10}],"a":1.0}'],
    [
      'limit-fields',
      [limitFields, { max_fields: 1 }],
      '{"a":1.0,"overflow":"{\\"b\\":{\\"c\\":2.50,\\"d\\":{\\"e\\":-0}},\\"f\\":[1E3,{\\"g\\":0.10}]}"}',
    ],
  ])('through %s', async (_, use, expected) => {
    for (const [text, before] of BOTH) expect(await outputOf(text, [...before, use])).toEqual([expected]);
  });

  it('through unflatten', async () => {
    const text = '{"a.b":1.0,"a.c":{"d":2.50},"e":3.0}';
    expect(await outputOf(text, [[unflatten]])).toEqual(['{"e":3.0,"a":{"b":1.0,"c":{"d":2.50}}}']);
  });

  it('through ecs, with and without a name in the schema', async () => {
    const text = '{"source_type":"file","file":"f","offset":7.0,"latency":1.0,"x":{"y":2.50}}';
    const [source = ''] = await outputOf(text, [[ecs]]);
    expect(source).toContain('"latency":1.0');
    expect(source).toContain('"y":2.50');
    expect(source).toContain('7.0');
  });

  it('through several transforms', async () => {
    const text = JSON.stringify({ message: '{"m":{"n":1.0},"o":2.0}', host: 'h' });
    const uses: Use[] = [
      PARSE,
      [rename, { fields: { o: 'm.o' } }],
      [flatten],
      [rename, { fields: { 'm.n': 'n' } }],
    ];
    expect(await outputOf(text, uses)).toEqual(['{"host":"h","m.o":2.0,"n":1.0}']);
  });
});

describe('a number does not get the literal of another one', () => {
  it.each<[string, string, Use, string]>([
    ['that it replaces', '{"a":1.0,"b":1}', [rename, { fields: { b: 'a' } }], '{"a":1}'],
    ['that was there before', '{"a":1,"b":1.0}', [rename, { fields: { b: 'a' } }], '{"a":1.0}'],
    ['of the same name', '{"a":{"b":1.0},"a.b":1}', [flatten], '{"a.b":1.0,"a.b_2":1}'],
  ])('%s', async (_, text, use, expected) => {
    expect(await outputOf(text, [use])).toEqual([expected]);
  });

  it('if a transform changes it', async () => {
    const double = { setup: () => (event: Event) => ({ ...event, a: (event['a'] as number) * 2 }) };
    const { defineTransform } = await import('logweir');
    const text = '{"a":1.0,"b":1.0}';
    const uses: Use[] = [[rename, { fields: { b: 'c' } }], [defineTransform(double)]];
    expect(await outputOf(text, uses)).toEqual(['{"a":2,"c":1.0}']);
  });
});
