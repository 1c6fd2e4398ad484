import { describe, expect, it } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { findHeader } from '../../../src/memory/packed-headers.ts';
import { RecordChunk } from '../../../src/memory/record-chunk.ts';
import { LINKS_MAX, linksOf } from '../../../src/tracing/links.ts';
import { makeDocument, received, sourceRecord } from '../support/fakes.ts';
import { chunkOf, receivedRun } from '../support/runs.ts';
import { contextOf, traceparentOf } from './contexts.ts';

const headersOf = (id: number) => [
  { other: Buffer.from('x') },
  { traceparent: Buffer.from(traceparentOf(id)) },
];
const documentOf = (headers: Record<string, Buffer>[] | undefined): Document =>
  makeDocument(received({ headers }).settlement, 'index', 'logs', '1', '{}');
const idsIn = (documents: readonly Document[]) => linksOf(documents).contexts.map(({ traceId }) => traceId);

describe('links', () => {
  it('are the trace contexts of records, each once', () => {
    const [first, other] = [documentOf(headersOf(1)), documentOf(headersOf(2))];
    expect(linksOf([first, other, documentOf(headersOf(1)), documentOf(undefined)])).toEqual({
      contexts: [contextOf(1), contextOf(2)],
      areMore: false,
    });
  });

  it('are read from all records of a run that is not parsed', () => {
    const { document } = receivedRun(
      [3, 4, 5].map((id, offset) => sourceRecord({ offset, key: Buffer.from('k'), headers: headersOf(id) })),
    );
    expect(document.count).toBe(3);
    expect(idsIn([document])).toEqual([3, 4, 5].map((id) => contextOf(id).traceId));
  });

  it('include those of all records of an aggregated event', () => {
    const [leader, follower] = [received({ headers: headersOf(1) }), received({ headers: headersOf(2) })];
    leader.settlement.leads(follower.settlement);
    const document = makeDocument(leader.settlement, 'index', 'logs', '1', '{}');
    expect(idsIn([document])).toEqual([contextOf(1).traceId, contextOf(2).traceId]);
  });

  it('are of documents that wait in a chunk of their own, too', () => {
    const { document } = receivedRun([sourceRecord({ headers: headersOf(1) })]);
    document.detach();
    expect(idsIn([document])).toEqual([contextOf(1).traceId]);
  });

  it('end at the limit, which is told', () => {
    const many = Array.from({ length: LINKS_MAX }, (_, id) => documentOf(headersOf(id + 1)));
    expect(linksOf([...many, documentOf(headersOf(1))])).toMatchObject({ areMore: false });
    const { contexts, areMore } = linksOf([...many, documentOf(headersOf(LINKS_MAX + 1))]);
    expect(contexts).toHaveLength(LINKS_MAX);
    expect(areMore).toBe(true);
  });

  it('are none for headers that are invalid, named otherwise, or there twice', () => {
    const value = Buffer.from(traceparentOf(1));
    const invalid = [
      [{ traceparent: Buffer.from('00-1-2-01') }],
      [{ traceparen: value }],
      [{ Traceparent: value }],
      [{ x: value }],
      [{ traceparent: value }, { traceparent: value }],
      [],
    ];
    expect(idsIn(invalid.map(documentOf))).toEqual([]);
  });

  it('are none for a record that is settled', () => {
    const { settlement } = received({ headers: headersOf(1) });
    const document = makeDocument(settlement, 'index', 'logs', '1', '{}');
    settlement.settle('indexed');
    expect(idsIn([document])).toEqual([]);
  });
});

it('a header is found among others, beside key and neighbours', () => {
  const headers = [{ a: Buffer.from('1') }, { 'trace-é': Buffer.from('2') }, { empty: Buffer.alloc(0) }];
  const chunk = chunkOf([
    sourceRecord({ key: Buffer.from('key'), headers }),
    sourceRecord({ offset: 1, headers: [{ a: Buffer.from('other') }] }),
  ]);
  const find = (row: number, name: string) => {
    const packed = chunk.headersInPlace(row);
    return packed && findHeader(packed, Buffer.from(name))?.toString();
  };
  expect(['a', 'trace-é', 'empty', 'b'].map((name) => find(0, name))).toEqual(['1', '2', '', undefined]);
  expect(find(1, 'a')).toBe('other');
  expect(RecordChunk.of(sourceRecord()).headersInPlace(0)).toBeUndefined();
});
