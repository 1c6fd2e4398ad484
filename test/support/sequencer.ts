import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest comes first, so that no worker is left alone with it at the end. A file that is not here comes later. */
const LONGEST = [
  'faults/answers',
  'faults/servers-kafka',
  'integration/kill',
  'faults/rebalance',
  'faults/servers-elasticsearch',
  'faults/group-protocol',
  'integration/group',
  'integration/outage',
  'faults/truncation',
  'faults/security-kafka',
  'faults/security-elasticsearch',
  'faults/kafka-rights',
  'faults/kafka-away',
  'integration/workers',
  'integration/targets',
  'integration/operator',
  'integration/hold',
  'integration/dlq',
  'unit/linear',
  'unit/commands/output-process',
  'unit/commands/own-folder',
  'unit/commands/package',
  'unit/pipeline/model',
];

function rank({ moduleId }: TestSpecification): number {
  const found = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? LONGEST.length : found;
}

/** As vitest's own, which knows durations only where the same tests have run before. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // Those of a project stay together, as they came.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) =>
      sorted.filter((one) => one.project === project).toSorted((a, b) => rank(a) - rank(b)),
    );
  }
}
