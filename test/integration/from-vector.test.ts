import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { CommittedOffsets } from '../support/committed-offsets.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { root } from '../support/paths.ts';
import { endOffsets, partitionCount, uniqueName, waitFor } from '../support/topics.ts';

const VECTOR = join(root, 'test/support/vector/vector');

interface Hit {
  readonly _index: string;
  readonly _id: string;
  readonly _source: Record<string, unknown>;
}

/** The documents of indices; none where there is no such index. */
async function documents(pattern: string): Promise<Hit[]> {
  const url = `${inject('elasticsearch')}/${pattern}`;
  await fetch(`${url}/_refresh`, { method: 'POST' });
  const response = await fetch(`${url}/_search?size=1000&ignore_unavailable=true`);
  const { hits } = (await response.json()) as { hits?: { hits: Hit[] } };
  return hits?.hits ?? [];
}

async function waitForDocuments(pattern: string, count: number): Promise<Hit[]> {
  let found: Hit[] = [];
  const arrived = async (): Promise<boolean> => {
    found = await documents(pattern);
    return found.length >= count;
  };
  await waitFor(arrived, { timeoutMs: 60_000, what: `${count} documents in ${pattern}` });
  return found;
}

const TRANSFORM = `import { routeTo } from 'logweir';
export default (event) => {
  if (event.bad) throw new Error('bad');
  return event.route ? routeTo(event, event.route) : event;
};`;

function settings(letters: string): Parameters<Lab['start']>[0] {
  return { transforms: [{ use: './route.js' }], dead_letter: { index: letters } };
}

async function produce(lab: Lab, ...events: object[]): Promise<void> {
  await lab.ledger.produce(
    lab.topic,
    events.map((event) => JSON.stringify(event)),
  );
}

describe('logweir run --shadow', () => {
  it.each([1, 2])(
    'writes beside the live instance, and touches nothing of it (workers: %i)',
    async (workers) => {
      const lab = await openLab({ partitions: 2 });
      const [letters, other] = [uniqueName('letters'), uniqueName('other')];
      // Live dead letters are in a topic that the pattern matches, too.
      const sections = { ...settings(letters), kafka: { topics: [`^${lab.topic}`] } };
      const live = lab.start(sections, { 'route.js': TRANSFORM });
      await live.waitForPartitions(2);
      await produce(lab, { n: 0 }, { n: 1, route: other }, { n: -1, bad: true });
      await waitForDocuments(`${lab.index},${other}`, 2);
      await lab.waitForLagZero();

      const shadow = lab.start({ ...sections, workers }, { 'route.js': TRANSFORM }, ['--shadow']);
      await shadow.waitForPartitions(2);
      await produce(lab, { n: 2 }, { n: 3, route: other }, { n: 4, bad: true }, { n: 5 });
      const liveDocuments = await waitForDocuments(`${lab.index},${other}`, 5);
      const inShadow = await waitForDocuments(`shadow-${lab.index},shadow-${other}`, 3);
      const letter = await waitForDocuments(`shadow-${letters}`, 1);

      // The same documents under the same ids, and only those since its start.
      const expected = liveDocuments.filter(({ _source }) => Number(_source['n']) >= 2);
      const prefixed = expected.map((one) => ({ ...one, _index: `shadow-${one._index}` }));
      const byId = (hits: readonly Hit[]): unknown =>
        hits
          .map(({ _index, _id, _source }) => ({ _index, _id, _source }))
          .toSorted((a, b) => (a._id < b._id ? -1 : 1));
      expect(byId(inShadow)).toEqual(byId(prefixed));
      expect(liveDocuments.map(({ _source }) => Number(_source['n'])).toSorted((a, b) => a - b)).toEqual([
        0, 1, 2, 3, 5,
      ]);
      // The live instance has its dead letters in its topic, and the shadow its own in its index.
      expect(letter).toMatchObject([{ _source: { reason: 'transform ./route.js' } }]);
      await lab.waitForLagZero();
      const ends = await endOffsets(
        lab.kafka,
        `${lab.topic}-dlq`,
        await partitionCount(lab.kafka, `${lab.topic}-dlq`),
      );
      expect(ends.reduce((sum, end) => sum + end, 0)).toBe(2);
      expect(await documents(letters)).toEqual([]);
      // Each has committed under its own group.
      const group = new CommittedOffsets(lab.kafka, `${lab.group}-shadow`);
      onTestFinished(() => group.close());
      const atEnd = async (): Promise<boolean> =>
        String(await group.of(lab.topic, 2)) === String(await lab.ends());
      await waitFor(atEnd, { timeoutMs: 30_000, what: 'the shadow to commit' });
      expect(await lab.committed()).toEqual(await lab.ends());

      shadow.write('route.js', TRANSFORM.replace('return', 'event.again = true; return'));
      shadow.signal('SIGHUP');
      const reloads = (): number => shadow.log().filter(({ code }) => code === 'transforms_reloaded').length;
      await shadow.waitUntil(() => reloads() === workers, 'the reload');
      await produce(lab, { n: 6 }, { n: 7, route: other });
      const again = await waitForDocuments(`shadow-${lab.index},shadow-${other}`, 5);
      expect(again.filter(({ _source }) => _source['again'] === true)).toHaveLength(2);
      const after = await waitForDocuments(`${lab.index},${other}`, 7);
      expect(after.filter(({ _source }) => _source['again'] === true)).toEqual([]);
      expect(await documents(`shadow-${letters}`)).toHaveLength(1);
    },
  );
});

describe('logweir migrate --verify', () => {
  it('compares the newest records of a topic, with keys, headers and times, and joins no group', async () => {
    const lab = await openLab({ partitions: 2 });
    const folder = mkdtempSync(join(tmpdir(), 'logweir-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'vector.yaml');
    const configuration = {
      sources: {
        k: { type: 'kafka', bootstrap_servers: lab.kafka, group_id: lab.group, topics: [lab.topic] },
      },
      transforms: {
        last: {
          type: 'remap',
          inputs: ['k'],
          source: '.upper = upcase!(.message)\n.day = format_timestamp!(.timestamp, "%F")',
        },
      },
      sinks: {
        es: {
          type: 'elasticsearch',
          inputs: ['last'],
          endpoints: ['http://es:9200'],
          bulk: { index: 'app' },
        },
      },
    };
    writeFileSync(path, JSON.stringify(configuration));
    await lab.ledger.produce(
      lab.topic,
      Array.from({ length: 60 }, (_, index) => `line ${index}`),
      { key: 'the key', headers: [{ trace: 'abc' }] },
    );
    const { code, stdout, stderr } = await logweirCommand([
      'migrate',
      path,
      '--out',
      join(folder, 'out'),
      '--verify',
      '--limit',
      '40',
      '--vector',
      VECTOR,
    ]);
    expect(stdout + stderr).toMatch(
      /40 records: 40 documents are equal, 0 differ, 0 only in Vector, 0 only in/,
    );
    expect(code).toBe(0);
    expect(await lab.committed()).toEqual([-1, -1]);
  });
});
