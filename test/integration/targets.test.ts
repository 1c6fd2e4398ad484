import { describe, expect, inject, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { readTopic } from '../support/topic-reader.ts';

const events = (count: number, from = 0) => Array.from({ length: count }, (_, seq) => agentEvent(from + seq));

async function request(lab: Lab, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${lab.elasticsearch}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

async function countIn(lab: Lab, target: string): Promise<number> {
  await request(lab, 'POST', `${target}/_refresh`);
  return ((await request(lab, 'GET', `${target}/_count`)) as { count: number }).count;
}

/** What is there under a name. */
async function kindOf(lab: Lab, name: string): Promise<'nothing' | 'index' | 'alias' | 'data stream'> {
  const answer = await fetch(`${lab.elasticsearch}/_resolve/index/${name}`);
  if (answer.status === 404) return 'nothing';
  const { indices, aliases, data_streams } = (await answer.json()) as Record<string, { name: string }[]>;
  const has = (list: { name: string }[] | undefined): boolean =>
    list?.some((one) => one.name === name) === true;
  if (has(data_streams)) return 'data stream';
  return has(aliases) ? 'alias' : has(indices) ? 'index' : 'nothing';
}

async function heldReason(logweir: Logweir): Promise<string> {
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
  return (await logweir.status()).holds[0]?.reason ?? '';
}

async function expectNoDeadLetters(lab: Lab, logweir: Logweir): Promise<void> {
  expect((await logweir.status()).records.dead_lettered).toBe(0);
  expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
}

describe('mode: data_stream', () => {
  const streamOf = (lab: Lab) => ({
    name: `app-${lab.topic.replaceAll('-', '_')}-x`,
    section: {
      endpoints: [lab.proxy.url],
      mode: 'data_stream',
      data_stream: { type: 'app', dataset: lab.topic.replaceAll('-', '_'), namespace: 'x' },
      request: { backoff: { initial_ms: 50, max_ms: 500 } },
    },
  });
  const template = (name: string, more: object = { data_stream: {} }) => ({
    index_patterns: [name],
    priority: 500,
    ...more,
  });

  it('without a template nothing is made, it is held with what to do, and continues when there is one', async () => {
    const lab = await openLab({ partitions: 1 });
    const { name, section } = streamOf(lab);
    await lab.ledger.produce(lab.topic, events(20));
    const logweir = lab.start({ elasticsearch: section });
    expect(await heldReason(logweir)).toBe(
      `404 index_not_found_exception: no index template creates the data stream ${name}; install one: PUT _index_template/… with "index_patterns": ["${name}"] and "data_stream": {} (index ${name})`,
    );
    expect(await kindOf(lab, name)).toBe('nothing');
    expect((await lab.committed())[0]).toBeLessThanOrEqual(0);
    await request(lab, 'PUT', `_index_template/${name}`, template(name));
    await lab.waitForLagZero();
    expect(await kindOf(lab, name)).toBe('data stream');
    expect(await countIn(lab, name)).toBe(20);
    expect((await logweir.get('/health/ready')).status).toBe(200);
    await expectNoDeadLetters(lab, logweir);
  });

  it('where the name is an ordinary index it is held, and nothing is added to that', async () => {
    const lab = await openLab({ partitions: 1 });
    const { name, section } = streamOf(lab);
    await request(lab, 'PUT', name);
    await lab.ledger.produce(lab.topic, events(5));
    const logweir = lab.start({ elasticsearch: section });
    expect(await heldReason(logweir)).toMatch(
      `404 resource_not_found_exception: ${name} is not a data stream`,
    );
    expect(await countIn(lab, name)).toBe(0);
    await request(lab, 'DELETE', name);
    await request(lab, 'PUT', `_index_template/${name}`, template(name));
    await lab.waitForLagZero();
    expect([await kindOf(lab, name), await countIn(lab, name)]).toEqual(['data stream', 5]);
  });

  it('a route to a name of which no template makes a data stream is held, the others continue', async () => {
    const lab = await openLab({ partitions: 2 });
    const { name, section } = streamOf(lab);
    await request(lab, 'PUT', `_index_template/${name}`, template(name));
    const elsewhere = `app-${lab.topic}-routed`;
    const route = `import { routeTo } from 'logweir';
      export default (event, { partition }) => (partition === 0 ? routeTo(event, '${elsewhere}') : event);`;
    const logweir = lab.start(
      { elasticsearch: section, transforms: [{ use: './route.ts' }] },
      { 'route.ts': route },
    );
    await lab.ledger.produce(lab.topic, events(5), { partition: 0 });
    await lab.ledger.produce(lab.topic, events(5, 100), { partition: 1 });
    expect(await heldReason(logweir)).toMatch(`no index template creates the data stream ${elsewhere}`);
    await logweir.waitUntil(async () => (await lab.committed())[1] === 5, 'the others to continue');
    await request(lab, 'PUT', `_index_template/${elsewhere}`, template(elsewhere));
    await lab.waitForLagZero();
    expect([await countIn(lab, name), await countIn(lab, elsewhere)]).toEqual([5, 5]);
  });

  it('dead letters go to their index all the same, which is an ordinary one', async () => {
    const lab = await openLab({ partitions: 1 });
    const { name, section } = streamOf(lab);
    await request(lab, 'PUT', `_index_template/${name}`, template(name));
    const index = `${lab.topic}-dead-letters`;
    await lab.ledger.produce(lab.topic, ['{"seq":0}', 'not JSON', '{"seq":2}']);
    const logweir = lab.start({ elasticsearch: section, dead_letter: { to: 'index', index } });
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 2, dead_lettered: 1 });
    expect([await countIn(lab, name), await countIn(lab, index)]).toEqual([2, 1]);
  });
});

describe('elasticsearch.require_alias', () => {
  /** An index behind an alias of the laboratory's name. */
  async function rollOver(lab: Lab, number: string): Promise<void> {
    await request(lab, 'PUT', `${lab.index}-${number}`, {
      aliases: { [lab.index]: { is_write_index: true } },
    });
  }

  it('makes the deletion of the index behind an alias a hold: no index of the name is made', async () => {
    const lab = await openLab({ partitions: 1 });
    await rollOver(lab, '000001');
    await lab.ledger.produce(lab.topic, events(10));
    const logweir = lab.start({
      elasticsearch: {
        endpoints: [lab.proxy.url],
        index: lab.index,
        require_alias: true,
        request: { backoff: { initial_ms: 50, max_ms: 500 } },
      },
    });
    await lab.waitForLagZero();
    await request(lab, 'DELETE', `${lab.index}-000001`);
    await lab.ledger.produce(lab.topic, events(10, 10));
    expect(await heldReason(logweir)).toMatch(
      `404 index_not_found_exception: the alias ${lab.index}, which require_alias demands, does not exist`,
    );
    expect(await kindOf(lab, lab.index)).toBe('nothing');
    await rollOver(lab, '000002');
    await lab.waitForLagZero();
    expect([await kindOf(lab, lab.index), await countIn(lab, lab.index)]).toEqual(['alias', 10]);
    await expectNoDeadLetters(lab, logweir);
  });

  it('lets dead letters go to an index that is no alias', async () => {
    const lab = await openLab({ partitions: 1 });
    await rollOver(lab, '000001');
    const index = `${lab.topic}-dead-letters`;
    await lab.ledger.produce(lab.topic, ['{"seq":0}', 'not JSON']);
    lab.start({
      elasticsearch: { endpoints: [lab.proxy.url], index: lab.index, require_alias: true },
      dead_letter: { to: 'index', index },
    });
    await lab.waitForLagZero();
    expect([await countIn(lab, lab.index), await countIn(lab, index)]).toEqual([1, 1]);
  });
});

describe('what is wrong with the target, and not with the document, is a hold that ends by itself', () => {
  it.each<[string, (lab: Lab) => Promise<unknown>, ((lab: Lab) => Promise<unknown>) | null, RegExp]>([
    [
      'an alias without a write index',
      async (lab) => {
        for (const number of ['1', '2'])
          await request(lab, 'PUT', `${lab.index}-${number}`, { aliases: { [lab.index]: {} } });
      },
      (lab) =>
        request(lab, 'POST', '_aliases', {
          actions: [{ add: { index: `${lab.index}-2`, alias: lab.index, is_write_index: true } }],
        }),
      /^400 illegal_argument_exception/,
    ],
    [
      'a template with a pipeline that is not there',
      (lab) =>
        request(lab, 'PUT', `_index_template/${lab.index}`, {
          index_patterns: [lab.index],
          template: { settings: { 'index.default_pipeline': `${lab.index}-pipeline` } },
        }),
      (lab) => request(lab, 'PUT', `_ingest/pipeline/${lab.index}-pipeline`, { processors: [] }),
      /^400 illegal_argument_exception/,
    ],
    [
      'a template that sorts by a field that it does not have',
      (lab) =>
        request(lab, 'PUT', `_index_template/${lab.index}`, {
          index_patterns: [lab.index],
          template: { settings: { 'index.sort.field': 'severity' } },
        }),
      (lab) => request(lab, 'DELETE', `_index_template/${lab.index}`),
      /^400 illegal_argument_exception/,
    ],
    [
      'old templates that do not fit together',
      async (lab) => {
        const properties = [{ a: { type: 'keyword' } }, { a: { properties: { b: { type: 'keyword' } } } }];
        for (const [order, property] of properties.entries())
          await request(lab, 'PUT', `_template/${lab.index}-${order}`, {
            index_patterns: [lab.index],
            order,
            mappings: { properties: property },
          });
      },
      (lab) => request(lab, 'DELETE', `_template/${lab.index}-1`),
      /^400 mapper_parsing_exception/,
    ],
    [
      'an index that wants a routing value',
      (lab) => request(lab, 'PUT', lab.index, { mappings: { _routing: { required: true } } }),
      (lab) => request(lab, 'DELETE', lab.index),
      /^400 routing_missing_exception/,
    ],
    [
      'a name that a template makes data streams of',
      (lab) =>
        request(lab, 'PUT', `_index_template/${lab.index}`, {
          index_patterns: [`${lab.index}*`],
          priority: 500,
          data_stream: {},
        }),
      // The data stream is there by then, and the development server can delete none.
      null,
      /^400 illegal_argument_exception/,
    ],
  ])('%s', async (name, spoil, mend, reason) => {
    // OpenSearch 3 makes one mapping of both.
    if (inject('product') === 'opensearch' && name.startsWith('old templates')) return;
    const lab = await openLab({ partitions: 1 });
    await spoil(lab);
    await lab.ledger.produce(lab.topic, events(10));
    const logweir = lab.start();
    expect(await heldReason(logweir)).toMatch(reason);
    expect((await lab.committed())[0]).toBeLessThanOrEqual(0);
    await expectNoDeadLetters(lab, logweir);
    if (mend === null) return;
    await mend(lab);
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 10, dead_lettered: 0 });
  });

  it('a shard that is full: nothing is dead-lettered, and it continues when there is room', async () => {
    const lab = await openLab({ partitions: 1 });
    const error = {
      type: 'illegal_argument_exception',
      reason: "Number of documents in the index can't exceed [2147483519]",
    };
    const full = lab.proxy.rule(
      { from: 1 },
      {
        answer: (sent) => {
          const count = sent.body.toString().trimEnd().split('\n').length / 2;
          const items = Array.from({ length: count }, () => ({ index: { status: 400, error } }));
          return { status: 200, body: { errors: true, items } };
        },
      },
    );
    await lab.ledger.produce(lab.topic, events(10));
    const logweir = lab.start();
    expect(await heldReason(logweir)).toMatch(/^400 illegal_argument_exception: a shard is full; roll/);
    await logweir.waitUntil(() => full.hits > 3, 'some probes');
    await expectNoDeadLetters(lab, logweir);
    full.remove();
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 10, dead_lettered: 0 });
  });
});
