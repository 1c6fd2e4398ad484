import { expect, it } from 'vitest';
import { AcceptedDocuments } from '../../../src/elasticsearch/accepted-documents.ts';
import type { BulkEvents } from '../../../src/elasticsearch/bulk-events.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { DocumentOutcomes } from '../../../src/elasticsearch/document-outcomes.ts';
import { startBatch } from '../../../src/elasticsearch/in-flight-batch.ts';
import type { ItemVerdict } from '../../../src/elasticsearch/item-verdict.ts';
import { documents } from '../support/fakes.ts';
import { receivedRun, recordsOf } from '../support/runs.ts';

const OK: ItemVerdict = { kind: 'ok', alreadyThere: false };
const BUSY: ItemVerdict = { kind: 'retry', reason: 'busy' };

/**
 * Applies verdicts to a batch, with the reported events.
 *
 * @param cause blocks rejected and diverted documents
 * @param fails offset of the document whose block throws
 */
function applying(sending: readonly Document[], cause?: string, fails?: number) {
  const reports: string[] = [];
  const report = (event: string, { settlement, count }: Document): void =>
    void reports.push(`${settlement.offset}${count > 1 ? `+${count - 1}` : ''} ${event}`);
  const events: BulkEvents = {
    indexed: (document, alreadyThere) => report(alreadyThere ? 'already there' : 'indexed', document),
    diverted(document, to) {
      report(to, document);
      return cause;
    },
    rejected(document, reason) {
      report(`rejected ${reason}`, document);
      return cause;
    },
    blocked(document, why) {
      if (document.settlement.offset === fails) throw new Error('on purpose');
      report(`blocked ${why}`, document);
    },
    answered: () => {},
    retrying: () => {},
  };
  const accepted = new AcceptedDocuments();
  const batch = startBatch(sending, 0);
  batch.sending = sending;
  const outcomes = new DocumentOutcomes(accepted, events);
  return { reports, accepted, batch, apply: (...verdicts: ItemVerdict[]) => outcomes.apply(batch, verdicts) };
}

it('reports each document by its verdict', () => {
  const { reports, accepted, batch, apply } = applying(documents(6));
  const reason = apply(
    OK,
    { kind: 'ok', alreadyThere: true },
    { kind: 'diverted', to: 'dropped' },
    { kind: 'reject', reason: 'parsing', message: 'bad' },
    { kind: 'hold', reason: 'closed' },
    BUSY,
  );
  expect(reports).toEqual([
    '0 indexed',
    '1 already there',
    '2 dropped',
    '3 rejected parsing',
    '4 blocked closed',
  ]);
  expect([reason, batch.again.map(({ settlement }) => settlement.offset)]).toEqual(['busy', [5]]);
  expect([accepted.count, batch.handled]).toEqual([3, 6]);
});

it('blocks rejected and diverted documents that the listener cannot settle', () => {
  const { reports, apply } = applying(documents(2), 'alert');
  apply({ kind: 'reject', reason: 'parsing', message: 'bad' }, { kind: 'diverted', to: 'failure_store' });
  expect(reports).toEqual(['0 rejected parsing', '0 blocked alert', '1 failure_store', '1 blocked alert']);
});

it('blocks a document after more than ten failed attempts, and resets their number', () => {
  const [document] = documents(1) as [Document];
  const { reports, batch, apply } = applying([document]);
  for (let attempt = 0; attempt < 10; attempt++) expect(apply(BUSY)).toBe('busy');
  expect(reports).toEqual([]);
  expect(batch.again).toHaveLength(10);
  expect(apply(BUSY)).toBe('');
  expect(reports).toEqual(['0 blocked busy, repeatedly']);
  expect(document.failedAttempts).toBe(0);
});

it('keeps a run whose documents are all newly indexed, and splits other runs', () => {
  const run = (): Document => receivedRun(recordsOf(['{}', '{}', '{}'])).document;
  const whole = applying([run()]);
  whole.apply(OK, OK, OK);
  expect(whole.reports).toEqual(['0+2 indexed']);
  expect(whole.accepted.count).toBe(3);
  const mixed = applying([run()]);
  expect(mixed.apply(OK, BUSY, OK)).toBe('busy');
  expect(mixed.reports).toEqual(['0 indexed', '2 indexed']);
  expect(mixed.batch.sending).toHaveLength(3);
});

it('records how many documents were handled when a listener throws', () => {
  const { batch, apply } = applying(documents(3), undefined, 1);
  const hold: ItemVerdict = { kind: 'hold', reason: 'closed' };
  expect(() => apply(hold, hold, OK)).toThrow('on purpose');
  expect(batch.handled).toBe(1);
});
