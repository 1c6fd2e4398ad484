import { documentId } from '../../src/elasticsearch/document-id.ts';
import { commitsAhead } from './commit-check.ts';
import type { Lab } from './lab.ts';
import type { CheckOptions, CheckResult, LedgerEntry } from './ledger.ts';
import { readTopic } from './topic-reader.ts';

/** What nearly every test ends with: exactly what was produced is there, once, and no commit was ever ahead of it. */
export async function expectExactlyOnce(
  lab: Lab,
  options: Partial<CheckOptions> & {
    /** Records that were dead-lettered, and indexed later. */
    readonly deadLetteredBefore?: (entry: LedgerEntry) => boolean;
  } = {},
): Promise<void> {
  const { expectDeadLetters = () => false, deadLetteredBefore = () => false } = options;
  await expectNoCommitAhead(lab, (entry) => expectDeadLetters(entry) || deadLetteredBefore(entry));
  const check = { hash: hashOf(lab), ...options };
  expectAll(await lab.ledger.check(lab.elasticsearch, lab.index, check));
}

/**
 * Every record is in the index or in the dead-letter topic. In both, or twice in the topic, it may only be where the process
 * was killed, or lost its partitions, between the dead letter's acknowledgement and the commit: where `interrupted`.
 *
 * @returns how many were dead-lettered, and how many of them are in both or there twice
 */
export async function expectOnceOrDeadLettered(
  lab: Lab,
  interrupted: boolean,
): Promise<{ deadLettered: number; twice: number }> {
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  const places = deadLetters.map(
    ({ headers }) => `${headers['logweir-partition']}:${headers['logweir-offset']}`,
  );
  const dead = new Set(places);
  const isDead = ({ partition, offset }: { partition: number; offset: number }): boolean =>
    dead.has(`${partition}:${offset}`);
  await expectNoCommitAhead(lab, isDead);
  const found = await lab.ledger.check(lab.elasticsearch, lab.index, {
    hash: hashOf(lab),
    expectDeadLetters: isDead,
  });
  const inBoth = found.unexpected.filter(({ id }) => {
    const entry = lab.ledger.entries.get(id);
    return entry !== undefined && isDead(entry);
  });
  const twice = inBoth.length + deadLetters.length - dead.size;
  if (twice > 0 && !interrupted)
    throw new Error(`${twice} records are in the dead letter twice, or in the index too`);
  const unexpected = found.unexpected.filter((stray) => !inBoth.includes(stray));
  expectAll({ ...found, unexpected, indexed: found.indexed - inBoth.length });
  return { deadLettered: dead.size, twice };
}

/** Whether documents must be what was produced, to the byte. */
function hashOf({ transforms }: Lab): 'source' | 'none' {
  return transforms ? 'none' : 'source';
}

function expectAll({ produced, indexed, lost, duplicates, unexpected, altered }: CheckResult): void {
  const found = {
    indexed,
    lost: lost.length,
    duplicates: duplicates.length,
    unexpected: unexpected.length,
    altered: altered.length,
  };
  const wanted = { indexed: produced, lost: 0, duplicates: 0, unexpected: 0, altered: 0 };
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  const examples = JSON.stringify([lost, duplicates, unexpected, altered].map((list) => list.slice(0, 3)));
  throw new Error(
    `expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}; for example ${examples}`,
  );
}

/** Every single commit of the group, against what the proxy had told the client by then (promise P1). */
async function expectNoCommitAhead(lab: Lab, isElsewhere: (entry: LedgerEntry) => boolean): Promise<void> {
  const entries = [...lab.ledger.entries.values()];
  if (entries.length === 0) throw new Error('nothing was produced: the check would prove nothing');
  const settledAt = lab.proxy.journal.firstAcknowledgements();
  for (const entry of entries) if (isElsewhere(entry)) settledAt.set(documentId(entry), 0);
  const commits = await lab.commits();
  if (commits.length === 0) throw new Error('nothing was committed: the check would prove nothing');
  const faults = commitsAhead(commits, entries, settledAt);
  if (faults.length === 0) return;
  const check = await lab.ledger.check(lab.elasticsearch, lab.index, { hash: 'none' });
  const counts = Object.entries(check).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.length : value}`,
  );
  const strays = JSON.stringify([check.lost.slice(0, 2), check.unexpected.slice(0, 2)]);
  throw new Error(
    `committed before settled: ${faults.join('; ')}. In the index: ${counts.join(', ')}; ${strays}`,
  );
}
