import { describe, expect, it } from 'vitest';
import { actionOn, blockReasonOf, blockingErrors } from '../../../src/pipeline/block-actions.ts';
import { blockReasons } from '../../../src/pipeline/block-reasons.ts';

/** A value for each variable of a reason. */
const VALUES: Readonly<Record<string, string>> = { '<status>': '403', '<count>': '100', '<window>': '1000' };
const sampleOf = (reason: string): string =>
  reason.replaceAll(/<[^>]*>/g, (name) => VALUES[name] ?? 'some_thing');

describe('the action of a block', () => {
  it.each(Object.entries(blockReasons))('%s is its own', (reason, { action }) => {
    expect(blockReasonOf(sampleOf(reason))).toBe(reason);
    expect(actionOn(sampleOf(reason))).toBe(action);
  });

  it.each(Object.entries(blockingErrors))('of %s is that of the error', (type, { action }) => {
    expect(actionOn(`403 ${type} (index app-logs)`)).toBe(action);
    expect(actionOn(`HTTP 403 ${type}`)).toBe(action);
  });

  it('follows an advice in the reason', () => {
    expect(actionOn('404 index_not_found_exception: create the template (index a)')).toBe(
      'Follow the advice.',
    );
  });

  it('of an unknown reason points to the runbook', () => {
    expect(actionOn('something else')).toBe('See docs/runbook.md.');
  });
});
