import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BulkSender } from '../../../src/elasticsearch/bulk.ts';
import type { RequestOutcome } from '../../../src/elasticsearch/bulk-events.ts';
import type { BulkTransport } from '../../../src/elasticsearch/client.ts';
import { AdaptiveConcurrency } from '../../../src/elasticsearch/concurrency.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { Outage } from '../../../src/elasticsearch/outage.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { type Deferred, deferred, documents, makeDocument, received, settleDown } from '../support/fakes.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

beforeEach(() => {
  fakeDelay.reset();
});

type ItemError = { type: string; reason?: string };
type Item = { index: { status: number; error?: ItemError } };
/** Answers one request, given the ids of the documents in it. */
type Script = (ids: string[], request: number, signal: AbortSignal) => Answer | Promise<Answer>;

const OK: Item = { index: { status: 201 } };
const BUSY: Item = { index: { status: 429, error: { type: 'es_rejected_execution_exception' } } };
const BAD: Item = {
  index: { status: 400, error: { type: 'mapper_parsing_exception', reason: 'bad field' } },
};
const BLOCKED: Item = { index: { status: 403, error: { type: 'cluster_block_exception' } } };

const itemsOf = (...items: Item[]): Answer => ({ status: 200, body: { errors: true, items } });
const allOk = (ids: string[]): Answer => itemsOf(...ids.map(() => OK));

/** A sender over a transport that the test scripts, and everything that it tells. */
function lab(script: Script, holdRejects = false) {
  const sent: string[][] = [];
  /** The memory of each request's body. */
  const memory: ArrayBufferLike[] = [];
  const indexed: string[] = [];
  const diverted: { id: string; to: string }[] = [];
  const rejected: { id: string; reason: string; message: string }[] = [];
  const held: { id: string; cause: string }[] = [];
  const answered: { outcome: RequestOutcome; documents: number }[] = [];
  const retried: { documents: number; reason: string }[] = [];
  const states: string[] = [];
  /** After how many requests the credentials were read anew. */
  const refreshedAt: number[] = [];
  const transport: BulkTransport = {
    async send(body, signal) {
      const lines = body.toString().split('\n');
      const ids = lines.filter((line, at) => at % 2 === 0 && line !== '').map(idOf);
      sent.push(ids);
      memory.push(body.buffer);
      return script(ids, sent.length, signal);
    },
    refresh: () => void refreshedAt.push(sent.length),
    close: async () => {},
  };
  const outage = new Outage(
    (state) => void states.push(state === null ? 'closed' : `${state.kind}: ${state.reason}`),
  );
  const concurrency = new AdaptiveConcurrency();
  const sender = new BulkSender(
    transport,
    outage,
    concurrency,
    { initial_ms: 1, max_ms: 1 },
    {
      indexed(document) {
        indexed.push(idOf(document.action));
        document.settlement.settle('indexed');
      },
      diverted(document, to) {
        diverted.push({ id: idOf(document.action), to });
        if (holdRejects) return 'nobody has it';
        document.settlement.settle(to);
        return undefined;
      },
      rejected(document, reason, message) {
        rejected.push({ id: idOf(document.action), reason, message });
        if (holdRejects) return 'too many';
        document.settlement.settle('dead_lettered');
        return undefined;
      },
      held: (document, cause) => void held.push({ id: idOf(document.action), cause }),
      answered: (outcome, count) => void answered.push({ outcome, documents: count }),
      retrying: (count, reason) => void retried.push({ documents: count, reason }),
    },
  );
  return {
    sender,
    outage,
    concurrency,
    sent,
    memory,
    indexed,
    diverted,
    rejected,
    held,
    answered,
    retried,
    states,
    refreshedAt,
  };
}

function idOf(action: string): string {
  const [operation] = Object.values(JSON.parse(action) as Record<string, { _id: string }>);
  return operation?._id ?? '';
}

/** An answer for each request in turn; the last one goes on. */
function inTurn(...answers: (Answer | ((ids: string[]) => Answer))[]): Script {
  return (ids, request) => {
    const answer = answers[Math.min(request, answers.length) - 1] as (typeof answers)[number];
    return typeof answer === 'function' ? answer(ids) : answer;
  };
}

const range = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => String(from + at));

describe('a batch that is taken', () => {
  it('is sent once, in order, and every document is acknowledged', async () => {
    const { sender, sent, indexed, answered, retried } = lab(allOk);
    await sender.send(documents(5));
    expect(sent).toEqual([range(5)]);
    expect(indexed).toEqual(range(5));
    expect(answered).toEqual([{ outcome: 'ok', documents: 5 }]);
    expect(retried).toEqual([]);
  });

  it('is in flight until it is answered', async () => {
    const answer = deferred<Answer>();
    const { sender } = lab(() => answer.promise);
    const done = sender.send(documents(1));
    await settleDown();
    expect(sender.inFlight).toBe(1);
    answer.resolve(itemsOf(OK));
    await done;
    expect(sender.inFlight).toBe(0);
  });
});

describe('of a batch of which some documents fail', () => {
  it('only those are sent again: 100 documents, one 429, make 101', async () => {
    const { sender, sent, indexed, retried, answered } = lab(
      inTurn((ids) => itemsOf(...ids.map((id) => (id === '50' ? BUSY : OK))), allOk),
    );
    await sender.send(documents(100));
    expect(sent).toEqual([range(100), ['50']]);
    expect(indexed).toHaveLength(100);
    expect(new Set(indexed).size).toBe(100);
    expect(retried).toEqual([{ documents: 1, reason: '429 es_rejected_execution_exception' }]);
    expect(answered).toEqual([
      { outcome: 'partial', documents: 100 },
      { outcome: 'ok', documents: 1 },
    ]);
  });

  it('what is refused for good is told at once, also when the retry of others succeeds', async () => {
    const { sender, sent, indexed, rejected } = lab(inTurn(itemsOf(OK, BAD, BUSY), itemsOf(BUSY), allOk));
    await sender.send(documents(3));
    expect(sent).toEqual([['0', '1', '2'], ['2'], ['2']]);
    expect(rejected).toEqual([{ id: '1', reason: 'mapper_parsing_exception', message: 'bad field' }]);
    expect(indexed).toEqual(['0', '2']);
  });

  it('verdicts go by position, also when what is left is sent again', async () => {
    const { sender, indexed, rejected } = lab(
      inTurn(itemsOf(BUSY, OK, BUSY, OK, BUSY), itemsOf(OK, BAD, OK)),
    );
    await sender.send(documents(5));
    expect(indexed).toEqual(['1', '3', '0', '4']);
    expect(rejected.map(({ id }) => id)).toEqual(['2']);
  });

  it('the documents of one record are known apart: what is taken is not sent again while another is open', async () => {
    const { settlement, outcomes } = received();
    settlement.share(2);
    const batch = ['a', 'b', 'c'].map((id) => makeDocument(settlement, 'index', 'logs', id, '{}'));
    const { sender, sent } = lab(inTurn(itemsOf(OK, BUSY, BUSY), itemsOf(BUSY, OK), allOk));
    await sender.send(batch);
    expect(sent).toEqual([['a', 'b', 'c'], ['b', 'c'], ['b']]);
    expect(outcomes).toEqual(['indexed']);
  });

  it('what the environment is to blame for is handed over, and the batch is through', async () => {
    const { sender, sent, indexed, held } = lab(inTurn(itemsOf(OK, BLOCKED, OK)));
    await sender.send(documents(3));
    expect(sent).toHaveLength(1);
    expect(indexed).toEqual(['0', '2']);
    expect(held).toEqual([{ id: '1', cause: '403 cluster_block_exception' }]);
  });

  it('what keeps failing while Elasticsearch answers is held by name in the end', async () => {
    const { sender, sent, held, indexed } = lab((ids) =>
      itemsOf(...ids.map((id) => (id === '1' ? BUSY : OK))),
    );
    await sender.send(documents(3));
    expect(indexed).toEqual(['0', '2']);
    expect(held).toEqual([
      { id: '1', cause: expect.stringMatching(/^429 es_rejected_execution_exception/) as string },
    ]);
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.slice(1).every((ids) => ids.length === 1)).toBe(true);
  });

  it('single documents that fail do not stop the others: the breaker stays closed', async () => {
    const { sender, states } = lab(
      inTurn(itemsOf(BUSY, BUSY), itemsOf(BUSY, BUSY), itemsOf(BUSY, BUSY), allOk),
    );
    await sender.send(documents(2));
    expect(states).toEqual([]);
  });
});

describe('an answer from which nothing can be known', () => {
  it.each<[string, Answer]>([
    ['no answer', { failure: 'socket hang up' }],
    ['a truncated body', { status: 200, body: '{"errors":false,"items":[{"index"' }],
    ['an empty object', { status: 200, body: {} }],
    ['fewer items than were sent', itemsOf(OK, OK)],
    ['more items than were sent', itemsOf(OK, OK, OK, OK)],
    ['503', { status: 503, body: '' }],
  ])('%s: all of it is sent again, and nothing is settled by it', async (_name, answer) => {
    const { sender, sent, indexed, rejected } = lab(inTurn(answer, allOk));
    await sender.send(documents(3));
    expect(sent).toEqual([range(3), range(3)]);
    expect(indexed).toEqual(range(3));
    expect(rejected).toEqual([]);
  });
});

describe('backoff', () => {
  it('lies between attempts, and honours what the answer asks for', async () => {
    const { sender } = lab(
      inTurn({ status: 429, body: '', retryAfter: '7' }, { status: 503, body: '' }, allOk),
    );
    await sender.send(documents(1));
    expect(fakeDelay.lengths).toHaveLength(2);
    expect(fakeDelay.lengths[0]).toBe(7000);
    expect(fakeDelay.lengths[1]).toBeLessThanOrEqual(1);
  });

  it('nothing is sent while it lasts', async () => {
    fakeDelay.held = true;
    const { sender, sent } = lab(inTurn({ failure: 'away' }, allOk));
    const done = sender.send(documents(1));
    await settleDown();
    expect([sent.length, fakeDelay.open]).toEqual([1, 1]);
    fakeDelay.end();
    await done;
    expect(sent).toHaveLength(2);
  });

  it.each<[string, Answer, number]>([
    ['429', { status: 429, body: '' }, 1],
    ['503', { status: 503, body: '' }, 1],
    ['429 for single documents', itemsOf(BUSY), 1],
    ['no answer in time', { failure: 'no answer within 20000 ms' }, 1],
    ['a connection that fails, which says nothing about load', { failure: 'connect ECONNREFUSED' }, 2],
    ['a connection that breaks, likewise', { failure: 'read ECONNRESET' }, 2],
  ])('fewer requests at once follow where Elasticsearch asks for less: %s', async (_name, answer, limit) => {
    fakeDelay.held = true;
    const { sender, concurrency } = lab(inTurn(answer, allOk));
    expect(concurrency.limit).toBe(2);
    const done = sender.send(documents(1));
    await settleDown();
    expect(concurrency.limit).toBe(limit);
    fakeDelay.end();
    await done;
  });
});

describe('an outage', () => {
  it('opens the breaker after three failures, and the first success closes it', async () => {
    const { sender, states, indexed } = lab((ids, request) =>
      request <= 20 ? { failure: 'away' } : allOk(ids),
    );
    await sender.send(documents(3));
    expect(states).toEqual(['outage: away', 'closed']);
    expect(indexed).toEqual(range(3));
  });

  it('one batch probes while the others wait, and all are delivered afterwards', async () => {
    let up = false;
    const { sender, sent, indexed, outage } = lab((ids) => (up ? allOk(ids) : { failure: 'away' }));
    const first = documents(20);
    fakeDelay.held = true;
    const batches = [first.slice(0, 5), first.slice(5, 10), first.slice(10)].map((batch) =>
      sender.send(batch),
    );
    for (let round = 0; round < 20; round++) {
      await settleDown();
      fakeDelay.end();
    }
    await settleDown();
    expect(outage.state).toMatchObject({ kind: 'outage' });
    const probes = new Set(sent.slice(-10).map((ids) => ids.join()));
    expect(probes.size).toBe(1);
    up = true;
    fakeDelay.held = false;
    fakeDelay.end();
    await Promise.all(batches);
    expect(indexed.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(20));
    expect(outage.state).toBeNull();
  });

  it.each([401, 403, 404, 302])(
    '%i holds at the first answer, and ends when it is mended',
    async (status) => {
      const { sender, states, sent, indexed, rejected } = lab(
        inTurn({ status, body: '' }, { status, body: '' }, { status, body: '' }, allOk),
      );
      await sender.send(documents(2));
      expect(states).toEqual([`hold: HTTP ${status}`, 'closed']);
      expect(sent).toHaveLength(4);
      expect(indexed).toEqual(['0', '1']);
      expect(rejected).toEqual([]);
    },
  );

  it('credentials and certificates are read anew before each probe, and not before', async () => {
    const { sender, refreshedAt } = lab(
      inTurn({ failure: 'reset' }, { status: 401, body: '' }, { status: 401, body: '' }, allOk),
    );
    await sender.send(documents(1));
    expect(refreshedAt).toEqual([2, 3]);
    await sender.send(documents(1));
    expect(refreshedAt).toEqual([2, 3]);
  });

  it('an error that the transport throws is a hold and no progress', async () => {
    const { sender, states, sent, indexed } = lab((ids, request) => {
      if (request <= 2) throw new TypeError('cannot read properties of undefined');
      return allOk(ids);
    });
    await sender.send(documents(2));
    expect(states).toEqual(['hold: internal error: cannot read properties of undefined', 'closed']);
    expect(sent).toEqual([range(2), range(2), range(2)]);
    expect(indexed).toEqual(range(2));
  });
});

describe('413: the batch is halved', () => {
  const tooLargeFrom =
    (count: number): Script =>
    (ids) =>
      ids.length >= count ? { status: 413, body: '' } : allOk(ids);

  it('until the pieces fit, and nothing is lost or sent twice', async () => {
    const { sender, sent, indexed, rejected, states } = lab(tooLargeFrom(3));
    await sender.send(documents(10));
    expect(indexed.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(10));
    expect(sent.filter(({ length }) => length < 3).flat()).toHaveLength(10);
    expect(rejected).toEqual([]);
    expect(states).toEqual([]);
  });

  it('down to a single document, which is rejected while its neighbours pass', async () => {
    const { sender, indexed, rejected } = lab((ids) =>
      ids.includes('6') ? { status: 413, body: '' } : allOk(ids),
    );
    await sender.send(documents(10));
    expect(rejected).toEqual([{ id: '6', reason: 'document_too_large', message: 'HTTP 413' }]);
    expect(indexed.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(10).filter((id) => id !== '6'));
  });

  it('also the batch that probes during an outage, of which a half then meets another failure', async () => {
    const { sender, indexed, rejected, outage } = lab((ids, request) => {
      if (request <= 3) return { failure: 'away' };
      if (ids.length > 2) return { status: 413, body: '' };
      return request === 5 ? { status: 503, body: '' } : allOk(ids);
    });
    await sender.send(documents(4));
    expect(indexed.toSorted()).toEqual(range(4));
    expect(rejected).toEqual([]);
    expect(outage.state).toBeNull();
  });

  it('which is an answer, and ends an outage, though nothing is taken', async () => {
    const away: Answer = { failure: 'away' };
    const { sender, states, rejected } = lab(inTurn(away, away, away, { status: 413, body: '' }));
    await sender.send(documents(2));
    expect(rejected).toHaveLength(2);
    expect(states).toEqual(['outage: away', 'closed']);
  });

  it('a batch of one document that is too large is rejected at once', async () => {
    const { sender, sent, rejected, states } = lab(() => ({ status: 413, body: '' }));
    await sender.send(documents(1));
    expect(sent).toHaveLength(1);
    expect(rejected).toEqual([{ id: '0', reason: 'document_too_large', message: 'HTTP 413' }]);
    expect(states).toEqual([]);
  });
});

describe('400: the batch is halved to find the document that makes the request bad', () => {
  const badWith =
    (...bad: string[]): Script =>
    (ids) =>
      ids.some((id) => bad.includes(id)) ? { status: 400, body: '' } : allOk(ids);

  it('which is rejected, while the others pass', async () => {
    const { sender, indexed, rejected, states } = lab(badWith('6'));
    await sender.send(documents(10));
    expect(rejected).toEqual([{ id: '6', reason: 'bad_request', message: 'HTTP 400' }]);
    expect(indexed.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(10).filter((id) => id !== '6'));
    expect(states).toEqual([]);
  });

  it('and so are several', async () => {
    const { sender, indexed, rejected } = lab(badWith('0', '3', '9'));
    await sender.send(documents(10));
    expect(rejected.map(({ id }) => id)).toEqual(['0', '3', '9']);
    expect(indexed).toHaveLength(7);
  });

  it('where nothing passes nothing is rejected: all are held, without a request for each', async () => {
    const { sender, sent, rejected, held, states } = lab(() => ({ status: 400, body: '' }));
    await sender.send(documents(1000));
    expect(rejected).toEqual([]);
    expect(held).toHaveLength(1000);
    expect(held[0]?.cause).toBe('HTTP 400');
    expect(sent.length).toBeLessThan(50);
    expect(states).toEqual([]);
  });

  it('a held one is rejected by its probe only when others have passed since, else it stays held', async () => {
    let bad = true;
    const { sender, indexed, rejected, held } = lab((ids) => (bad ? { status: 400, body: '' } : allOk(ids)));
    const [document] = documents(1);
    if (document === undefined) throw new Error('no document');
    await sender.send([document]);
    expect(held).toHaveLength(1);
    const { signal } = new AbortController();
    expect(await sender.probe(document, signal)).toBe(false);
    expect(await sender.probe(document, signal)).toBe(false);
    expect(rejected).toEqual([]);
    bad = false;
    await sender.send(documents(3));
    expect(indexed).toHaveLength(3);
    bad = true;
    expect(await sender.probe(document, signal)).toBe(true);
    expect(rejected).toHaveLength(1);
  });

  it('a fault that ends in the middle of the halving costs no document its life', async () => {
    // 0 and 1 are refused together, then 0 alone; from then on everything passes.
    const { sender, indexed, rejected, held } = lab((ids, request) =>
      request <= 2 ? { status: 400, body: '' } : allOk(ids),
    );
    await sender.send(documents(2));
    expect(indexed).toEqual(['1', '0']);
    expect([rejected, held]).toEqual([[], []]);
  });

  it('which is rejected also where a 503 comes between, before any other has passed', async () => {
    const { sender, rejected, indexed, held, states } = lab((ids, request) =>
      request === 2 ? { status: 503, body: '' } : badWith('1')(ids, request, AbortSignal.abort()),
    );
    await sender.send(documents(2));
    expect(rejected.map(({ id }) => id)).toEqual(['1']);
    expect(indexed).toEqual(['0']);
    expect([held, states]).toEqual([[], []]);
  });

  it('a piece that is not answered while halving is sent again', async () => {
    const { sender, indexed, rejected } = lab((ids, request) => {
      if (request === 2) return { failure: 'socket hang up' };
      return badWith('9')(ids, request, AbortSignal.abort());
    });
    await sender.send(documents(10));
    expect(rejected.map(({ id }) => id)).toEqual(['9']);
    expect(indexed.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(9));
  });
});

describe('requests that break off', () => {
  const LATE: Answer = { failure: 'no answer within 20000 ms' };
  const RESET: Answer = { failure: 'read ECONNRESET' };
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  const inOrder = (ids: readonly string[]): string[] => ids.toSorted((a, b) => Number(a) - Number(b));
  /** Takes so many documents in a body, and no more. */
  const takesUpTo =
    (most: number, answer: Answer): Script =>
    (ids) =>
      ids.length > most ? answer : allOk(ids);

  it.each([
    ['time out', LATE],
    ['are reset', RESET],
    ['are answered 504 by a proxy', { status: 504, body: '' }],
    ['are answered 502 by a proxy', { status: 502, body: '' }],
  ])('for their size become smaller, at little cost, and are no outage: %s', async (_how, answer) => {
    const { sender, sent, indexed, states } = lab(takesUpTo(555, answer));
    await sender.send(documents(10_000));
    expect(inOrder(indexed)).toEqual(range(10_000));
    expect(sum(sent.map(({ length }) => length))).toBeLessThan(30_000);
    // 360 s are the least where 500 documents take 18 s; what is given up costs 20.
    expect(sum(sent.map(({ length }) => (length > 555 ? 20 : (length / 500) * 18)))).toBeLessThan(560);
    expect(states).toEqual([]);
  });

  it('tell the batches after them: those are small at once', async () => {
    const { sender, sent } = lab(takesUpTo(555, LATE));
    await sender.send(documents(3000));
    const before = sent.length;
    await sender.send(documents(5000));
    expect(Math.max(...sent.slice(before).map(({ length }) => length))).toBeLessThan(700);
  });

  it('do so where a 413 said it, too', async () => {
    const { sender, sent } = lab(takesUpTo(50, { status: 413, body: '' }));
    await sender.send(documents(3000));
    const before = sent.length;
    await sender.send(documents(5000));
    expect(sum(sent.slice(before).map(({ length }) => length))).toBeLessThan(6000);
  });

  it('are larger again when the server is fast again', async () => {
    let slow = true;
    const { sender, sent } = lab((ids) => (slow && ids.length > 150 ? LATE : allOk(ids)));
    await sender.send(documents(1500, 400));
    slow = false;
    for (let batch = 0; batch < 8; batch++) await sender.send(documents(1500, 400));
    const before = sent.length;
    await sender.send(documents(1500, 400));
    expect(sent.slice(before).map(({ length }) => length)).toEqual([1500]);
  });

  it('now and then, whatever their size, leave bodies of hundreds of documents', async () => {
    const { sender, sent, indexed } = lab((ids, request) => (request % 12 === 0 ? LATE : allOk(ids)));
    for (let batch = 0; batch < 10; batch++) await sender.send(documents(2000, 400));
    expect(indexed).toHaveLength(20_000);
    expect(20_000 / sent.length).toBeGreaterThan(200);
  });

  it('for load give way: no more are open than the concurrency has become', async () => {
    const answers: Deferred<Answer>[] = [];
    const { sender, sent, concurrency, indexed } = lab((_ids, request) => {
      answers.push(deferred());
      return (answers[request - 1] as Deferred<Answer>).promise;
    });
    const done = Promise.all([sender.send(documents(2000)), sender.send(documents(2000))]);
    await settleDown();
    expect(sent).toHaveLength(2);
    for (const answer of answers) answer.resolve(LATE);
    await settleDown();
    expect([concurrency.limit, sent.length]).toEqual([1, 3]);
    for (let request = 2; request < answers.length; request++) {
      answers[request]?.resolve(allOk(sent[request] ?? []));
      await settleDown();
    }
    await done;
    expect(indexed).toHaveLength(4000);
  });

  it('since Elasticsearch is away open the breaker with the third, and are tried with a hundred documents or fewer', async () => {
    let up = false;
    const { sender, sent, states, indexed } = lab((ids) => (up ? allOk(ids) : LATE));
    fakeDelay.held = true;
    const done = sender.send(documents(10_000));
    for (let round = 0; round < 12; round++) {
      await settleDown();
      fakeDelay.end();
    }
    await settleDown();
    expect(states).toEqual(['outage: no answer within 20000 ms']);
    const sizes = sent.map(({ length }) => length);
    expect(sizes[0]).toBeGreaterThan(1000);
    expect(sizes.slice(1).every((size) => size <= 100)).toBe(true);
    expect(sizes.at(-1)).toBe(1);
    up = true;
    fakeDelay.held = false;
    fakeDelay.end();
    await done;
    expect(inOrder(indexed)).toEqual(range(10_000));
    expect(states).toEqual(['outage: no answer within 20000 ms', 'closed']);
    // What an outage has cut to pieces goes out whole again soon after.
    expect(sent.length - sizes.length).toBeLessThan(30);
  });

  it('as several large ones at once count as one: whether it is their size is tried out first', async () => {
    const { sender, states, indexed } = lab(takesUpTo(1000, RESET));
    await Promise.all([1, 2, 3, 4].map(async () => sender.send(documents(3000))));
    expect(indexed).toHaveLength(12_000);
    expect(states).toEqual([]);
  });

  /** Documents of which one is large. */
  const withOneOf = (bytes: number, count: number, at: number): Document[] => {
    const all = documents(count, 100);
    const [large] = documents(1, bytes);
    const { settlement } = received({ offset: at });
    all[at] = makeDocument(settlement, 'index', 'logs', String(at), large?.source ?? '{}');
    return all;
  };

  it.each([[RESET], [LATE]])(
    'for a single document do not hold up the others: that one is held by name (%o)',
    async (answer) => {
      const { sender, indexed, held, rejected, states } = lab((ids) =>
        ids.includes('700') ? answer : allOk(ids),
      );
      await sender.send(withOneOf(300_000, 1500, 700));
      expect(inOrder(indexed)).toEqual(range(1500).filter((id) => id !== '700'));
      expect(held).toEqual([
        { id: '700', cause: expect.stringMatching(/^document_too_large: .*proxy's limit/) as string },
      ]);
      expect([rejected, states]).toEqual([[], []]);
    },
  );

  it('for a large document that comes alone: it is held, and nothing is an outage', async () => {
    const { sender, held, states } = lab((ids) => (ids.length === 0 ? { status: 400, body: '' } : RESET));
    await sender.send(documents(1, 300_000));
    expect(held.map(({ cause }) => cause)).toEqual([expect.stringMatching(/^document_too_large/)]);
    expect(states).toEqual([]);
  });

  it('for a small document, whatever a proxy has against it: the others pass, and it is held', async () => {
    const { sender, indexed, held, states } = lab((ids) => (ids.includes('33') ? RESET : allOk(ids)));
    await sender.send(documents(90));
    expect(inOrder(indexed)).toEqual(range(90).filter((id) => id !== '33'));
    expect(held).toEqual([{ id: '33', cause: expect.stringMatching(/breaks off each time/) as string }]);
    expect(states.length % 2).toBe(0);
  });

  it('and then an outage in the middle: nothing is lost, and what is too large is found afterwards', async () => {
    let requests = 0;
    const { sender, indexed, held, states } = lab((ids) => {
      requests++;
      if (requests > 8 && requests < 20) return { failure: 'connect ECONNREFUSED' };
      return ids.includes('700') || ids.length > 400 ? RESET : allOk(ids);
    });
    await sender.send(withOneOf(300_000, 1500, 700));
    expect(inOrder(indexed)).toEqual(range(1500).filter((id) => id !== '700'));
    expect(held.map(({ id }) => id)).toEqual(['700']);
    expect(states).toEqual(['outage: connect ECONNREFUSED', 'closed']);
  });

  it('for a held document again and again: it is too large, where its probes are reset while less is answered', async () => {
    const { signal } = new AbortController();
    const outcomes = async (script: Script): Promise<unknown> => {
      const { sender, rejected } = lab(script);
      const [document] = documents(1, 300_000) as [Document];
      for (let probe = 0; probe < 6; probe++) await sender.probe(document, signal);
      return rejected;
    };
    const small = { status: 400, body: '' };
    expect(await outcomes((ids) => (ids.length === 0 ? small : RESET))).toMatchObject([
      { id: '0', reason: 'document_too_large', message: expect.stringMatching(/proxy's limit/) as string },
    ]);
    expect(await outcomes(() => RESET)).toEqual([]);
    // The server may be slow for this one; somebody must look.
    expect(await outcomes((ids) => (ids.length === 0 ? small : LATE))).toEqual([]);
  });
});

it('what Elasticsearch put elsewhere, or dropped, is told apart, settles, and counts as passed', async () => {
  const stored = { index: { status: 201, failure_store: 'used', result: 'created' } };
  const dropped = { index: { status: 200, result: 'noop' } };
  const { sender, diverted, indexed, sent } = lab(() => ({
    status: 200,
    body: { errors: false, items: [OK, stored, dropped] },
  }));
  await sender.send(documents(3));
  expect(indexed).toEqual(['0']);
  expect(diverted).toEqual([
    { id: '1', to: 'failure_store' },
    { id: '2', to: 'dropped' },
  ]);
  expect(sent).toHaveLength(1);
});

it('what Elasticsearch put elsewhere is held where it may not be there, and its probe does not settle it', async () => {
  const stored = { index: { status: 201, failure_store: 'used', result: 'created' } };
  const { sender, held } = lab(() => ({ status: 200, body: { errors: false, items: [stored] } }), true);
  const [letter] = documents(1);
  await sender.send([letter as Document]);
  expect(held).toEqual([{ id: '0', cause: 'nobody has it' }]);
  expect(await sender.probe(letter as Document, new AbortController().signal)).toBe(false);
});

describe('documents that were given up with their partition', () => {
  const giveUp = (given: readonly Document[]): void => {
    for (const { settlement } of given) settlement.giveUp();
  };

  it('are not sent again, while the others of their batch are', async () => {
    fakeDelay.held = true;
    const { sender, sent, indexed } = lab(inTurn({ failure: 'away' }, allOk));
    const batch = documents(4);
    const done = sender.send(batch);
    await settleDown();
    giveUp(batch.slice(0, 2));
    sender.dropGivenUp();
    await done;
    expect(sent).toEqual([range(4), ['2', '3']]);
    expect(indexed).toEqual(['2', '3']);
  });

  it('have their open request aborted', async () => {
    const { sender, sent } = lab(
      (_ids, _request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ failure: 'aborted' }));
        }),
    );
    const batch = documents(2);
    const done = sender.send(batch);
    await settleDown();
    giveUp(batch);
    sender.dropGivenUp();
    await done;
    expect(sent).toHaveLength(1);
    expect(sender.inFlight).toBe(0);
  });

  it('do not make an outage of the abort', async () => {
    const { sender, states, retried } = lab(
      (ids, request, signal) =>
        new Promise((resolve) => {
          if (request > 3) resolve(allOk(ids));
          signal.addEventListener('abort', () => resolve({ failure: 'aborted' }));
        }),
    );
    const batch = documents(5);
    const done = sender.send(batch);
    for (let at = 0; at < 3; at++) {
      await settleDown();
      giveUp(batch.slice(at, at + 1));
      sender.dropGivenUp();
    }
    await done;
    expect(states).toEqual([]);
    expect(retried).toHaveLength(3);
  });

  it('do not wait for the probe of an outage', async () => {
    fakeDelay.held = true;
    const { sender, sent } = lab(() => ({ status: 401, body: '' }));
    const waiting = documents(1);
    void sender.send(documents(1));
    await settleDown();
    fakeDelay.end();
    await settleDown();
    const done = sender.send(waiting);
    await settleDown();
    expect(sent).toHaveLength(2);
    giveUp(waiting);
    sender.dropGivenUp();
    await done;
    expect(sent).toHaveLength(2);
    expect(sender.inFlight).toBe(1);
  });

  it('let another batch probe, where the probe consisted of nothing else', async () => {
    let up = false;
    fakeDelay.held = true;
    const { sender, sent, indexed } = lab((ids) => (up ? allOk(ids) : { status: 401, body: '' }));
    const probe = documents(1);
    const first = sender.send(probe);
    await settleDown();
    fakeDelay.end();
    await settleDown();
    const second = sender.send(documents(2));
    await settleDown();
    up = true;
    expect(sent).toEqual([['0'], ['0']]);
    giveUp(probe);
    sender.dropGivenUp();
    await Promise.all([first, second]);
    expect(sent[2]).toEqual(['0', '1']);
    expect(indexed).toEqual(['0', '1']);
  });

  it('leave batches alone that have nothing to do with them', async () => {
    const signals: AbortSignal[] = [];
    const { sender } = lab((_ids, _request, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    void sender.send(documents(2));
    await settleDown();
    sender.dropGivenUp();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

it('documents that are refused for good and may not be dead-lettered now are held, the others settle', async () => {
  const { sender, held, indexed } = lab(() => itemsOf(OK, BAD, OK), true);
  await sender.send(documents(3));
  expect(indexed).toEqual(['0', '2']);
  expect(held).toEqual([{ id: '1', cause: 'too many' }]);
});

it('an error of our own midway through an answer: what was carried out before is not sent again', async () => {
  const { sender, sent, indexed } = lab(allOk);
  const batch = documents(4);
  const [, second] = batch;
  const settle = second?.settlement.settle.bind(second.settlement);
  let failed = false;
  if (second !== undefined && settle !== undefined) {
    second.settlement.settle = (outcome) => {
      if (failed) settle(outcome);
      else {
        failed = true;
        throw new Error('on purpose');
      }
    };
  }
  await sender.send(batch);
  expect(sent).toEqual([
    ['0', '1', '2', '3'],
    ['1', '2', '3'],
  ]);
  expect(indexed.filter((id) => id === '0')).toHaveLength(1);
  expect(batch.every(({ settlement }) => settlement.settled)).toBe(true);
});

it('a document that was held for its refusals has all its chances anew', async () => {
  const { sender, held } = lab(() => itemsOf(BUSY));
  const [document] = documents(1) as [Document];
  await sender.send([document]);
  await sender.send([document]);
  expect(held).toHaveLength(2);
  expect(document.refusals).toBe(0);
});

describe('a probe of a held document', () => {
  const never = new AbortController().signal;

  it('sends it once, and says whether that settled it', async () => {
    const { sender, sent, indexed } = lab(allOk);
    const [held] = documents(1) as [Document];
    expect(await sender.probe(held, never)).toBe(true);
    expect(sent).toEqual([['0']]);
    expect(indexed).toEqual(['0']);
  });

  it('that is refused for good settles it too', async () => {
    const { sender, rejected } = lab(() => itemsOf(BAD));
    const [held] = documents(1) as [Document];
    expect(await sender.probe(held, never)).toBe(true);
    expect(rejected).toHaveLength(1);
  });

  it('that is refused for good, and may not be dead-lettered now, stays held', async () => {
    const { sender, held } = lab(() => itemsOf(BAD), true);
    const [document] = documents(1) as [Document];
    expect(await sender.probe(document, never)).toBe(false);
    expect(held).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['still blocked', itemsOf(BLOCKED)],
    ['busy', itemsOf(BUSY)],
    ['no answer', { failure: 'away' }],
    ['401', { status: 401, body: '' }],
    ['400', { status: 400, body: '' }],
    ['an answer for nobody', itemsOf()],
  ])('that does not settle it changes nothing: %s', async (_name, answer) => {
    const { sender, indexed, rejected, held, states } = lab(() => answer);
    const [document] = documents(1) as [Document];
    expect(await sender.probe(document, never)).toBe(false);
    expect([indexed, rejected, held, states]).toEqual([[], [], [], []]);
  });
});

it('the memory of a body is used again after an answer for each document, and after no other', async () => {
  const ends: Answer[] = [
    { failure: 'reset' },
    { status: 503, body: '' },
    { status: 413, body: '' },
    { status: 200, body: 'cut off' },
  ];
  for (const end of ends) {
    const { sender, memory } = lab(inTurn(end, allOk));
    await sender.send(documents(400, 1000));
    expect(memory.length).toBeGreaterThan(1);
    expect(memory.slice(1).includes(memory[0] as ArrayBufferLike)).toBe(false);
  }
  const { sender, memory } = lab(allOk);
  for (let request = 0; request < 3; request++) await sender.send(documents(400, 1000));
  expect(new Set(memory).size).toBe(1);
});

it('two requests at the same time do not share memory', async () => {
  const first = deferred<Answer>();
  const { sender, memory } = lab((ids, request) => (request === 1 ? first.promise : allOk(ids)));
  const sending = sender.send(documents(400, 1000));
  await sender.send(documents(400, 1000));
  first.resolve(itemsOf(...Array.from({ length: 400 }, () => OK)));
  await sending;
  expect(new Set(memory).size).toBe(2);
});
