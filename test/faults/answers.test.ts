import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce, expectOnceOrDeadLettered } from '../support/checks.ts';
import { forgeItems } from '../support/forge.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import type { Action, Answer } from '../support/proxy.ts';
import { waitFor } from '../support/topics.ts';

/** Three seconds of each fault here, twenty with `make faults FULL=1`; in the middle of each the process is killed with -9. */
const FAULT_MS = process.env['FULL'] === '1' ? 20_000 : 3000;
const REQUEST_TIMEOUT_MS = 1500;
const BACKOFF_MAX_MS = 500;
const EVENTS = 3000;

const error = (status: number, type = 'some_exception') => ({
  status,
  body: { error: { type, reason: 'on purpose' }, status },
});
const answered = (answer: Answer): Action => ({ answer });

interface Fault {
  readonly name: string;
  readonly action: Action | 'refuse';
  /** What must raise an alert: an outage ends without an operator, a hold does not. */
  readonly state: 'outage' | 'hold' | 'none';
  /** A hang is noticed only after the request timeout. */
  readonly hangs?: boolean;
  /** Documents are rejected, and go to the dead letter. */
  readonly rejects?: boolean;
}

const faults: Fault[] = [
  { name: 'connections refused', action: 'refuse', state: 'outage' },
  { name: 'connections cut before the write', action: 'cutBefore', state: 'outage' },
  { name: 'connections cut after the write', action: 'cutAfter', state: 'outage' },
  { name: 'no answer', action: 'hang', state: 'outage', hangs: true },
  { name: 'no answer after the write', action: 'hangAfter', state: 'outage', hangs: true },
  { name: 'slow answers', action: { delayMs: 700 }, state: 'none' },
  ...[401, 403].map((status): Fault => ({
    name: `${status}`,
    action: answered(error(status, 'security_exception')),
    state: 'hold',
  })),
  ...[404, 405, 406].map((status): Fault => ({
    name: `${status}`,
    action: answered(error(status)),
    state: 'hold',
  })),
  {
    name: 'a redirect',
    action: answered({ status: 302, headers: { location: '/elsewhere' } }),
    state: 'hold',
  },
  ...[408, 429, 500, 502, 503, 504].map((status): Fault => ({
    name: `${status}`,
    action: answered(error(status)),
    state: 'outage',
  })),
  {
    name: '429 with Retry-After',
    action: answered({ ...error(429), headers: { 'retry-after': '1' } }),
    state: 'outage',
  },
  {
    name: '502 in HTML',
    action: answered({
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html>Bad gateway</html>',
    }),
    state: 'outage',
  },
  {
    name: '200 in HTML',
    action: answered({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }),
    state: 'outage',
  },
  { name: '200 {}', action: answered({ status: 200, body: {} }), state: 'outage' },
  { name: '200 with an empty body', action: answered({ status: 200, body: '' }), state: 'outage' },
  { name: '200 truncated after the write', action: { truncateAt: 20 }, state: 'outage' },
  { name: '200 broken off after the write', action: { truncateAt: 20, cut: true }, state: 'outage' },
  { name: '200 that stops midway, after the write', action: { stallAt: 20 }, state: 'outage', hangs: true },
  {
    name: '200 without the header of Elasticsearch, after the write',
    action: {
      answer: async (_request, forward) => ({ ...(await forward()), headers: { 'x-elastic-product': '' } }),
    },
    state: 'outage',
  },
  {
    name: '200 with one item missing, after the write',
    action: {
      answer: async (_request, forward) => {
        const { status, body } = await forward();
        const whole = JSON.parse(body.toString()) as { items: object[] };
        return { status, body: { ...whole, items: whole.items.slice(1) } };
      },
    },
    state: 'outage',
  },
  ...items(429, 'es_rejected_execution_exception'),
  ...items(503, 'unavailable_shards_exception'),
  ...items(403, 'cluster_block_exception'),
  ...items(400, 'document_parsing_exception'),
];

/** A tenth of the items, and all of them. */
function items(status: number, type: string): Fault[] {
  return [0.1, 1].map((share) => ({
    name: `${share * 100} % of the items ${status}`,
    action: forgeItems(status, type, share).action,
    state: 'none',
    ...(status === 400 ? { rejects: true } : {}),
  }));
}

async function inject(lab: Lab, action: Fault['action']): Promise<{ hits(): number; end(): Promise<void> }> {
  if (action === 'refuse') {
    await lab.proxy.refuse();
    return { hits: () => 1, end: () => lab.proxy.accept() };
  }
  const rule = lab.proxy.rule({ from: 1 }, action);
  return { hits: () => rule.hits, end: async () => rule.remove() };
}

function startUnderTest(lab: Lab): Logweir {
  return lab.start({
    // With a name of its own an instance that was killed takes its place in the group at once.
    kafka: { session_timeout_ms: 20_000, group_instance_id: 'one' },
    elasticsearch: {
      batch: { max_events: 100 },
      request: { timeout_ms: REQUEST_TIMEOUT_MS, backoff: { initial_ms: 50, max_ms: BACKOFF_MAX_MS } },
    },
  });
}

async function expectState(logweir: Logweir, state: Fault['state']): Promise<void> {
  if (state === 'none') return;
  await logweir.waitUntil(
    async () => (await logweir.status()).elasticsearch.state === state,
    `the state ${state}`,
  );
  expect((await logweir.get('/health/ready')).status).toBe(503);
}

const delivered = (lab: Lab): number =>
  lab.proxy.journal.items.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length;

describe.each(faults)('$name', ({ action, state, hangs, rejects }) => {
  it('nothing lost or stored twice, also by a kill -9; the offset stays, and it continues by itself at once', async () => {
    const lab = await openLab();
    const events = Array.from({ length: EVENTS }, (_, sequence) => agentEvent(sequence));
    await lab.ledger.produce(lab.topic, events.slice(0, 300));
    const first = startUnderTest(lab);
    await lab.waitForLagZero();
    const before = await lab.committed();
    const fault = await inject(lab, action);
    await lab.ledger.produce(lab.topic, events.slice(300));
    await expectState(first, state);
    await delay(FAULT_MS / 2);
    await first.kill();
    const second = startUnderTest(lab);
    await expectState(second, state);
    await delay(FAULT_MS / 2);
    if (state !== 'none') expect(await lab.committed()).toEqual(before);
    expect(fault.hits()).toBeGreaterThan(0);
    await second.waitForPartitions(3);
    const acknowledged = delivered(lab);
    await fault.end();
    const ended = Date.now();
    const done = async (): Promise<boolean> => (await second.status()).kafka.lag === 0;
    if (state !== 'none' || !(await done())) {
      const again = (): boolean => delivered(lab) > acknowledged;
      const bound = BACKOFF_MAX_MS + 1000 + (hangs === true ? REQUEST_TIMEOUT_MS : 0);
      await waitFor(again, { timeoutMs: 10_000, what: 'an acknowledgement', everyMs: 5 });
      expect(Date.now() - ended).toBeLessThan(bound);
    }
    await lab.waitForLagZero();
    process.stdout.write(`${Date.now() - ended} ms from the end of the fault to lag 0\n`);
    if (rejects !== true) {
      expect((await second.status()).records).toMatchObject({ dead_lettered: 0, in_flight: 0 });
      await expectExactlyOnce(lab);
      return;
    }
    const { deadLettered, twice } = await expectOnceOrDeadLettered(lab, true);
    process.stdout.write(`${deadLettered} dead-lettered, ${twice} of them twice, or in the index too\n`);
    expect(deadLettered).toBeGreaterThan(0);
  });
});
