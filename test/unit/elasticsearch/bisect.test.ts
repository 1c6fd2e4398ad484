import { describe, expect, it } from 'vitest';
import { Bisection } from '../../../src/elasticsearch/bisect.ts';
import { startBatch } from '../../../src/elasticsearch/in-flight-batch.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { AcceptedDocuments } from '../../../src/elasticsearch/accepted-documents.ts';
import { documents } from '../support/fakes.ts';

/** A bisection of one batch, with its reports on single documents by number. */
function bisecting(count: number) {
  const all = documents(count);
  const reports: string[] = [];
  const numberOf = (document: Document): number => all.indexOf(document);
  const accepted = new AcceptedDocuments();
  const batch = startBatch(all, accepted.count);
  batch.pieces = [];
  const bisection = new Bisection(accepted, {
    rejected: (document, reason) => void reports.push(`${numberOf(document)} rejected ${reason}`),
    blocked: (document, cause) => void reports.push(`${numberOf(document)} blocked ${cause}`),
  });
  const pieces = (): number[][] => batch.pieces.map((piece) => piece.map(numberOf));
  return { all, reports, accepted, batch, bisection, pieces };
}

describe('a rejected request', () => {
  it.each(['too_large', 'bad_request'] as const)('is halved, ahead of other pieces: %s', (kind) => {
    const { all, batch, bisection, pieces, reports } = bisecting(6);
    batch.pieces = [all.slice(5)];
    bisection.split(batch, all.slice(0, 5), kind, 'HTTP');
    expect(pieces()).toEqual([[0, 1, 2], [3, 4], [5]]);
    expect(reports).toEqual([]);
  });

  it('with a single document that is too large rejects the document', () => {
    const { all, batch, bisection, reports } = bisecting(1);
    bisection.split(batch, all, 'too_large', 'HTTP 413');
    expect(reports).toEqual(['0 rejected document_too_large']);
  });

  it('with 400 is blocked if eight documents were rejected alone and none has passed', () => {
    const { all, batch, bisection, reports, accepted } = bisecting(12);
    for (const document of all.slice(0, 8)) bisection.split(batch, [document], 'bad_request', 'HTTP 400');
    bisection.split(batch, all.slice(8), 'bad_request', 'HTTP 400');
    expect(reports).toEqual([8, 9, 10, 11].map((number) => `${number} blocked HTTP 400`));
    accepted.count++;
    bisection.split(batch, all.slice(8), 'bad_request', 'HTTP 400');
    expect(reports).toHaveLength(4);
  });
});

describe('a document that was rejected with 400 alone', () => {
  it('is blocked if no other has passed', () => {
    const { all, batch, bisection, reports } = bisecting(1);
    bisection.split(batch, all, 'bad_request', 'HTTP 400');
    expect(bisection.judgeRejectedAlone(batch)).toBe(false);
    expect(reports).toEqual(['0 blocked HTTP 400']);
  });

  it('is sent again if others have passed, and rejected the second time', () => {
    const { all, batch, bisection, reports, accepted, pieces } = bisecting(2);
    bisection.split(batch, all.slice(0, 1), 'bad_request', 'HTTP 400');
    accepted.count++;
    expect(bisection.judgeRejectedAlone(batch)).toBe(true);
    expect([pieces(), reports]).toEqual([[[0]], []]);
    batch.pieces = [];
    bisection.split(batch, all.slice(0, 1), 'bad_request', 'HTTP 400');
    expect(bisection.judgeRejectedAlone(batch)).toBe(false);
    expect(reports).toEqual(['0 rejected bad_request']);
  });
});
