import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type Lab, expectExactlyOnce, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import type { Action, Answer } from '../support/proxy.ts';
import { waitFor } from '../support/topics.ts';

/** Three seconds of each fault here; `make faults FULL=1` gives twenty, and a kill -9 in the middle of each. */
const FULL = process.env['FULL'] === '1';
const FAULT_MS = FULL ? 20_000 : 3000;
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
  /** What must be said aloud: an outage passes by itself, a hold is for somebody to mend. */
  readonly state: 'outage' | 'hold' | 'none';
  /** A hang is noticed only after the request timeout. */
  readonly hangs?: boolean;
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
  { name: '200 cut short after the write', action: { truncateAt: 20 }, state: 'outage' },
  { name: '200 broken off after the write', action: { truncateAt: 20, cut: true }, state: 'outage' },
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
  {
    name: 'every item 429',
    action: { answer: everyItem(429, 'es_rejected_execution_exception') },
    state: 'none',
  },
  {
    name: 'every item 503',
    action: { answer: everyItem(503, 'unavailable_shards_exception') },
    state: 'none',
  },
  {
    name: 'every item 403 (a cluster block)',
    action: { answer: everyItem(403, 'cluster_block_exception') },
    state: 'none',
  },
];

function everyItem(status: number, type: string) {
  return ({ body }: { body: Buffer }) => {
    const count = body.toString().trimEnd().split('\n').length / 2;
    const item = { index: { status, error: { type, reason: 'on purpose' } } };
    return { status: 200, body: { errors: true, items: Array.from({ length: count }, () => item) } };
  };
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
    kafka: { session_timeout_ms: 6000 },
    elasticsearch: {
      batch: { max_events: 100 },
      request: { timeout_ms: REQUEST_TIMEOUT_MS, backoff: { initial_ms: 50, max_ms: BACKOFF_MAX_MS } },
    },
  });
}

describe.each(faults)('$name', ({ action, state, hangs }) => {
  it('nothing lost, nothing stored twice, the offset stays, and it goes on by itself at once', async () => {
    const lab = await openLab();
    const events = Array.from({ length: EVENTS }, (_, sequence) => agentEvent(sequence));
    await lab.ledger.produce(lab.topic, events.slice(0, 300));
    let logweir = startUnderTest(lab);
    await lab.waitForLagZero();
    const before = await lab.committed();
    const fault = await inject(lab, action);
    await lab.ledger.produce(lab.topic, events.slice(300));
    if (state !== 'none') {
      await logweir.waitUntil(
        async () => (await logweir.status()).elasticsearch.state === state,
        `the state ${state}`,
      );
      expect((await logweir.get('/health/ready')).status).toBe(503);
    }
    await delay(FAULT_MS);
    if (state !== 'none') expect(await lab.committed()).toEqual(before);
    if (FULL) {
      await logweir.kill();
      logweir = startUnderTest(lab);
      await delay(2000);
    }
    expect(fault.hits()).toBeGreaterThan(0);
    const acknowledged = lab.proxy.journal.items.filter(({ delivered }) => delivered).length;
    await fault.end();
    const ended = Date.now();
    if (!FULL) {
      const again = (): boolean =>
        lab.proxy.journal.items.filter(({ delivered }) => delivered).length > acknowledged;
      const bound = BACKOFF_MAX_MS + 1000 + (hangs === true ? REQUEST_TIMEOUT_MS : 0);
      await waitFor(again, { timeoutMs: 10_000, what: 'an acknowledgement', everyMs: 5 });
      expect(Date.now() - ended).toBeLessThan(bound);
    }
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ dead_lettered: 0, in_flight: 0 });
    await expectExactlyOnce(lab);
  });
});
