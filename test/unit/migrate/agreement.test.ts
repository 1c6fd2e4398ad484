import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { logweirCommand } from '../../support/command.ts';
import { eventStream, randomNumbers } from '../vrl/support/events.ts';
import type { Fields } from '../vrl/support/program.ts';
import { configurations } from './lab.ts';

/**
 * Each configuration is migrated, and a generated stream goes through the result and through the stand-in for
 * Vector, which runs the programs in VRL's own engine. docs/vrl.md tells of a run with `EVENTS=10000`.
 */
const EVENTS = Number(process.env['EVENTS'] ?? 1000);
const VECTOR = fileURLToPath(new URL('../../support/vector/vector', import.meta.url));
const SEED = 7;

/** One of the values. */
type One = <T>(values: readonly T[]) => T;
type Make = (one: One, event: Fields) => Fields | string;

const over =
  (make: (one: One) => Fields): Make =>
  (one, event) => ({ ...event, ...make(one) });
const json =
  (make: (one: One) => Fields): Make =>
  (one, event) =>
    JSON.stringify({ ...event, ...make(one) });

const SERVICES = ['Cart', 'shop', 'audit'];
const KINDS = ['audit', 'app', 7, null];
const ACCESS = [
  '10.1.2.3 - ann [12/Mar/2026:08:15:30 +0100] "GET /api/v1/items?id=3&x=%20y HTTP/1.1" 200 512',
  '10.1.2.4 - - [12/Mar/2026:23:15:30 +0000] "POST / HTTP/1.1" 503 -',
  '::1 - bob [29/Feb/2024:00:00:00 -0330] "HEAD /a%2Fb" 404 0',
  '10.1.2.3 - ann [99/Mar/2026:08:15:30 +0100] "GET / HTTP/1.1" 200 1',
  'no access line',
];
const PRIVATE = [
  'login with password=hunter2 and token=abc',
  'card 4111-1111-1111-1111 paid',
  'costs $5, Grüße',
  '',
];
const TIMES = ['2026-03-12T08:15:30.5+01:00', '12/Mar/2026:08:15:30 +0100', '1773302400', 1773302400, 'soon'];
const LABELS = [{ 'app.kubernetes.io/name': 'Shop', team: 'a' }, { app: 'Cart' }, {}, 'none', { app: 3 }];

const rows: readonly (readonly [name: string, make: Make, options?: readonly string[]])[] = [
  ['access-log.yaml', (one) => one(ACCESS)],
  [
    'batches.yaml',
    over((one) => ({ batch: one(['x', 1]), items: one([[], [1, 'a', { value: 2.5 }], 'none']) })),
  ],
  ['branches.yaml', over((one) => ({ n: one([1, '1', 'x']), m: one(['{}', 'axe', 'b', '[1]', 'c']) }))],
  ['data-stream.yaml', over((one) => ({ service: one(['cart', 'shop']), skip: one([true, false]) }))],
  ['fallbacks.yaml', over((one) => ({ tags: one([['a', 'b'], [], ['a', 1], 'x']) }))],
  ['folder', (_one, event) => event],
  ['formats.yaml', (_one, event) => event],
  ['helm-map.yaml', json((one) => ({ application_id: one(['a', 'b']), stream: 'stdout' }))],
  // Elasticsearch takes no capital letters in the name of an index: Logweir writes small ones.
  ['helm-text.yaml', (_one, event) => event, ['--ignore', '_index']],
  [
    'hidden-field.yaml',
    json((one) => ({ team: one(['a', 'b', 3]), secret: { token: 't', x: 1 }, _id: one(['1', '2']) })),
  ],
  [
    'labels.toml',
    over((one) => ({
      kubernetes: { pod_name: 'p', pod_labels: one(LABELS) },
      level: one(['DEBUG', 'Info', 3]),
    })),
  ],
  ['numbers.json', (_one, event) => event],
  [
    'payload.yaml',
    json((one) => ({ svc: one(SERVICES), msg: one(['user ada in', 'other', 3]) })),
    ['--ignore', '_index'],
  ],
  [
    'pipeline-resource.yaml',
    over((one) => ({ service: one([...SERVICES, 5]), level: one(['error', 'warn', 'info']) })),
  ],
  [
    'privacy.yaml',
    over((one) => ({
      message: one(PRIVATE),
      user: one<unknown>([{ mail: 'A@b.c', 'a-b': 1 }, {}, 'u']),
      headers: { Cookie: 'x', a: 1 },
    })),
  ],
  [
    'split-files',
    over((one) => ({
      tags: one([['audit', 'audit'], ['x', 1], 'none']),
      level: one(['error', 'info']),
      kind: one(KINDS),
    })),
  ],
  ['times.yaml', over((one) => ({ time: one(TIMES), took: one(['1.5s', '20ms', '3', 7]) }))],
];

vi.setConfig({ maxConcurrency: 2 });

it.concurrent.for(rows)(
  '%s, migrated, makes of a stream what Vector makes of it',
  { timeout: 120_000 + EVENTS * 60 },
  async ([name, make, options = []], { onTestFinished }) => {
    const out = mkdtempSync(join(tmpdir(), 'logweir-agreement-'));
    onTestFinished(() => rmSync(out, { recursive: true, force: true }));
    const next = randomNumbers(SEED);
    const one: One = (values) => values[next(values.length)] as (typeof values)[number];
    const lines = Array.from(eventStream(EVENTS, SEED), (event) => {
      const made = make(one, event);
      return typeof made === 'string' ? made : JSON.stringify(made);
    });
    const { code, stdout, stderr } = await logweirCommand(
      // prettier-ignore
      ['migrate', join(configurations, name), '--out', out, '--strict', '--verify', '--events', '-',
        '--limit', String(EVENTS), '--vector', VECTOR, '--timeout', '900', ...options],
      {
        input: lines.join('\n'),
        env: { NODE: 'n', ES_PASSWORD: 'x', KAFKA_PASSWORD: 'x', LOGWEIR_CONFIG: '' },
        timeoutMs: 120_000 + EVENTS * 60,
      },
    );
    const said = `${stdout.slice(-3000)}${stderr}`;
    const [, records, equal] =
      /^(\d+) records: (\d+) documents are equal, 0 differ, 0 only in Vector, 0 only in Logweir$/m.exec(
        stdout,
      ) ?? [];
    if (records === undefined) expect.unreachable(said);
    expect([records, code]).toEqual([String(EVENTS), 0]);
    expect(Number(equal)).toBeGreaterThan(EVENTS / 5);
  },
);
