import { describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { type ReadRecord, readTopic } from '../support/topic-reader.ts';

const TOUCH = 'export default (event) => event;';

const poison: [name: string, value: Buffer, reason: string][] = [
  ['not JSON', Buffer.from('hello world'), 'invalid_json'],
  ['half of a JSON text', Buffer.from('{"a":1'), 'invalid_json'],
  ['two objects on one line', Buffer.from('{"a":1}{"b":2}'), 'invalid_json'],
  ['two objects on two lines', Buffer.from('{"a":1}\n{"b":2}'), 'invalid_json'],
  ['what only Elasticsearch accepts as JSON', Buffer.from('/* c */{"a":NaN}'), 'invalid_json'],
  ['an array', Buffer.from('[{"a":1}]'), 'not_an_object'],
  ['a number', Buffer.from('5'), 'not_an_object'],
  ['an empty value', Buffer.from(''), 'empty_value'],
  ['invalid UTF-8', Buffer.from('7b226122 3a22fffe 227d'.replaceAll(' ', ''), 'hex'), 'invalid_utf8'],
  ['2,000 levels', Buffer.from(`{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`), 'nested_too_deep'],
];

const FILES = { 'touch.ts': TOUCH, 'lazy.ts': lazily(TOUCH) };

/** The same transform, which has asked for lazy events. */
function lazily(source: string): string {
  const run = source.replace('export default ', '');
  return `import { defineTransform } from 'logweir';\nconst run = ${run}\nexport default defineTransform({ lazy: true, setup: () => run });`;
}

async function deadLetters(lab: Lab, count: number): Promise<ReadRecord[]> {
  await lab.waitForLagZero();
  const found = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(found).toHaveLength(count);
  return found;
}

/** `"b"` of an object with line feeds between its tokens: where no transform reads them they are spaces. */
const AS_IT_CAME = '{"a":1,  "b":{"c":"line\\nfeed"}';

describe.each([
  ['passthrough records', [], `${AS_IT_CAME} }`],
  ['records that a lazy transform reads', [{ use: './lazy.ts' }], `${AS_IT_CAME}}`],
  ['records that a transform reads', [{ use: './touch.ts' }], '{"a":1,"b":{"c":"line\\nfeed"}}'],
])('%s', (_name, transforms, onOneLine) => {
  it('what is no JSON object goes to the dead letter with the reason; its neighbours are indexed', async () => {
    const lab = await openLab({ partitions: 1 });
    await lab.ledger.produce(
      lab.topic,
      ['{"n":"first"}', ...poison.map(([, value]) => value), '{"n":"last"}'],
      { key: 'k' },
    );
    const logweir = lab.start({ transforms }, FILES);
    const rejected = await deadLetters(lab, poison.length);
    const got = rejected.map(({ value, headers, key }) => [
      value,
      headers['logweir-reason'],
      headers['logweir-offset'],
      key,
    ]);
    expect(got).toEqual(poison.map(([, value, reason], index) => [value, reason, String(index + 1), 'k']));
    expect(rejected[0]?.headers).toMatchObject({ 'logweir-topic': lab.topic, 'logweir-partition': '0' });
    expect(rejected[0]?.headers['logweir-message']).toBe('no JSON object: unexpected byte at 0');
    expect((await lab.search()).map(({ _source }) => _source['n'])).toEqual(['first', 'last']);
    expect((await logweir.status()).records).toMatchObject({
      received: poison.length + 2,
      indexed: 2,
      dead_lettered: poison.length,
      in_flight: 0,
    });
    expect((await logweir.stop()).code).toBe(0);
  });

  it('null values are skipped, counted, and settle', async () => {
    const lab = await openLab({ partitions: 1 });
    await lab.ledger.produce(lab.topic, ['{"n":1}', null, null], { key: 'k' });
    const logweir = lab.start({ transforms }, FILES);
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ received: 3, indexed: 1, skipped: 2 });
    expect(await logweir.metric('logweir_records_total{outcome="skipped"}')).toBe(2);
  });

  it('digits, prototypes, line feeds and large records arrive as they were', async () => {
    const lab = await openLab({ partitions: 1 });
    const large = 'x'.repeat(900_000);
    await lab.ledger.produce(lab.topic, [
      '{"id":9007199254740993,"neg":-9007199254740993,"f":1.0,"e":0.1}',
      '{"__proto__":{"polluted":true},"constructor":{"a":1}}',
      '{"a":1,\n\n"b":{"c":"line\\nfeed"}\n}',
      `{"large":"${large}"}`,
    ]);
    lab.start({ transforms }, FILES);
    await lab.waitForLagZero();
    const text = await lab.searchText();
    expect(text).toContain('"id":9007199254740993,"neg":-9007199254740993,"f":1.0,"e":0.1');
    expect(text).toContain('"__proto__":{"polluted":true},"constructor":{"a":1}');
    expect(text).toContain(onOneLine);
    expect(text).toContain(large);
    expect(await lab.search()).toHaveLength(4);
    expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toHaveLength(0);
  });
});

it('duplicate keys: a dead letter if no transform parses their object, otherwise the last one wins', async () => {
  const passthrough = await openLab({ partitions: 1 });
  await passthrough.ledger.produce(passthrough.topic, ['{"a":1,"a":2}', '{"a":3}']);
  passthrough.start();
  const [deadLetter] = await deadLetters(passthrough, 1);
  expect(deadLetter?.value?.toString()).toBe('{"a":1,"a":2}');
  expect(deadLetter?.headers['logweir-message']).toMatch(/[Dd]uplicate/);

  const parsed = await openLab({ partitions: 1 });
  const inside = '{"o":{"a":1,"a":2}}';
  await parsed.ledger.produce(parsed.topic, ['{"a":1,"a":2}', inside, inside.replace('{', '{"look":true,')]);
  const looks = 'export default (event) => { if (event.look) event.o.seen = true; return event; };';
  parsed.start({ transforms: [{ use: './looks.js' }] }, { 'looks.js': lazily(looks) });
  await parsed.waitForLagZero();
  expect((await parsed.search()).map(({ _source }) => _source)).toEqual([
    { a: 2 },
    { look: true, o: { a: 2, seen: true } },
  ]);
  const [rejected] = await deadLetters(parsed, 1);
  expect(rejected?.value?.toString()).toBe(inside);

  const plain = await openLab({ partitions: 1 });
  await plain.ledger.produce(plain.topic, [inside]);
  plain.start({ transforms: [{ use: './looks.js' }] }, { 'looks.js': looks });
  await plain.waitForLagZero();
  expect((await plain.search()).map(({ _source }) => _source)).toEqual([{ o: { a: 2 } }]);
});

it('a mapping conflict settles one by one: two stored, one dead-lettered, the offset moves', async () => {
  const lab = await openLab({ partitions: 1 });
  const mapping = { mappings: { properties: { n: { type: 'long' } } } };
  await fetch(`${lab.elasticsearch}/${lab.index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mapping),
  });
  await lab.ledger.produce(lab.topic, ['{"n":1}', '{"n":"x"}', '{"n":3}']);
  const logweir = lab.start();
  const [deadLetter] = await deadLetters(lab, 1);
  expect(deadLetter?.headers['logweir-reason']).toBe('document_parsing_exception');
  expect((await lab.search()).map(({ _source }) => _source['n'])).toEqual([1, 3]);
  expect((await logweir.status()).records).toMatchObject({ indexed: 2, dead_lettered: 1 });
});
