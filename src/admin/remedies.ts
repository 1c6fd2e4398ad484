import { actionOn, runbookAnchor } from '../pipeline/block-actions.ts';
import { repository } from '../version.ts';

/** What an operator does about a cause that blocks records, as plain text. */
export function actionFor(reason: string): string {
  return actionOn(reason).replaceAll('`', '');
}

/** The place in the runbook; null if package.json names no repository. */
export function runbookUrl(reason: string, base = repository): string | null {
  return base === null ? null : `${base}/blob/main/docs/runbook.md#${runbookAnchor(reason)}`;
}
