import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { feed } from '../support/feed.ts';
import { type Lab, type Sections, openLab } from '../support/lab.ts';
import type { ConfigFile, Logweir } from '../support/logweir.ts';
import { type Words, untold } from '../support/told.ts';

/** Faults of the shared servers' tests, each in its own topic, index and instance. */
interface Row {
  readonly fault: string;
  readonly sections?: Sections | ((lab: Lab) => Sections);
  readonly files?: Record<string, string>;
  /** Makes the fault. @returns ends it */
  readonly inject: (lab: Lab, logweir: Logweir) => Promise<() => Promise<void> | void>;
  readonly words: (lab: Lab) => Words;
  /** What the log says when the fault is over. */
  readonly over: readonly [code: string, text: RegExp] | null;
}

const setIndex = async (lab: Lab, path: string, body: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${lab.elasticsearch}/${lab.index}${path}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
};

/** It passes events, and on demand does what is given: a reload makes the fault. */
const PASSES = 'export default (event) => event;';
const changed =
  (text: string): Row['inject'] =>
  (_lab, logweir) => {
    logweir.write('changed.js', text);
    logweir.signal('SIGHUP');
    return Promise.resolve(() => {
      logweir.write('changed.js', PASSES);
      logweir.signal('SIGHUP');
    });
  };
const transformed = {
  sections: { transforms: [{ use: './changed.js' }] },
  files: { 'changed.js': PASSES },
};

const rows: readonly Row[] = [
  {
    fault: 'Elasticsearch down',
    inject: async (lab) => {
      await lab.proxy.refuse();
      return async () => await lab.proxy.accept();
    },
    words: () => ({
      page: /^blocked: Paused since .*Elasticsearch does not accept documents: .*ECONNREFUSED/,
      action: /What to do: Check Elasticsearch; delivery resumes by itself/,
      metrics: [
        /^logweir_not_ready\{cause="elasticsearch_(outage|unreachable)"\} 1$/m,
        /^logweir_paused\{reason="elasticsearch"\} 1$/m,
      ],
      log: ['elasticsearch_outage', /ECONNREFUSED/],
      check: ['elasticsearch.endpoint', 'failed', /cannot be reached: .*ECONNREFUSED/],
    }),
    over: ['elasticsearch_recovered', /"seconds":/],
  },
  {
    fault: 'Elasticsearch slow',
    inject: (lab) => {
      const slow = lab.proxy.rule({}, { delayMs: 6000 });
      const root = lab.proxy.rule({ path: /^\/$/ }, { delayMs: 3000 });
      return Promise.resolve(() => {
        slow.remove();
        root.remove();
      });
    },
    words: () => ({
      page: /^warning: Events flow .*, but Elasticsearch is slow: its answers take \d+(\.\d)? s/,
      action: /What to do: Look at the load, the disks and the rejected writes/,
      metrics: [/^logweir_warning\{cause="elasticsearch_slow",transform=""\} 1$/m],
      log: ['elasticsearch_slow', /its answers take \d/],
      check: ['elasticsearch.endpoint', 'warning', /is slow: it answers GET \/ after \d/],
    }),
    over: ['warning_ended', /"cause":"elasticsearch_slow"/],
  },
  {
    fault: 'one endpoint of two that is down',
    sections: (lab) => ({ elasticsearch: { endpoints: [lab.proxy.url, lab.elasticsearch] } }),
    inject: async (lab) => {
      await lab.proxy.refuse();
      return async () => await lab.proxy.accept();
    },
    words: (lab) => ({
      page: new RegExp(`^warning: Events flow .*, but ${lab.proxy.url}/? fails: .*ECONNREFUSED`),
      action: /What to do: Check that node, or remove it from elasticsearch\.endpoints/,
      metrics: [new RegExp(`^logweir_elasticsearch_endpoint_up\\{endpoint="${lab.proxy.url}/?"\\} 0$`, 'm')],
      log: ['endpoint_failing', new RegExp(`${lab.proxy.url}.*ECONNREFUSED`)],
      check: ['elasticsearch.endpoint', 'failed', new RegExp(`${lab.proxy.url}.*ECONNREFUSED`)],
    }),
    over: ['endpoint_recovered', /"seconds":/],
  },
  {
    fault: 'a reload that fails',
    ...transformed,
    inject: changed('export default (event) => {'),
    words: () => ({
      page: /^warning: Events flow .* through the previous transforms: the last reload failed: [^]*changed\.js/,
      action: /What to do: Correct the error, and reload again/,
      metrics: [/^logweir_transforms_reload_failed 1$/m],
      log: ['transforms_not_reloaded', /changed\.js/],
      check: ['transforms.load', 'failed', /changed\.js/],
    }),
    over: ['transforms_reloaded', /./],
  },
  {
    fault: 'a write block',
    inject: async (lab) => {
      await setIndex(lab, '/_settings', { 'index.blocks.write': true });
      return async () => await setIndex(lab, '/_settings', { 'index.blocks.write': null });
    },
    words: (lab) => ({
      page: /^blocked: Blocked since .* cannot be delivered: 403 cluster_block_exception/,
      action: /What to do: Free disk space/,
      metrics: [/^logweir_held 1$/m, /^logweir_not_ready\{cause="records_blocked"\} 1$/m],
      log: ['blocked', new RegExp(`403 cluster_block_exception.*"record":.*${lab.topic}`)],
      check: ['elasticsearch.blocks', 'failed', /index\.blocks\.write of/],
    }),
    over: ['unblocked', /cluster_block_exception/],
  },
  {
    fault: 'a mapping conflict',
    inject: async (lab) => {
      await setIndex(lab, '/_mapping', { properties: { conflict: { type: 'long' } } });
      const ending = new AbortController();
      const produced = (async () => {
        while (!ending.signal.aborted) {
          await lab.ledger.produce(lab.topic, [{ conflict: 'text' }]);
          await delay(200);
        }
      })();
      return async () => {
        ending.abort();
        await produced;
      };
    },
    words: (lab) => ({
      page: /^warning: Events flow .*, but [\d.]+\/s are dead-lettered: document_parsing_exception/,
      action: /What to do: Correct the mapping, .*logweir dlq list/,
      metrics: [/^logweir_dead_letters_total\{reason="document_parsing_exception"\} [1-9]/m],
      log: ['dead_letters', new RegExp(`document_parsing_exception.*conflict.*"first":"${lab.topic}:`)],
      check: ['dead_letter.recent', 'warning', new RegExp(`dead letters? came to ${lab.topic}-dlq`)],
    }),
    over: null,
  },
  {
    fault: 'a transform that fails',
    ...transformed,
    inject: changed('export default (event) => { throw new TypeError("no"); };'),
    words: () => ({
      page: /^warning: Events flow .*, but the transform \.\/changed\.js fails for \d+ of its last \d+ events/,
      action: /What to do: The log lines with the code transform_failed name the error/,
      metrics: [
        /^logweir_warning\{cause="transform_failing",transform="\.\/changed\.js"\} 1$/m,
        /^logweir_transform_failed_events_total\{transform="\.\/changed\.js"\} [1-9]/m,
      ],
      log: ['transform_failed', /"transform":"\.\/changed\.js".*TypeError/],
      check: ['transforms.records', 'failed', /fail.*changed\.js: TypeError/],
    }),
    over: null,
  },
  {
    fault: 'a transform that drops everything',
    ...transformed,
    inject: changed('export default () => undefined;'),
    words: () => ({
      page: /^warning: Events flow .*, but the transform \.\/changed\.js has dropped all of its last \d{3,} events/,
      action: /What to do: If this is not intended, .*logweir transform --from-topic --explain/,
      metrics: [
        /^logweir_warning\{cause="transform_drops_all",transform="\.\/changed\.js"\} 1$/m,
        /^logweir_transform_dropped_events_total\{transform="\.\/changed\.js"\} \d{3}/m,
      ],
      log: ['transform_drops_all', /"transform":"\.\/changed\.js".*"dropped":\d{3}/],
      check: ['transforms.records', 'warning', /the transforms drop all of the newest/],
    }),
    over: ['warning_ended', /"cause":"transform_drops_all"/],
  },
  {
    fault: 'a transform that waits for ever',
    ...transformed,
    inject: changed('export default () => new Promise(() => {});'),
    words: () => ({
      page: /^warning: Events flow .*, but the transform \.\/changed\.js has not finished an event for \d+ s/,
      action: /What to do: Look at the server that it asks\. After its timeout_ms/,
      metrics: [/^logweir_warning\{cause="transform_slow",transform="\.\/changed\.js"\} 1$/m],
      log: ['transform_slow', /"transform":"\.\/changed\.js".*"calls":\d+/],
      check: ['transforms.records', 'failed', /changed\.js does not finish with record/],
    }),
    over: null,
  },
  {
    fault: 'lag that grows',
    sections: {
      elasticsearch: {
        batch: { max_events: 50, max_age_ms: 50 },
        request: { concurrency: 1, backoff: { initial_ms: 50, max_ms: 500 } },
      },
    },
    inject: (lab) => {
      const slow = lab.proxy.rule({}, { delayMs: 2500 });
      return Promise.resolve(() => slow.remove());
    },
    words: () => ({
      page: /the lag grows: \d+ records wait, \d+ more than \d+ s ago/,
      action: /If it lasts: more workers/,
      metrics: [
        /^logweir_warning\{cause="lag_growing",transform=""\} 1$/m,
        /^logweir_kafka_consumer_lag\{[^}]*\} \d{3}/m,
      ],
      log: ['lag_growing', /"lag":\d{4,}.*"settled_per_second":\d+/],
      check: ['kafka.lag', 'warning', /is \d+ records behind, .*(the lag has grown by|nothing was settled)/],
    }),
    over: null,
  },
];

vi.setConfig({ maxConcurrency: 2 });

it.concurrent.for(rows)(
  '$fault is told by page, top, check, metrics and log, with its remedy',
  { timeout: 240_000 },
  async ({ sections: given = {}, files = {}, inject, words, over }, { onTestFinished }) => {
    const lab = await openLab({ partitions: 1, onTestFinished });
    const sections = typeof given === 'function' ? given(lab) : given;
    await lab.ledger.produce(lab.topic, [agentEvent(0)]);
    const logweir = lab.start(sections, files);
    await lab.waitForLagZero();
    const stop = feed(lab);
    onTestFinished(stop);
    const since = performance.now();
    const end = await inject(lab, logweir);
    const config = onDisk(lab.config(sections), files, logweir);
    expect(await untold(logweir, config, words(lab), since)).toEqual([]);
    await stop();
    await end();
    if (over === null) return;
    const [code, text] = over;
    const isOver = (): boolean =>
      logweir.log().some((line) => line['code'] === code && text.test(JSON.stringify(line)));
    await logweir.waitUntil(isOver, code, 40_000);
  },
);

/** The configuration for `check`, with the transforms as they are on disk now. */
function onDisk(config: ConfigFile, files: Record<string, string>, { directory }: Logweir): ConfigFile {
  const names = Object.keys(files);
  if (names.length === 0) return config;
  return { ...config, transforms: names.map((name) => ({ use: join(directory, name) })) };
}
