import { describe, expect, it } from 'vitest';
import { Bisection } from '../../../src/elasticsearch/bisect.ts';
import { openDelivery } from '../../../src/elasticsearch/delivery.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { Progress } from '../../../src/elasticsearch/progress.ts';
import { documents } from '../support/fakes.ts';

/** A bisection of one batch, with what it says of single documents by their number. */
function bisecting(count: number) {
  const batch = documents(count);
  const told: string[] = [];
  const numberOf = (document: Document): number => batch.indexOf(document);
  const progress = new Progress();
  const delivery = openDelivery(batch, progress.taken);
  delivery.pieces = [];
  const bisection = new Bisection(progress, {
    rejected: (document, reason) => void told.push(`${numberOf(document)} rejected ${reason}`),
    held: (document, cause) => void told.push(`${numberOf(document)} held ${cause}`),
  });
  const pieces = (): number[][] => delivery.pieces.map((piece) => piece.map(numberOf));
  return { batch, told, progress, delivery, bisection, pieces };
}

describe('what was refused as a whole', () => {
  it.each(['too_large', 'bad_request'] as const)('is halved, in front of all else: %s', (kind) => {
    const { batch, delivery, bisection, pieces, told } = bisecting(6);
    delivery.pieces = [batch.slice(5)];
    bisection.split(delivery, batch.slice(0, 5), kind, 'HTTP');
    expect(pieces()).toEqual([[0, 1, 2], [3, 4], [5]]);
    expect(told).toEqual([]);
  });

  it('and is a single document is rejected where it is too large', () => {
    const { batch, delivery, bisection, told } = bisecting(1);
    bisection.split(delivery, batch, 'too_large', 'HTTP 413');
    expect(told).toEqual(['0 rejected document_too_large']);
  });

  it('with 400 is held as a whole when eight documents were refused alone and none has passed', () => {
    const { batch, delivery, bisection, told, progress } = bisecting(12);
    for (const document of batch.slice(0, 8))
      bisection.split(delivery, [document], 'bad_request', 'HTTP 400');
    bisection.split(delivery, batch.slice(8), 'bad_request', 'HTTP 400');
    expect(told).toEqual([8, 9, 10, 11].map((number) => `${number} held HTTP 400`));
    progress.taken++;
    bisection.split(delivery, batch.slice(8), 'bad_request', 'HTTP 400');
    expect(told).toHaveLength(4);
  });
});

describe('a document that was refused with 400 alone', () => {
  it('is held where no other passed', () => {
    const { batch, delivery, bisection, told } = bisecting(1);
    bisection.split(delivery, batch, 'bad_request', 'HTTP 400');
    expect(bisection.judgeAlone(delivery)).toBe(false);
    expect(told).toEqual(['0 held HTTP 400']);
  });

  it('is sent once more where others passed, and rejected when it is refused again', () => {
    const { batch, delivery, bisection, told, progress, pieces } = bisecting(2);
    bisection.split(delivery, batch.slice(0, 1), 'bad_request', 'HTTP 400');
    progress.taken++;
    expect(bisection.judgeAlone(delivery)).toBe(true);
    expect([pieces(), told]).toEqual([[[0]], []]);
    delivery.pieces = [];
    bisection.split(delivery, batch.slice(0, 1), 'bad_request', 'HTTP 400');
    expect(bisection.judgeAlone(delivery)).toBe(false);
    expect(told).toEqual(['0 rejected bad_request']);
  });
});
