import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce, expectOnceOrDeadLettered } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const RECORDS = 700;
/** Every seventh event is one that the transform throws on, after it has changed it. */
const THROWS = `export default (event) => {
  event.touched = true;
  if (event.seq % 7 === 0) throw new Error('on purpose');
  return event;
};`;
const FAILING = RECORDS / 7;
const PASSING = RECORDS - FAILING;

it.each([
  ['dead_letter', { indexed: PASSING, dead_lettered: FAILING, dropped: 0 }],
  ['drop', { indexed: PASSING, dead_lettered: 0, dropped: FAILING }],
  ['keep', { indexed: RECORDS, dead_lettered: 0, dropped: 0 }],
])(
  'a transform that throws for some records, on_error: %s: the outcomes add up',
  async (onError, outcomes) => {
    const lab = await openLab();
    await lab.ledger.produce(
      lab.topic,
      Array.from({ length: RECORDS }, (_, sequence) => agentEvent(sequence)),
    );
    const transforms = [{ use: './throws.js', on_error: onError }];
    const logweir = lab.start({ transforms }, { 'throws.js': THROWS });
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ received: RECORDS, in_flight: 0, ...outcomes });
    const errors = `logweir_transform_errors_total{transform="./throws.js",policy="${onError}"}`;
    expect(await logweir.metric(errors)).toBe(FAILING);
    const isFailing = ({ sequence }: { sequence: number | undefined }): boolean => (sequence ?? 1) % 7 === 0;
    if (onError === 'dead_letter')
      expect(await expectOnceOrDeadLettered(lab, false)).toEqual({ deadLettered: FAILING, twice: 0 });
    else await expectExactlyOnce(lab, onError === 'drop' ? { expectDeadLetters: isFailing } : {});
  },
);

it('a transform that throws for some records, on_error: hold: nothing moves over them, until it is mended', async () => {
  const lab = await openLab();
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: RECORDS }, (_, sequence) => agentEvent(sequence)),
  );
  const transforms = [{ use: './throws.js', on_error: 'hold' }];
  const held = lab.start({ transforms, shutdown_timeout_ms: 500 }, { 'throws.js': THROWS });
  const failing = [...lab.ledger.entries.values()].filter(({ sequence = 1 }) => sequence % 7 === 0);
  const partitions = new Set(failing.map(({ partition }) => partition)).size;
  await held.waitUntil(
    async () => (await held.status()).holds[0]?.partitions.length === partitions,
    'all to be held',
  );
  const { received, indexed, in_flight: inFlight } = (await held.status()).records;
  expect(received).toBe((indexed ?? 0) + (inFlight ?? 0));
  expect(inFlight).toBeGreaterThanOrEqual(partitions);
  (await lab.committed()).forEach((offset, partition) => {
    const first = Math.min(...failing.filter((one) => one.partition === partition).map((one) => one.offset));
    expect(offset).toBeLessThanOrEqual(first);
  });
  expect((await held.stop()).code).toBe(0);
  lab.start({ transforms }, { 'throws.js': 'export default (event) => event;' });
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});
