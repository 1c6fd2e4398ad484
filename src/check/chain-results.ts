import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { type CheckResult, counted, failed, named, ok, unchecked, warning } from './result.ts';

/** What the process that runs the chain reports, one step after the other. */
export const trialSchema = z.discriminatedUnion('kind', [
  /** Before the transforms are loaded. */
  z.object({ kind: z.literal('started') }),
  z.object({ kind: z.literal('not_loaded'), reason: z.string() }),
  z.object({ kind: z.literal('loaded') }),
  /** Before a record runs: as topic:partition:offset. */
  z.object({ kind: z.literal('record'), name: z.string() }),
  /** Before a transform runs. */
  z.object({ kind: z.literal('step'), name: z.string() }),
  z.object({ kind: z.literal('unread'), reason: z.string() }),
  z.object({
    kind: z.literal('done'),
    read: z.number(),
    dropped: z.number(),
    tombstones: z.number(),
    failures: z.array(z.object({ record: z.string(), by: z.string(), error: z.string() })),
  }),
]);

export type TrialMessage = z.infer<typeof trialSchema>;

/** The result of the process: all its messages, and whether it was ended for its time. */
interface TrialFact {
  readonly messages: readonly TrialMessage[];
  readonly isLate: boolean;
}

const LOADED = 'transforms.load';
const RECORDS = 'transforms.records';
const DRY_RUN = 'Look at the records with: logweir transform --from-topic --diff';

/** The results of the chain: whether it loads, and takes the newest records. */
export function chainResults({ messages, isLate }: TrialFact, { transforms }: Config): CheckResult[] {
  const notLoaded = messages.find((one) => one.kind === 'not_loaded');
  if (notLoaded !== undefined)
    return [
      failed(
        LOADED,
        `the transforms do not load: ${notLoaded.reason}`,
        'Correct the transforms; logweir config checks them.',
      ),
    ];
  if (messages.length === 0 && isLate)
    return [
      unchecked(LOADED, 'their process did not start in time', 'Check again when the machine is less busy.'),
    ];
  if (!messages.some(({ kind }) => kind === 'loaded'))
    return [
      failed(
        LOADED,
        `the transforms ${isLate ? 'did not load in time' : 'ended the process while they were loaded'}`,
        'Look for an endless loop, or a call that never returns, in the setup of the transforms.',
      ),
    ];
  const loaded = ok(LOADED, `${counted(transforms.length, 'transform')} loaded`);
  const done = messages.find((one) => one.kind === 'done');
  if (done !== undefined) return [loaded, recordsResult(done)];
  const unread = messages.find((one) => one.kind === 'unread');
  if (unread !== undefined)
    return [loaded, unchecked(RECORDS, unread.reason, 'Repair the failed checks of Kafka, and check again.')];
  return [loaded, unfinishedResult(messages, isLate)];
}

function unfinishedResult(messages: readonly TrialMessage[], isLate: boolean): CheckResult {
  const record = messages.findLast((one) => one.kind === 'record');
  if (record === undefined)
    return unchecked(
      RECORDS,
      'no records could be read in time',
      'Repair the failed checks of Kafka, and check again.',
    );
  const step = messages.findLast((one) => one.kind === 'step');
  const by = step === undefined ? 'the chain' : `transform ${step.name}`;
  return failed(
    RECORDS,
    `${by} ${isLate ? 'does not finish' : 'ends the process'} with record ${record.name}`,
    `Correct ${by}: look for an endless loop. ${DRY_RUN}`,
  );
}

type Done = Extract<TrialMessage, { kind: 'done' }>;

function recordsResult({ read, dropped, tombstones, failures }: Done): CheckResult {
  if (read === 0) return ok(RECORDS, 'the topics hold no records yet');
  const newest = read === 1 ? 'the newest record' : `the newest ${read} records`;
  if (failures.length > 0) {
    const by = [...new Set(failures.map((one) => `${one.by}: ${one.error}`))];
    const message =
      `${failures.length} of ${newest} fail${failures.length === 1 ? 's' : ''} (${named(by)}), ` +
      `for instance ${failures[0]?.record}`;
    return failures.length + tombstones >= read
      ? failed(RECORDS, message, `Correct the transform, or the producer. ${DRY_RUN}`)
      : warning(RECORDS, message, `Failed records go to the dead letter. ${DRY_RUN}`);
  }
  if (dropped + tombstones >= read)
    return warning(RECORDS, `the transforms drop all of ${newest}`, `If this is not intended: ${DRY_RUN}`);
  return ok(
    RECORDS,
    `${newest} pass${read === 1 ? 'es' : ''} the transforms${dropped > 0 ? `, ${dropped} dropped` : ''}`,
  );
}
