import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { freePort } from '../support/ports.ts';
import type { ProxyRequest } from '../support/proxy-rules.ts';

/** Each secret and each part of a record has a name of its own, so that a leak tells where it comes from. */
const CANARY = /CANARY-[A-Za-z0-9-]+/;

const strict = `export default (event) => {
  if (event.card) throw new Error('bad card ' + event.card);
  if (event.nested) return JSON.parse(event.nested);
  if (event.wrong) return event.wrong;
  if (event.path) return event.path.missing[event.path.key].x;
  if (event.circle) { event.self = event; }
  return event;
};`;
const careful = `export default (event) => {
  if (event.hold) throw new RangeError('held ' + event.hold);
  return event;
};`;
/** Its set-up quotes an option that is a secret. */
const keyed = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ api_key: z.string() }),
  setup({ api_key }) { throw new Error('rejected key ' + api_key); },
});`;

async function seen(logweir: Logweir): Promise<string> {
  const paths = ['/api/status', '/metrics', '/health/ready', '/health/started', '/health/live'];
  const bodies = await Promise.all(paths.map(async (path) => (await logweir.get(path)).body));
  return [logweir.output, ...bodies].join('\n');
}

/** Answers the nth bulk request with an error that quotes the request. */
function quoting(
  lab: Lab,
  nth: number,
  status: number,
  error: (body: string) => unknown,
): { readonly hits: number } {
  const answer = (request: ProxyRequest) => ({ status, body: error(request.body.toString()) });
  return lab.proxy.rule({ nth }, { answer });
}

it('neither payload nor secret is in the log, the status, the metrics or the health texts, whatever fails', async () => {
  const lab = await openLab({ partitions: 1 });
  await fetch(`${lab.elasticsearch}/${lab.index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mappings: { properties: { level: { type: 'long' } } } }),
  });
  const endpoints = [
    lab.proxy.url.replace('//', '//elastic:CANARY-url-password@'),
    'http://elastic:CANARY-dead-password@127.0.0.1:1',
  ];
  const sections = {
    transforms: [{ use: './strict.js' }, { use: './careful.js', on_error: 'hold' }],
    elasticsearch: { endpoints },
    kafka: { sasl: { username: 'CANARY-user', password: 'CANARY-sasl-password' } },
    log: { level: 'debug' },
  };
  const logweir = lab.start(sections, { 'strict.js': strict, 'careful.js': careful });
  await logweir.waitForLog(/^starting/, 60_000);
  await logweir.waitForPartitions(1);
  const headers = [{ authorization: 'CANARY-header' }];
  let produced = 0;
  const produce = async (...values: unknown[]): Promise<void> => {
    produced += values.length;
    await lab.ledger.produce(
      lab.topic,
      values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
      { key: 'CANARY-key', headers },
    );
  };

  // One failure after the other, each with a value of the event in the error.
  const faults = [
    quoting(lab, 1, 403, (body) => ({ error: { type: 'CANARY-type', reason: body } })),
    quoting(lab, 2, 503, (body) => ({ error: { type: 'unavailable', reason: body } })),
    quoting(lab, 3, 200, (body) => body),
    quoting(lab, 4, 400, (body) => ({ error: { type: 'bad', reason: body, caused_by: { reason: body } } })),
    quoting(lab, 5, 200, (body) => ({
      items: [{ index: { status: 403, error: { type: 'cluster_block_exception', reason: `'${body}'` } } }],
    })),
    quoting(lab, 6, 200, (body) => ({
      items: [{ index: { status: 503, error: { type: body, reason: body } } }],
    })),
    lab.proxy.rule({ nth: 7 }, 'cutBefore'),
  ];
  const isDone = async (): Promise<boolean> => {
    if (faults.every(({ hits }) => hits > 0)) return true;
    // A fault needs a request, and a request a record.
    await produce({ value: 'CANARY-value' });
    return false;
  };
  await logweir.waitUntil(isDone, 'all faults of Elasticsearch');
  await lab.waitForLagZero();
  await produce(
    { level: 'CANARY-rejected' },
    { card: 'CANARY-card' },
    { nested: 'CANARY-nested' },
    { wrong: 'CANARY-wrong' },
    { path: { missing: {}, key: 'CANARY-path' } },
    { circle: 'CANARY-circle' },
    'CANARY-no-json',
    '["CANARY-array"]',
  );
  await lab.waitForLagZero();
  await logweir.waitUntil(
    () => logweir.log().filter(({ code }) => code === 'dead_letters').length >= 4,
    'the dead letters to be told',
  );
  await produce({ hold: 'CANARY-hold' });
  await logweir.waitForLog('blocked: operator action required');
  logweir.write('keyed.js', keyed);
  const config = JSON.parse(JSON.stringify(lab.config(sections))) as { transforms: object[] };
  config.transforms = [{ use: './keyed.js', with: { api_key: 'CANARY-option' } }];
  logweir.write('logweir.yaml', JSON.stringify({ admin: { listen: '127.0.0.1:0' }, ...config }));
  logweir.signal('SIGHUP');
  await logweir.waitForLog('transforms not reloaded');

  const status = JSON.parse((await logweir.get('/api/status')).body) as Record<string, unknown>;
  expect(status).toMatchObject({
    state: 'held',
    state_detail: 'records_blocked',
    has_started: true,
    holds: [
      {
        reason: 'transform ./careful.js failed',
        record: `${lab.topic}:0:${produced - 1}`,
        offset: produced - 1,
        message: expect.stringMatching(/^RangeError \(.*careful\.js:2:\d+\)$/),
        action: expect.stringContaining('SIGHUP'),
      },
    ],
    chain: { failed_reload: { reason: expect.stringContaining('its setup failed') } },
    elasticsearch: { endpoints: [{ state: 'ok' }, { state: 'failing', reason: /ECONNREFUSED/ }] },
    oldest_unsettled: { topic: lab.topic, partition: 0, offset: produced - 1 },
  });
  expect(status['dead_letters']).toContainEqual(
    expect.objectContaining({
      reason: 'document_parsing_exception',
      causes: [{ cause: 'field level of type long', count: 1 }],
    }),
  );
  const text = await seen(logweir);
  for (const code of [
    'elasticsearch_outage',
    'elasticsearch_blocked',
    'blocked',
    'dead_letters',
    'endpoint_failing',
  ])
    expect(text).toContain(`"code":"${code}"`);
  expect(text).toContain('logweir_transforms_reload_failed 1');
  expect(text).toContain('logweir_not_ready{cause="records_blocked"} 1');
  expect(CANARY.exec(text)?.[0]).toBeUndefined();

  // Brokers that cannot be reached, with a login; and a configuration with a wrong value.
  const port = await freePort();
  const sasl = { mechanism: 'PLAIN', username: 'u', password: 'CANARY-sasl' };
  const kafka = { bootstrap_servers: `127.0.0.1:${port}`, sasl };
  const away = lab.start({ kafka, elasticsearch: { endpoints, auth: { api_key: 'CANARY-api-key' } } });
  await away.waitForLog('cannot reach Kafka, retrying', 60_000);
  expect(CANARY.exec(await seen(away))?.[0]).toBeUndefined();
  logweir.write('bad.yaml', JSON.stringify({ elasticsearch: { auth: { password: ['CANARY-list'] } } }));
  const refused = await logweirCommand(['run', '-c', join(logweir.directory, 'bad.yaml')]);
  expect(refused.code).toBe(78);
  expect(CANARY.exec(refused.stderr + refused.stdout)?.[0]).toBeUndefined();
});
