import { expect, it } from 'vitest';
import { expectExactlyOnce } from '../support/checks.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';

const PARTITIONS = 6;
const EACH = 5000;
/** Of one partition 20 MB: several checks of the served partitions. */
const PADDING = 'x'.repeat(4000);
/** What is read lies in the client's queue until the event loop has time for it. */
const BUSY = `export default (event) => {
  for (const end = performance.now() + 0.3; performance.now() < end; );
  return event;
};
`;

it('partitions of a backlog are read side by side, though a fetch brings records of one or two of them', async () => {
  const lab = await openLab({ partitions: PARTITIONS });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const payloads = Array.from({ length: EACH }, (_, index) => ({
      ...agentEvent(partition * EACH + index),
      padding: PADDING,
    }));
    await lab.ledger.produce(lab.topic, payloads, { partition });
  }
  const logweir = lab.start(
    {
      kafka: {
        commit_interval_ms: 50,
        librdkafka_options: { 'fetch.max.bytes': 262_144, 'message.max.bytes': 262_144 },
      },
      transforms: [{ use: './busy.js' }],
    },
    { 'busy.js': BUSY },
  );
  let committed: number[] = [];
  await logweir.waitUntil(async () => {
    const { partitions } = (await logweir.status()).kafka;
    committed = partitions.map((one) => Math.max(0, one.committed));
    return committed.reduce((sum, offset) => sum + offset, 0) > PARTITIONS * EACH * 0.7;
  }, 'most of it to be committed');
  // One after the other, the last would not have been started.
  expect(Math.min(...committed)).toBeGreaterThan(EACH * 0.2);
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
}, 180_000);
