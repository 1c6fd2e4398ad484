import { expect, it } from 'vitest';
import { judge } from '../../../src/elasticsearch/verdict.ts';

/** The verdict on a document that Elasticsearch refuses to index with 409. */
function judgeConflict(error: { type: string; reason: string }): unknown {
  const body = { errors: true, items: [{ index: { status: 409, error } }] };
  const verdict = judge({ status: 200, body }, 1);
  return verdict.kind === 'items' ? verdict.items[0] : verdict;
}

const NEWER = 'version conflict, current version [12] is higher than the one provided [9]';

it('is already there if the index has a newer version', () => {
  for (const said of [NEWER, NEWER.replace('than', 'or equal to')]) {
    const conflict = { type: 'version_conflict_engine_exception', reason: `[x]: ${said}` };
    expect(judgeConflict(conflict)).toEqual({ kind: 'ok', alreadyThere: true });
  }
});

it('is not ok if only the id says that there is a newer version', () => {
  const reason = `[x]: ${NEWER}]: version conflict, required seqNo [1], primary term [1]`;
  const conflict = { type: 'version_conflict_engine_exception', reason };
  expect(judgeConflict(conflict)).toMatchObject({ kind: 'reject' });
  expect(judgeConflict({ type: 'other_exception', reason: `[x]: ${NEWER}` })).toMatchObject({
    kind: 'reject',
  });
});
