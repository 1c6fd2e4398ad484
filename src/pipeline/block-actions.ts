import { blockReasons } from './block-reasons.ts';

/** What removes a block of Elasticsearch, by the type of its error. */
export const blockingErrors: Readonly<Record<string, { meaning: string; action: string }>> = {
  cluster_block_exception: {
    meaning: 'The index or the cluster is read-only: by a setting, or since a disk is full (flood stage).',
    action:
      'Free disk space; if the block stays, remove it: PUT <index>/_settings ' +
      '{"index.blocks.read_only_allow_delete": null, "index.blocks.write": null}.',
  },
  security_exception: {
    meaning: 'The login is rejected (401), or lacks a privilege (403).',
    action:
      'Correct the login (a file is read again at each attempt), or grant the privileges ' +
      'index (or create_doc, for a data stream) and auto_configure on the index.',
  },
  index_not_found_exception: {
    meaning: 'The index does not exist, and is not created automatically.',
    action: 'Create the index, the alias or the template, or correct elasticsearch.index.',
  },
  index_closed_exception: {
    meaning: 'The index is closed.',
    action: 'Open it: POST <index>/_open.',
  },
  invalid_index_name_exception: {
    meaning: 'Elasticsearch does not accept the name of the index, which comes from the event.',
    action: 'Correct elasticsearch.index, or the field in it with a transform.',
  },
  validation_exception: {
    meaning: 'The cluster has reached its limit of shards.',
    action: 'Delete old indices, or raise cluster.max_shards_per_node.',
  },
};

const VARIABLE = /<[^>]*>/;

/** The reasons as patterns: those with the most fixed text first. */
const patterns = Object.entries(blockReasons)
  .map(([reason, { action }]) => ({ ...patternOf(reason), reason, action }))
  .toSorted((a, b) => b.fixed - a.fixed);

function patternOf(reason: string): { pattern: RegExp; fixed: number } {
  const parts = reason.split(VARIABLE);
  const names = reason.match(/<[^>]*>/g) ?? [];
  const source = parts
    .map((part, index) => {
      const name = names[index];
      const variable = name === undefined ? '' : name === '<status>' ? String.raw`\d+` : '.*';
      return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) + variable;
    })
    .join('');
  return { pattern: new RegExp(`^${source}$`, 's'), fixed: parts.join('').length };
}

/** The entry of {@link blockReasons} that a cause belongs to; undefined for a cause that is not listed. */
export function blockReasonOf(cause: string): string | undefined {
  return patterns.find(({ pattern }) => pattern.test(cause))?.reason;
}

/** What the operator must do to remove a cause. */
export function actionOn(cause: string): string {
  // An advice in the cause is more exact than the type of the error.
  const known = /^\d+ \w+: /.test(cause) ? undefined : blockingErrors[blockingErrorOf(cause) ?? ''];
  const listed = patterns.find(({ pattern }) => pattern.test(cause));
  return known?.action ?? listed?.action ?? 'See docs/runbook.md.';
}

/** The type of the error that a cause starts with, if it is one of {@link blockingErrors}. */
function blockingErrorOf(cause: string): string | undefined {
  const type = /^(?:HTTP )?\d+ (\w+)/.exec(cause)?.[1];
  return type !== undefined && Object.hasOwn(blockingErrors, type) ? type : undefined;
}

/** The anchor of the section of docs/runbook.md about a cause. */
export function runbookAnchor(cause: string): string {
  return blockingErrorOf(cause) ?? anchorOf(blockReasonOf(cause) ?? 'Block reasons');
}

/** The anchor of a heading of docs/runbook.md. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9_ -]/g, '')
    .trim()
    .replaceAll(/ +/g, '-');
}
