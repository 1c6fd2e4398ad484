import { describe, expect, it } from 'vitest';
import { BodyLimit } from '../../../src/elasticsearch/body-limit.ts';
import { type Break, BrokenRequests, breakOf } from '../../../src/elasticsearch/broken.ts';
import { openDelivery } from '../../../src/elasticsearch/delivery.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { Progress } from '../../../src/elasticsearch/progress.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { documents } from '../support/fakes.ts';

describe('what broke off', () => {
  it.each<[Answer, ReturnType<typeof breakOf>]>([
    [{ failure: 'no answer within 20000 ms' }, 'timeout'],
    [{ failure: 'Request timed out' }, 'timeout'],
    [{ status: 504, body: '' }, 'timeout'],
    [{ status: 408, body: '' }, 'timeout'],
    [{ failure: 'read ECONNRESET' }, 'reset'],
    [{ failure: 'write EPIPE - Local: 127.0.0.1:1, Remote: 127.0.0.1:2' }, 'reset'],
    [{ failure: 'socket hang up' }, 'reset'],
    [{ failure: 'other side closed - Local: 127.0.0.1:1, Remote: 127.0.0.1:2' }, 'reset'],
    [{ failure: 'terminated' }, 'reset'],
    [{ failure: 'the answer is longer than 200000000 bytes' }, 'reset'],
    [{ status: 502, body: '' }, 'reset'],
    [{ failure: 'connect ECONNREFUSED 127.0.0.1:9200' }, undefined],
    [{ failure: 'connect ETIMEDOUT 192.0.2.1:9200' }, undefined],
    [{ failure: 'Connect Timeout Error' }, undefined],
    [{ failure: 'getaddrinfo ENOTFOUND nowhere' }, undefined],
    [{ failure: 'self-signed certificate' }, undefined],
    [{ status: 503, body: '' }, undefined],
    [{ status: 429, body: '' }, undefined],
    [{ status: 500, body: '' }, undefined],
    [{ status: 200, body: '{}' }, undefined],
  ])('%o: %s', (answer, kind) => {
    expect(breakOf(answer)).toBe(kind);
  });
});

/** Requests of one batch that break off, with what is held by the document's number. */
function breaking(count: number, sourceBytes = 20) {
  const batch = documents(count, sourceBytes);
  const held: string[] = [];
  const numberOf = (document: Document): number => batch.indexOf(document);
  const progress = new Progress();
  const limit = new BodyLimit();
  const delivery = openDelivery(batch, progress.taken);
  delivery.pieces = [];
  const answers = { small: false, asked: 0 };
  const fates = {
    rejected: () => {},
    held: (document: Document, cause: string) => void held.push(`${numberOf(document)} ${cause}`),
  };
  const broken = new BrokenRequests(progress, limit, fates, async () => {
    answers.asked++;
    return answers.small;
  });
  const put = async (piece: readonly Document[], isOpen = false, broke: Break = 'reset'): Promise<string> => {
    delivery.pieces = delivery.pieces.filter((one) => one[0] !== piece[0]);
    const bytes = piece.reduce((sum, document) => sum + document.bytes, 0);
    return broken.put(delivery, piece, bytes, broke, isOpen);
  };
  return { batch, held, progress, limit, delivery, broken, answers, put };
}

describe('a large body that breaks off', () => {
  it('lowers the limit for all, and the next one of its batch is small', async () => {
    const { batch, put, limit, delivery, broken } = breaking(1000, 300);
    const before = limit.bytes;
    expect(await put(batch)).toBe('size');
    expect(limit.bytes).toBeLessThan(before / 2);
    expect([delivery.careful, delivery.pieces]).toEqual([true, [batch]]);
    broken.passed(delivery, 30_000);
    expect(delivery.careful).toBe(false);
  });
});

describe('a small body that breaks off', () => {
  it('is an outage, and leaves the limit as it is', async () => {
    const { batch, put, limit, delivery } = breaking(100);
    const before = limit.bytes;
    for (let time = 0; time < 5; time++) expect(await put(batch)).toBe('outage');
    expect([limit.bytes, delivery.documentsMax]).toEqual([before, Infinity]);
  });

  it('is sent in halves, others first, where others pass beside it, and while the breaker is open', async () => {
    for (const isOpen of [true, false]) {
      const { batch, put, delivery, progress } = breaking(100);
      const rest = batch.slice(50);
      await put(batch.slice(0, 50), isOpen);
      progress.taken++;
      delivery.pieces = [rest];
      await put(batch.slice(0, 50), isOpen);
      expect(delivery.documentsMax).toBe(25);
      expect(delivery.pieces[0]).toBe(rest);
    }
  });

  it('is sent whole again when what is less passes', async () => {
    const { batch, put, delivery, broken } = breaking(100);
    await put(batch.slice(0, 50), true);
    expect(delivery.documentsMax).toBe(25);
    for (const expected of [50, 100, Infinity]) {
      broken.passed(delivery, 1000);
      expect(delivery.documentsMax).toBe(expected);
    }
  });
});

describe('a single document for which requests break off', () => {
  it('is held by name where others pass in between, after some times', async () => {
    const { batch, put, held, progress } = breaking(1);
    expect(await put(batch)).toBe('outage');
    for (let time = 0; time < 3; time++) {
      progress.taken++;
      expect(await put(batch)).toBe('document');
    }
    expect(held).toEqual([]);
    progress.taken++;
    expect(await put(batch)).toBe('document');
    expect(held).toEqual([expect.stringMatching(/^0 the request breaks off each time/)]);
  });

  it('is an outage where nothing else passes', async () => {
    const { batch, put, held, answers } = breaking(1);
    answers.small = true;
    for (let time = 0; time < 20; time++) expect(await put(batch, false, 'timeout')).toBe('outage');
    expect([held, answers.asked]).toEqual([[], 0]);
    answers.small = false;
    for (let time = 0; time < 20; time++) expect(await put(batch)).toBe('outage');
    expect([held, answers.asked]).toEqual([[], 20]);
  });

  it('is held where it is reset while a request of nothing is answered', async () => {
    const { batch, put, held, answers } = breaking(1);
    answers.small = true;
    for (let time = 0; time < 4; time++) expect(await put(batch)).toBe('document');
    expect(held).toEqual([expect.stringMatching(/^0 the request breaks off each time/)]);
  });

  it('and is large is held too where a request of nothing is answered: others may not come for hours', async () => {
    const { batch, put, held, answers, delivery } = breaking(1, 70_000);
    answers.small = true;
    for (let time = 0; time < 4; time++) expect(await put(batch)).toBe('document');
    expect(held).toEqual([expect.stringMatching(/^0 document_too_large: .*probably a proxy's limit/)]);
    expect(delivery.pieces).toEqual([]);
  });

  it('and is large is an outage where not even a request of nothing is answered', async () => {
    const { batch, put, held } = breaking(1, 70_000);
    for (let time = 0; time < 20; time++) expect(await put(batch)).toBe('outage');
    expect(held).toEqual([]);
  });

  it('is rejected as too large when its probes break off five times more, never a small one', async () => {
    const { signal } = new AbortController();
    for (const [bytes, expected] of [
      [70_000, [undefined, undefined, undefined, undefined, undefined, 'reason']],
      [20, [undefined, undefined, undefined, undefined, undefined, undefined]],
    ] as const) {
      const { batch, broken, answers } = breaking(1, bytes);
      answers.small = true;
      const told: (string | undefined)[] = [];
      for (let probe = 0; probe < 6; probe++) {
        const reason = await broken.rejectionOf(batch[0] as Document, false, signal);
        told.push(reason === undefined ? undefined : 'reason');
      }
      expect(told).toEqual(expected);
    }
  });

  it('is not rejected while nothing shows that it is the document', async () => {
    const { batch, broken } = breaking(1, 70_000);
    const { signal } = new AbortController();
    for (let probe = 0; probe < 50; probe++)
      expect(await broken.rejectionOf(batch[0] as Document, false, signal)).toBeUndefined();
  });
});
