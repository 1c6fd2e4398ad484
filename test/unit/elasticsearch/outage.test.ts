import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Outage, type OutageState } from '../../../src/elasticsearch/outage.ts';
import { settleDown } from '../support/fakes.ts';

const NEVER = new AbortController().signal;
let changes: (OutageState | null)[] = [];
let outage: Outage;

beforeEach(() => {
  changes = [];
  outage = new Outage((state) => void changes.push(state));
});

/** Asks for a turn; `granted` says whether it has come. */
function ask(who: object, signal: AbortSignal = NEVER): { granted: boolean } {
  const asked = { granted: false };
  void outage.turn(who, signal).then(() => {
    asked.granted = true;
  });
  return asked;
}

function open(): void {
  for (let failure = 0; failure < 3; failure++) outage.failed('outage', 'HTTP 503');
}

describe('the breaker', () => {
  it('is closed at first, and lets everybody go', async () => {
    const turns = [ask({}), ask({}), ask({})];
    await settleDown();
    expect(turns.every(({ granted }) => granted)).toBe(true);
    expect(outage.state).toBeNull();
  });

  it('opens at the third failure in a row, and says so once', () => {
    outage.failed('outage', 'HTTP 503');
    outage.failed('outage', 'HTTP 503');
    expect(outage.state).toBeNull();
    outage.failed('outage', 'HTTP 503');
    expect(outage.state).toMatchObject({ kind: 'outage', reason: 'HTTP 503' });
    for (let failure = 0; failure < 10; failure++) outage.failed('outage', 'HTTP 503');
    expect(changes).toHaveLength(1);
  });

  it('does not open where successes lie between', () => {
    for (let round = 0; round < 10; round++) {
      outage.failed('outage', 'HTTP 503');
      outage.failed('outage', 'HTTP 503');
      outage.succeeded();
    }
    expect(changes).toEqual([]);
  });

  it('opens at the first hold', () => {
    outage.failed('hold', 'HTTP 401');
    expect(outage.state).toMatchObject({ kind: 'hold', reason: 'HTTP 401' });
    expect(changes).toEqual([outage.state]);
  });

  it('closes at the first success, and says so once', () => {
    outage.failed('hold', 'HTTP 401');
    outage.succeeded();
    outage.succeeded();
    expect(outage.state).toBeNull();
    expect(changes).toEqual([expect.objectContaining({ kind: 'hold' }), null]);
  });

  it('counts from nothing after it has closed', () => {
    open();
    outage.succeeded();
    outage.failed('outage', 'HTTP 503');
    outage.failed('outage', 'HTTP 503');
    expect(outage.state).toBeNull();
  });

  it('says what is in the way now, and since when anything is', () => {
    vi.useFakeTimers({ now: 1000 });
    try {
      open();
      vi.setSystemTime(5000);
      outage.failed('hold', 'HTTP 401');
      expect(changes).toMatchObject([
        { kind: 'outage', reason: 'HTTP 503', began: { at: 1000 } },
        { kind: 'hold', reason: 'HTTP 401', began: { at: 1000 } },
      ]);
      outage.succeeded();
      vi.setSystemTime(9000);
      outage.failed('hold', 'HTTP 401');
      expect(outage.state?.began.at).toBe(9000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('while the breaker is open', () => {
  it('one at a time probes, again and again, and the others wait', async () => {
    open();
    const probe = {};
    const first = ask(probe);
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    expect(first.granted).toBe(true);
    outage.failed('outage', 'HTTP 503');
    const again = ask(probe);
    await settleDown();
    expect(again.granted).toBe(true);
    expect(others.some(({ granted }) => granted)).toBe(false);
  });

  it('a success lets all go', async () => {
    open();
    ask({});
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    outage.succeeded();
    await settleDown();
    expect(others.every(({ granted }) => granted)).toBe(true);
  });

  it('exactly one takes the place of a probe that has left', async () => {
    open();
    const probe = {};
    ask(probe);
    const others = [ask({}), ask({}), ask({})];
    await settleDown();
    outage.left({});
    await settleDown();
    expect(others.filter(({ granted }) => granted)).toHaveLength(0);
    outage.left(probe);
    await settleDown();
    expect(others.filter(({ granted }) => granted)).toHaveLength(1);
  });

  it('an abort releases the one that waits, and no other, and does not make it the probe', async () => {
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

  it('who comes with an aborted signal does not wait', async () => {
    open();
    ask({});
    const late = ask({}, AbortSignal.abort());
    await settleDown();
    expect(late.granted).toBe(true);
  });

  it('the next outage concerns those who were let go, too', async () => {
    open();
    ask({});
    const waiting = {};
    const early = ask(waiting);
    outage.succeeded();
    await settleDown();
    expect(early.granted).toBe(true);
    open();
    const probe = ask(waiting);
    const late = ask({});
    await settleDown();
    expect([probe.granted, late.granted]).toEqual([true, false]);
  });
});
