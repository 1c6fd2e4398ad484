import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker, type BreakerState } from '../../../src/elasticsearch/circuit-breaker.ts';
import { settleDown } from '../support/fakes.ts';

const NEVER = new AbortController().signal;
let changes: (BreakerState | null)[] = [];
let breaker: CircuitBreaker;

beforeEach(() => {
  changes = [];
  breaker = new CircuitBreaker((state) => void changes.push(state));
});

/** Acquires the breaker; `granted` tells whether that has resolved. */
function ask(caller: object, signal: AbortSignal = NEVER): { granted: boolean } {
  const asked = { granted: false };
  void breaker.acquire(caller, signal).then(() => {
    asked.granted = true;
  });
  return asked;
}

function open(): void {
  for (let failure = 0; failure < 3; failure++) breaker.failed('outage', 'HTTP 503');
}

describe('the breaker', () => {
  it('is closed at first, and allows all callers', async () => {
    const asked = [ask({}), ask({}), ask({})];
    await settleDown();
    expect(asked.every(({ granted }) => granted)).toBe(true);
    expect(breaker.state).toBeNull();
  });

  it('opens at the third failure in a row, and reports it once', () => {
    breaker.failed('outage', 'HTTP 503');
    breaker.failed('outage', 'HTTP 503');
    expect(breaker.state).toBeNull();
    breaker.failed('outage', 'HTTP 503');
    expect(breaker.state).toMatchObject({ kind: 'outage', reason: 'HTTP 503' });
    for (let failure = 0; failure < 10; failure++) breaker.failed('outage', 'HTTP 503');
    expect(changes).toHaveLength(1);
  });

  it('does not open if successes occur in between', () => {
    for (let round = 0; round < 10; round++) {
      breaker.failed('outage', 'HTTP 503');
      breaker.failed('outage', 'HTTP 503');
      breaker.succeeded();
    }
    expect(changes).toEqual([]);
  });

  it('opens at the first hold', () => {
    breaker.failed('hold', 'HTTP 401');
    expect(breaker.state).toMatchObject({ kind: 'hold', reason: 'HTTP 401' });
    expect(changes).toEqual([breaker.state]);
  });

  it('closes at the first success, and reports it once', () => {
    breaker.failed('hold', 'HTTP 401');
    breaker.succeeded();
    breaker.succeeded();
    expect(breaker.state).toBeNull();
    expect(changes).toEqual([expect.objectContaining({ kind: 'hold' }), null]);
  });

  it('counts failures from zero after it has closed', () => {
    open();
    breaker.succeeded();
    breaker.failed('outage', 'HTTP 503');
    breaker.failed('outage', 'HTTP 503');
    expect(breaker.state).toBeNull();
  });

  it('reports the current reason, and the start of the first one', () => {
    vi.useFakeTimers({ now: 1000 });
    try {
      open();
      vi.setSystemTime(5000);
      breaker.failed('hold', 'HTTP 401');
      expect(changes).toMatchObject([
        { kind: 'outage', reason: 'HTTP 503', began: { at: 1000 } },
        { kind: 'hold', reason: 'HTTP 401', began: { at: 1000 } },
      ]);
      breaker.succeeded();
      vi.setSystemTime(9000);
      breaker.failed('hold', 'HTTP 401');
      expect(breaker.state?.began.at).toBe(9000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('while the breaker is open', () => {
  it('one caller probes repeatedly, and the others wait', async () => {
    open();
    const probe = {};
    const first = ask(probe);
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    expect(first.granted).toBe(true);
    breaker.failed('outage', 'HTTP 503');
    const again = ask(probe);
    await settleDown();
    expect(again.granted).toBe(true);
    expect(others.some(({ granted }) => granted)).toBe(false);
  });

  it('a success admits all callers', async () => {
    open();
    ask({});
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    breaker.succeeded();
    await settleDown();
    expect(others.every(({ granted }) => granted)).toBe(true);
  });

  it('exactly one caller replaces a probe that was released', async () => {
    open();
    const probe = {};
    ask(probe);
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    breaker.release({});
    await settleDown();
    expect(others.filter(({ granted }) => granted)).toHaveLength(0);
    breaker.release(probe);
    await settleDown();
    expect(others.filter(({ granted }) => granted)).toHaveLength(1);
  });

  it('an abort resolves only its own caller, and does not make it the probe', async () => {
    open();
    const probe = {};
    ask(probe);
    const impatient = new AbortController();
    const released = ask({}, impatient.signal);
    const other = ask({});
    await settleDown();
    impatient.abort();
    await settleDown();
    expect(released.granted).toBe(true);
    expect(other.granted).toBe(false);
    const again = ask(probe);
    await settleDown();
    expect(again.granted).toBe(true);
  });

  it('a caller with an aborted signal does not wait', async () => {
    open();
    ask({});
    const late = ask({}, AbortSignal.abort());
    await settleDown();
    expect(late.granted).toBe(true);
  });

  it('the next outage also applies to the admitted callers', async () => {
    open();
    ask({});
    const waiting = {};
    const early = ask(waiting);
    breaker.succeeded();
    await settleDown();
    expect(early.granted).toBe(true);
    open();
    const probe = ask(waiting);
    const late = ask({});
    await settleDown();
    expect([probe.granted, late.granted]).toEqual([true, false]);
  });
});
