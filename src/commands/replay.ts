import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import { LogweirError } from '../errors.ts';
import { openGroupOffsets, readTopics } from '../kafka/admin/group-offsets.ts';
import {
  type PartitionState,
  type TargetOptions,
  replayTarget,
  targetOffset,
} from '../kafka/admin/replay-target.ts';

export interface ReplayOptions extends TargetOptions {
  config?: string;
  partition: number[];
  execute?: boolean;
}

/**
 * `logweir replay`: moves the committed offsets of a group without members, so that records are consumed
 * again or skipped. Prints how many; changes the offsets only with `--execute`.
 *
 * @throws LogweirError GROUP_ACTIVE, USAGE, UNAVAILABLE
 */
export async function replay(options: ReplayOptions, output: Writable): Promise<void> {
  const target = replayTarget(options, Date.now());
  const { config } = loadConfig(options.config);
  const group = await openGroupOffsets(config.kafka, readTopics(config));
  try {
    await group.requireInactive();
    const states = await group.states(target.kind === 'time' ? target.time : undefined);
    const chosen = states.filter(
      ({ partition }) => options.partition.length === 0 || options.partition.includes(partition),
    );
    if (chosen.length === 0) {
      throw new LogweirError('USAGE', `there is no such partition in ${config.kafka.topics.join(', ')}`);
    }
    const moves = chosen.map((state) => ({ state, offset: targetOffset(target, state) }));
    let again = 0;
    let skipped = 0;
    for (const { state, offset } of moves) {
      again += Math.max(0, startOf(state) - offset);
      skipped += Math.max(0, offset - startOf(state));
      const from = state.committed < 0 ? 'none' : String(state.committed);
      output.write(
        `${state.topic}[${state.partition}]  committed ${from} → ${offset}  ` +
          `(broker has ${state.low} to ${state.high})\n`,
      );
    }
    output.write(`${again} records will be consumed again, ${skipped} will be skipped\n`);
    if (options.execute !== true) {
      output.write('dry run: nothing was changed; add --execute to move the offsets\n');
      return;
    }
    await group.commit(
      moves.map(({ state: { topic, partition }, offset }) => ({ topic, partition, offset })),
    );
    output.write(`the offsets of group ${config.kafka.group_id} are moved\n`);
  } finally {
    await group.close();
  }
}

/** The offset at which the group would continue without the replay. */
function startOf({ committed, low }: PartitionState): number {
  return committed < 0 ? low : committed;
}
