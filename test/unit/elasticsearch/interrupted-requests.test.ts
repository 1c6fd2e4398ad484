import { describe, expect, it } from 'vitest';
import { BodyLimit } from '../../../src/elasticsearch/body-limit.ts';
import {
  type Interruption,
  InterruptedRequests,
  interruptionOf,
} from '../../../src/elasticsearch/interrupted-requests.ts';
import { startBatch } from '../../../src/elasticsearch/in-flight-batch.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { AcceptedDocuments } from '../../../src/elasticsearch/accepted-documents.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { documents } from '../support/fakes.ts';

describe('the classification of an answer', () => {
  it.each<[Answer, ReturnType<typeof interruptionOf>]>([
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
    expect(interruptionOf(answer)).toBe(kind);
  });
});

/** Interrupted requests of one all, with the blocked documents by number. */
function interrupting(count: number, sourceBytes = 20) {
  const all = documents(count, sourceBytes);
  const blocked: string[] = [];
  const numberOf = (document: Document): number => all.indexOf(document);
  const accepted = new AcceptedDocuments();
  const limit = new BodyLimit();
  const batch = startBatch(all, accepted.count);
  batch.pieces = [];
  const answers = { small: false, asked: 0 };
  const failures = {
    rejected: () => {},
    blocked: (document: Document, cause: string) => void blocked.push(`${numberOf(document)} ${cause}`),
  };
  const interrupted = new InterruptedRequests(accepted, limit, failures, async () => {
    answers.asked++;
    return answers.small;
  });
  const requeue = async (
    piece: readonly Document[],
    isOpen = false,
    interruption: Interruption = 'reset',
  ): Promise<string> => {
    batch.pieces = batch.pieces.filter((one) => one[0] !== piece[0]);
    const bytes = piece.reduce((sum, document) => sum + document.bytes, 0);
    return interrupted.requeue(batch, piece, bytes, interruption, isOpen);
  };
  return { all, blocked, accepted, limit, batch, interrupted, answers, requeue };
}

describe('an interrupted large body', () => {
  it('lowers the limit of all bodies, and the next one of its all is small', async () => {
    const { all, requeue, limit, batch, interrupted } = interrupting(1000, 300);
    const before = limit.bytes;
    expect(await requeue(all)).toBe('size');
    expect(limit.bytes).toBeLessThan(before / 2);
    expect([batch.careful, batch.pieces]).toEqual([true, [all]]);
    interrupted.passed(batch, 30_000);
    expect(batch.careful).toBe(false);
  });
});

describe('an interrupted small body', () => {
  it('is an outage, and does not change the limit', async () => {
    const { all, requeue, limit, batch } = interrupting(100);
    const before = limit.bytes;
    for (let time = 0; time < 5; time++) expect(await requeue(all)).toBe('outage');
    expect([limit.bytes, batch.documentsMax]).toEqual([before, Infinity]);
  });

  it('is sent in halves, after others, if others pass or the breaker is open', async () => {
    for (const isOpen of [true, false]) {
      const { all, requeue, batch, accepted } = interrupting(100);
      const rest = all.slice(50);
      await requeue(all.slice(0, 50), isOpen);
      accepted.count++;
      batch.pieces = [rest];
      await requeue(all.slice(0, 50), isOpen);
      expect(batch.documentsMax).toBe(25);
      expect(batch.pieces[0]).toBe(rest);
    }
  });

  it('returns to full size when smaller bodies pass', async () => {
    const { all, requeue, batch, interrupted } = interrupting(100);
    await requeue(all.slice(0, 50), true);
    expect(batch.documentsMax).toBe(25);
    for (const expected of [50, 100, Infinity]) {
      interrupted.passed(batch, 1000);
      expect(batch.documentsMax).toBe(expected);
    }
  });
});

describe('a single document with interrupted requests', () => {
  it('is blocked after several interruptions while others pass', async () => {
    const { all, requeue, blocked, accepted } = interrupting(1);
    expect(await requeue(all)).toBe('outage');
    for (let time = 0; time < 3; time++) {
      accepted.count++;
      expect(await requeue(all)).toBe('document');
    }
    expect(blocked).toEqual([]);
    accepted.count++;
    expect(await requeue(all)).toBe('document');
    expect(blocked).toEqual([
      expect.stringMatching(/^0 every request with this document alone is interrupted/),
    ]);
  });

  it('is an outage if no other passes', async () => {
    const { all, requeue, blocked, answers } = interrupting(1);
    answers.small = true;
    for (let time = 0; time < 20; time++) expect(await requeue(all, false, 'timeout')).toBe('outage');
    expect([blocked, answers.asked]).toEqual([[], 0]);
    answers.small = false;
    for (let time = 0; time < 20; time++) expect(await requeue(all)).toBe('outage');
    expect([blocked, answers.asked]).toEqual([[], 20]);
  });

  it('is blocked after resets while an empty request is answered', async () => {
    const { all, requeue, blocked, answers } = interrupting(1);
    answers.small = true;
    for (let time = 0; time < 4; time++) expect(await requeue(all)).toBe('document');
    expect(blocked).toEqual([
      expect.stringMatching(/^0 every request with this document alone is interrupted/),
    ]);
  });

  it('that is large is blocked too if an empty request is answered: others may be rare', async () => {
    const { all, requeue, blocked, answers, batch } = interrupting(1, 70_000);
    answers.small = true;
    for (let time = 0; time < 4; time++) expect(await requeue(all)).toBe('document');
    expect(blocked).toEqual([expect.stringMatching(/^0 document_too_large: .*probably a proxy's limit/)]);
    expect(batch.pieces).toEqual([]);
  });

  it('that is large is an outage if not even an empty request is answered', async () => {
    const { all, requeue, blocked } = interrupting(1, 70_000);
    for (let time = 0; time < 20; time++) expect(await requeue(all)).toBe('outage');
    expect(blocked).toEqual([]);
  });

  it('is rejected as too large after five more interrupted probes, unless it is small', async () => {
    const { signal } = new AbortController();
    for (const [bytes, expected] of [
      [70_000, [undefined, undefined, undefined, undefined, undefined, 'reason']],
      [20, [undefined, undefined, undefined, undefined, undefined, undefined]],
    ] as const) {
      const { all, interrupted, answers } = interrupting(1, bytes);
      answers.small = true;
      const reasons: (string | undefined)[] = [];
      for (let probe = 0; probe < 6; probe++) {
        const reason = await interrupted.rejectionOf(all[0] as Document, false, signal);
        reasons.push(reason === undefined ? undefined : 'reason');
      }
      expect(reasons).toEqual(expected);
    }
  });

  it('is not rejected without evidence against the document', async () => {
    const { all, interrupted } = interrupting(1, 70_000);
    const { signal } = new AbortController();
    for (let probe = 0; probe < 50; probe++)
      expect(await interrupted.rejectionOf(all[0] as Document, false, signal)).toBeUndefined();
  });
});
