import { actionOn, blockReasonOf } from '../pipeline/block-actions.ts';
import { repository } from '../version.ts';

/** What an operator does about a cause that blocks records, as plain text. */
export function actionFor(reason: string): string {
  return actionOn(reason).replaceAll('`', '');
}

/**
 * The place in the runbook; null if package.json names no repository. An error type of Elasticsearch, such as
 * `cluster_block_exception`, is an anchor by itself, else the reason without its varying parts.
 */
export function runbookUrl(reason: string, base = repository): string | null {
  if (base === null) return null;
  return `${base}/blob/main/docs/runbook.md#${anchorOf(reason)}`;
}

function anchorOf(reason: string): string {
  const type = /\b[a-z]+(?:_[a-z]+)+\b/.exec(reason)?.[0];
  const template = blockReasonOf(reason) ?? reason;
  const words = (type ?? template.replaceAll(/<[^>]*>/g, '')).toLowerCase();
  return words
    .replaceAll(/[^a-z0-9_ -]/g, '')
    .trim()
    .replaceAll(/ +/g, '-');
}
