import { spreadOf } from './measure.ts';
import type { Fault } from './sink.ts';
import type { MemoryKind, MemoryMap } from './smaps.ts';

/** At the beginning the process still compiles and fills its buffers. */
const WARM_UP_S = 120;
/** The time after a fault in which its backlog is processed. */
export const CATCH_UP_S = 75;
/** The run is told in so many parts, so that what rises is seen to rise. */
const PARTS = 6;

export interface Sample {
  readonly second: number;
  readonly fault: Fault;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly fds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What memory consisted of at a moment: before a fault, after it was caught up with, and at the end. */
export interface Snapshot {
  readonly second: number;
  readonly when: string;
  /** As V8 counts: its heap, in use or not, and buffers outside of it. */
  readonly heapTotalMb: number;
  readonly externalMb: number;
  readonly memory: MemoryMap;
}

/** Neither warming up, nor with a fault, nor catching up after one. */
function isCalm({ second, fault }: Sample, samples: readonly Sample[]): boolean {
  const isFaulty = (other: Sample): boolean =>
    other.fault !== 'none' && other.second < second && other.second > second - CATCH_UP_S;
  return second > WARM_UP_S && fault === 'none' && !samples.some(isFaulty);
}

/** The calm samples, part by part. */
export function partsOf(samples: readonly Sample[], minutes: number): object[] {
  const calm = samples.filter((one) => isCalm(one, samples));
  const figures = ['rssMb', 'heapMb', 'fds', 'p50Ms', 'p99Ms'] as const;
  const parts = Array.from({ length: PARTS }, (_, part) => {
    const [from, to] = [part, part + 1].map((bound) => (bound * minutes) / PARTS) as [number, number];
    const within = calm.filter(({ second }) => second >= from * 60 && second < to * 60);
    const spreads = figures.map((figure) => [figure, spreadOf(within.map((one) => one[figure]))] as const);
    return { from, to, samples: within.length, ...Object.fromEntries(spreads) };
  });
  // A part may lie wholly within a fault, or in the warming up.
  return parts.filter((part) => part.samples > 0);
}

/** How many faults there were. */
export function faultsIn(samples: readonly Sample[]): number {
  return samples.filter((one, index) => one.fault !== 'none' && samples[index - 1]?.fault === 'none').length;
}

/** One line a snapshot: resident memory by kind, in MB. */
export function memoryTable(snapshots: readonly Snapshot[]): string {
  const kinds: MemoryKind[] = ['heap', 'arenas', 'anonymous', 'files', 'stacks', 'other'];
  const heading = ['second', 'when', 'resident', ...kinds, 'huge', 'V8 heap', 'V8 external'];
  const rows = snapshots.map(({ second, when, heapTotalMb, externalMb, memory }) => [
    String(second),
    when,
    ...[
      memory.residentMb,
      ...kinds.map((kind) => memory.kinds[kind].residentMb),
      memory.hugeMb,
      heapTotalMb,
      externalMb,
    ].map((figure) => figure.toFixed(1)),
  ]);
  return [heading, ...rows].map((cells) => cells.map((cell) => cell.padStart(13)).join('')).join('\n');
}
