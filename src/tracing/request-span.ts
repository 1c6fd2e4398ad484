import type { Answer } from '../elasticsearch/verdict.ts';
import { judge } from '../elasticsearch/verdict.ts';
import { interruptionOf } from '../elasticsearch/interrupted-requests.ts';

/** What became of a bulk request, as its span tells it. */
interface RequestEnd {
  /** As in `bulk_requests_total`; `aborted` if its partitions were revoked. */
  readonly outcome: 'ok' | 'partial' | 'retry' | 'hold' | 'split' | 'aborted';
  readonly httpStatus: number | undefined;
  /** Documents that are not in the index after this request. */
  readonly failedDocuments: number;
  /** Of low cardinality; undefined if nothing has failed. */
  readonly errorType: string | undefined;
  /** For people, without values of documents; undefined if nothing has failed. */
  readonly message: string | undefined;
}

/** @param documents how many the request had */
export function requestEnd(answer: Answer, documents: number, isAborted: boolean): RequestEnd {
  const httpStatus = 'status' in answer ? answer.status : undefined;
  const verdict = judge(answer, documents);
  if (verdict.kind === 'items') {
    const isFailed = (kind: string): boolean => kind !== 'ok' && kind !== 'diverted';
    const failedDocuments = verdict.items.filter(({ kind }) => isFailed(kind)).length;
    if (failedDocuments === 0)
      return { outcome: 'ok', httpStatus, failedDocuments, errorType: undefined, message: undefined };
    const message = `${failedDocuments} of ${documents} documents failed`;
    return { outcome: 'partial', httpStatus, failedDocuments, errorType: 'partial', message };
  }
  const failed = { httpStatus, failedDocuments: documents };
  if (isAborted && httpStatus === undefined)
    return { ...failed, outcome: 'aborted', errorType: undefined, message: undefined };
  const outcome = verdict.kind === 'retry' || verdict.kind === 'hold' ? verdict.kind : 'split';
  return { ...failed, outcome, errorType: errorType(answer), message: verdict.reason };
}

function errorType(answer: Answer): string {
  if ('failure' in answer) return interruptionOf(answer) === 'timeout' ? 'timed_out' : 'connection_failed';
  return answer.status < 300 ? 'invalid_answer' : String(answer.status);
}
