import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

it('reads gzip, snappy, lz4 and zstd', async () => {
  const lab = await openLab();
  for (const [index, compression] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries()) {
    await lab.ledger.produce(lab.topic, events(index * 200, 200), { compression });
  }
  lab.start();
  await lab.waitForLagZero();
  await expectExactlyOnce(lab);
});

it('reads over aborted transactions, and the lag reaches 0 after trailing control records', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produceInTransaction(lab.topic, events(0, 100), { abort: false });
  await lab.ledger.produceInTransaction(lab.topic, events(100, 100), { abort: true });
  await lab.ledger.produce(lab.topic, events(200, 50));
  await lab.ledger.produceInTransaction(lab.topic, events(250, 50), { abort: false, compression: 'zstd' });
  await lab.ledger.produceInTransaction(lab.topic, events(300, 100), { abort: true });
  const logweir = lab.start();
  await lab.waitForLagZero();
  expect((await logweir.status()).records).toMatchObject({ received: 200, indexed: 200 });
  expect(lab.ledger.aborted).toHaveLength(200);
  await expectExactlyOnce(lab);
});
