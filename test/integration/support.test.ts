import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { documentId } from '../../src/elasticsearch/document-id.ts';
import { agentEvent } from '../support/events.ts';
import { Ledger, type LedgerEntry } from '../support/ledger.ts';
import { startProxy, type Proxy } from '../support/proxy.ts';
import { committedOffsets } from '../support/committed-offsets.ts';
import { createTopic, endOffsets, uniqueName } from '../support/topics.ts';
import { waitFor } from '../support/wait.ts';

const kafka = inject('kafka');
const elasticsearch = inject('elasticsearch');

interface Indexed {
  readonly id: string;
  readonly source: string;
}

/** Writes documents as an aggregator would, with the small answers that it asks for. */
async function bulk(url: string, index: string, documents: readonly Indexed[]): Promise<Response> {
  const body = documents.map(({ id, source }) => `{"index":{"_id":"${id}"}}\n${source}\n`).join('');
  return await fetch(`${url}/${index}/_bulk?filter_path=errors,items.*.status,items.*.error`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
}

async function exists(index: string, id: string): Promise<boolean> {
  return (await fetch(`${elasticsearch}/${index}/_doc/${id}`)).status === 200;
}

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => agentEvent(from + at));

const document = (id: string): Indexed => ({ id, source: JSON.stringify(agentEvent(1)) });

const expectDeadLetters = ({ sequence }: LedgerEntry) => sequence === 5;

describe('the ledger', () => {
  const topic = uniqueName('ledger');
  const ledger = new Ledger(kafka);
  let documents: (Indexed & { entry: LedgerEntry })[];
  beforeAll(async () => {
    await createTopic(kafka, topic, 3);
    const payloads = events(0, 600).map((event) => JSON.stringify(event));
    const entries = await ledger.produce(topic, payloads);
    documents = entries.map((entry, at) => ({ entry, id: documentId(entry), source: payloads[at] ?? '' }));
  });
  afterAll(() => ledger.close());

  /** Without mappings unless they are what is tested: to find out the type of every field takes longest. */
  async function indexed(change: (documents: Indexed[]) => Indexed[], dynamic = false): Promise<string> {
    const index = uniqueName('ledger');
    await fetch(`${elasticsearch}/${index}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mappings: { dynamic } }),
    });
    const response = await bulk(elasticsearch, index, change([...documents]));
    expect(await response.json()).toMatchObject({ errors: false });
    return index;
  }

  test('knows of every record where it landed', async () => {
    const ends = await endOffsets(kafka, topic, 3);
    expect(ends.reduce((sum, end) => sum + end)).toBe(600);
    expect(ledger.entries.size).toBe(600);
    expect(documents.map(({ entry }) => entry.sequence)).toEqual(events(0, 600).map(({ seq }) => seq));
  });

  test('finds nothing wrong with an index with every record once', async () => {
    const index = await indexed((all) => all, true);
    expect(await ledger.check(elasticsearch, index, { hash: 'source' })).toEqual({
      produced: 600,
      indexed: 600,
      lost: [],
      duplicates: [],
      unexpected: [],
      altered: [],
    });
  });

  test('finds a lost document', async () => {
    const index = await indexed((all) => all.filter((_, at) => at !== 77));
    const { lost, ...rest } = await ledger.check(elasticsearch, index, { hash: 'source' });
    expect(lost).toEqual([documents[77]?.entry]);
    expect(rest).toMatchObject({ indexed: 599, duplicates: [], unexpected: [], altered: [] });
  });

  test('does not miss a record that is expected in the dead letter, and finds it where it must not be', async () => {
    const without = await indexed((all) => all.filter((_, at) => at !== 5));
    const clean = await ledger.check(elasticsearch, without, { hash: 'source', expectDeadLetters });
    expect(clean).toMatchObject({ produced: 599, lost: [], unexpected: [] });
    const withIt = await ledger.check(elasticsearch, await indexed((all) => all), {
      hash: 'none',
      expectDeadLetters,
    });
    expect(withIt.unexpected).toMatchObject([{ sequence: 5 }]);
  });

  test('finds a duplicate that is stored under another id', async () => {
    const index = await indexed((all) => [...all, { id: 'another', source: all[3]?.source ?? '' }]);
    const { duplicates, ...rest } = await ledger.check(elasticsearch, index, { hash: 'source' });
    expect(duplicates).toEqual([{ index, id: 'another', sequence: 3 }]);
    expect(rest).toMatchObject({ indexed: 601, lost: [], unexpected: [], altered: [] });
  });

  test('finds a duplicate that is stored in a second index', async () => {
    const first = await indexed((all) => all);
    const second = `${first}-2`;
    await bulk(elasticsearch, second, documents.slice(9, 10));
    const { duplicates } = await ledger.check(elasticsearch, `${first}*`, { hash: 'source' });
    expect(duplicates).toMatchObject([{ id: documents[9]?.id, sequence: 9 }]);
  });

  test('finds a document that is stored under the wrong id only', async () => {
    const index = await indexed((all) => all.with(8, { id: 'wrong', source: all[8]?.source ?? '' }));
    const { lost, unexpected } = await ledger.check(elasticsearch, index, { hash: 'source' });
    expect(lost).toEqual([documents[8]?.entry]);
    expect(unexpected).toEqual([{ index, id: 'wrong', sequence: 8 }]);
  });

  test('finds a document of no record', async () => {
    const index = await indexed((all) => [...all, { id: 'alien', source: '{"seq":123456789}' }]);
    const { unexpected } = await ledger.check(elasticsearch, index, { hash: 'source' });
    expect(unexpected).toEqual([{ index, id: 'alien', sequence: 123_456_789 }]);
  });

  test.each([
    ['another value', (source: string) => source.replace(/"host":"/, '"host":"x')],
    ['other white space', (source: string) => source.replace('"seq":', '"seq": ')],
    ['another sequence', (source: string) => source.replace(/"seq":\d+/, '"seq":42')],
  ])('finds a document that was altered: %s', async (_, change) => {
    const index = await indexed((all) =>
      all.map((one, at) => (at === 11 ? { ...one, source: change(one.source) } : one)),
    );
    const { altered, ...rest } = await ledger.check(elasticsearch, index, { hash: 'source' });
    expect(altered).toEqual([documents[11]?.entry]);
    expect(rest).toMatchObject({ lost: [], duplicates: [], unexpected: [] });
  });

  test('counts a record of an aborted transaction as unexpected, and of a committed one as produced', async () => {
    const own = new Ledger(kafka);
    const options = { partition: 1, compression: 'zstd' } as const;
    const [before = 0] = (await endOffsets(kafka, topic, 3)).slice(1);
    const payloads = events(5000, 10).map((event) => JSON.stringify(event));
    const kept = await own.produceInTransaction(topic, payloads.slice(0, 5), { ...options, abort: false });
    const dropped = await own.produceInTransaction(topic, payloads.slice(5), { ...options, abort: true });
    // A transaction's end is answered before its control record is written.
    const after = async (): Promise<number> => (await endOffsets(kafka, topic, 3))[1] ?? 0;
    await waitFor(async () => (await after()) - before === 12, {
      timeoutMs: 10_000,
      what: 'ten records and two control records',
    });
    const index = uniqueName('transaction');
    const all = [...kept, ...dropped].map((entry, at) => ({
      id: documentId(entry),
      source: payloads[at] ?? '',
    }));
    await bulk(elasticsearch, index, all.slice(0, 6));
    const result = await own.check(elasticsearch, index, { hash: 'source' });
    expect(result).toMatchObject({ produced: 5, indexed: 6, lost: [], unexpected: [{ sequence: 5005 }] });
    await own.close();
  });

  test('produces with every compression, and notes tombstones separately', async () => {
    const own = new Ledger(kafka);
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const entries = await own.produce(topic, [agentEvent(1), null], {
        compression,
        partition: 2,
        key: 'k',
      });
      expect(entries).toHaveLength(1);
    }
    expect(own.tombstones).toHaveLength(5);
    expect(await committedOffsets(kafka, uniqueName('no-group'), topic, 3)).toEqual([-1, -1, -1]);
    await own.close();
  });
});

describe('the proxy', () => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startProxy(elasticsearch);
  });
  afterAll(() => proxy.close());

  test('passes requests on, and journals items of answers without ids', async () => {
    const index = uniqueName('proxy');
    const before = proxy.itemsSent;
    const response = await bulk(proxy.url, index, [document('p1'), document('p2')]);
    expect(await response.json()).toMatchObject({ errors: false });
    expect(proxy.itemsSent - before).toBe(2);
    expect(proxy.acknowledged.get('p2')).toMatchObject({ status: 201 });
    expect(proxy.journal.items.slice(-2)).toMatchObject([
      { id: 'p1', status: 201, delivered: true },
      { id: 'p2', status: 201, delivered: true },
    ]);
    expect(proxy.inFlight).toBe(0);
  });

  test('cutBefore breaks the connection, and Elasticsearch has seen nothing', async () => {
    const index = uniqueName('proxy');
    const rule = proxy.rule({ nth: 2 }, 'cutBefore');
    await bulk(proxy.url, index, [document('b1')]);
    await expect(bulk(proxy.url, index, [document('b2')])).rejects.toThrow('fetch failed');
    await bulk(proxy.url, index, [document('b3')]);
    expect(rule.hits).toBe(1);
    expect(await exists(index, 'b2')).toBe(false);
    expect(proxy.acknowledged.has('b2')).toBe(false);
    expect([await exists(index, 'b1'), await exists(index, 'b3')]).toEqual([true, true]);
    rule.remove();
  });

  test('cutAfter breaks the connection after Elasticsearch has written', async () => {
    const index = uniqueName('proxy');
    const rule = proxy.rule({ from: 1, until: 1 }, 'cutAfter');
    await expect(bulk(proxy.url, index, [document('a1')])).rejects.toThrow('fetch failed');
    expect(rule.hits).toBe(1);
    expect(await exists(index, 'a1')).toBe(true);
    expect(proxy.acknowledged.get('a1')).toMatchObject({ status: 201 });
    expect(proxy.journal.items.at(-1)).toMatchObject({ id: 'a1', status: 201, delivered: false });
    rule.remove();
  });

  test('answer speaks for Elasticsearch until its rule is removed', async () => {
    const index = uniqueName('proxy');
    const rule = proxy.rule(({ path }) => path.endsWith('/_bulk'), {
      answer: { status: 429, headers: { 'retry-after': '1' }, body: { error: 'busy' } },
    });
    const response = await bulk(proxy.url, index, [document('x1')]);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    rule.remove();
    expect((await bulk(proxy.url, index, [document('x2')])).status).toBe(200);
    expect(rule.hits).toBe(1);
    expect([proxy.acknowledged.has('x1'), proxy.acknowledged.has('x2')]).toEqual([false, true]);
  });

  test('a function answers with the real answer in hand', async () => {
    const rule = proxy.rule(
      {},
      { answer: async (_, forward) => ({ ...(await forward()), body: '{"errors":false,"items":[]}' }) },
    );
    const response = await bulk(proxy.url, uniqueName('proxy'), [document('f1')]);
    expect(await response.json()).toEqual({ errors: false, items: [] });
    expect(proxy.acknowledged.has('f1')).toBe(true);
    rule.remove();
  });

  test('truncates answers, as a whole or with a broken connection', async () => {
    const index = uniqueName('proxy');
    const whole = proxy.rule({ nth: 1 }, { truncateAt: 10 });
    const broken = proxy.rule({ nth: 2 }, { truncateAt: 10, cut: true });
    expect(await (await bulk(proxy.url, index, [document('t1')])).text()).toBe('{"errors":');
    await expect(
      bulk(proxy.url, index, [document('t2')]).then((response) => response.text()),
    ).rejects.toThrow('terminated');
    expect([whole.hits, broken.hits]).toEqual([1, 1]);
    whole.remove();
    broken.remove();
  });

  test('hang keeps requests in flight until the port is closed, and accept opens it again', async () => {
    const index = uniqueName('proxy');
    const rule = proxy.rule({}, 'hang');
    const hanging = bulk(proxy.url, index, [document('h1')]).catch((error: unknown) => error);
    await proxy.waitForInFlight(1);
    await proxy.refuse();
    expect(await hanging).toMatchObject({ message: 'fetch failed' });
    expect([proxy.inFlight, rule.hits]).toEqual([0, 1]);
    rule.remove();
    await expect(bulk(proxy.url, index, [document('h2')])).rejects.toThrow('fetch failed');
    await proxy.accept();
    expect((await bulk(proxy.url, index, [document('h3')])).status).toBe(200);
  });

  test('delays before it passes on', async () => {
    const rule = proxy.rule({ nth: 1 }, { delayMs: 200 });
    const start = performance.now();
    await bulk(proxy.url, uniqueName('proxy'), [document('d1')]);
    expect(performance.now() - start).toBeGreaterThan(190);
    expect(rule.hits).toBe(1);
    rule.remove();
  });
});
