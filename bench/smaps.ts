import { readFileSync, readdirSync } from 'node:fs';

/**
 * Whose memory it is: `heap` the C library's main area, `arenas` those of its that other threads have,
 * `anonymous` whatever else has no file (V8's pages, large buffers), `files` programs and libraries, `stacks`
 * of all threads, `other` what the kernel gives.
 */
export type MemoryKind = 'heap' | 'arenas' | 'anonymous' | 'files' | 'stacks' | 'other';

interface MemoryOfKind {
  residentMb: number;
  mappings: number;
}

export interface MemoryMap {
  readonly residentMb: number;
  /** Of that, in pages of 2 MB. */
  readonly hugeMb: number;
  /** Of that, given back by the process and not yet taken by the kernel. */
  readonly lazyFreeMb: number;
  readonly kinds: Readonly<Record<MemoryKind, MemoryOfKind>>;
}

interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
  readonly residentMb: number;
  readonly hugeMb: number;
  readonly lazyFreeMb: number;
}

/** Areas of glibc's beside the main one start at multiples of that. */
const ARENA_BYTES = 0x4000000n;
const HEADER = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+ *(.*)$/;

/** What the resident memory of a process consists of. */
export function memoryMapOf(pid: number): MemoryMap {
  const mappings = mappingsIn(readFileSync(`/proc/${pid}/smaps`, 'utf8'));
  const stackPointers = stackPointersOf(pid);
  const kinds: MemoryMap['kinds'] = {
    heap: { residentMb: 0, mappings: 0 },
    arenas: { residentMb: 0, mappings: 0 },
    anonymous: { residentMb: 0, mappings: 0 },
    files: { residentMb: 0, mappings: 0 },
    stacks: { residentMb: 0, mappings: 0 },
    other: { residentMb: 0, mappings: 0 },
  };
  for (const mapping of mappings) {
    const kind = kindOf(mapping, stackPointers);
    kinds[kind].residentMb += mapping.residentMb;
    kinds[kind].mappings++;
  }
  for (const kind of Object.values(kinds)) kind.residentMb = toTenths(kind.residentMb);
  const sum = (figure: 'residentMb' | 'hugeMb' | 'lazyFreeMb'): number =>
    toTenths(mappings.reduce((total, mapping) => total + mapping[figure], 0));
  return { residentMb: sum('residentMb'), hugeMb: sum('hugeMb'), lazyFreeMb: sum('lazyFreeMb'), kinds };
}

function toTenths(megabytes: number): number {
  return Math.round(megabytes * 10) / 10;
}

function mappingsIn(text: string): Mapping[] {
  return text.split(/\n(?=[0-9a-f]+-)/).flatMap((part) => {
    const header = HEADER.exec(part.slice(0, part.indexOf('\n')));
    if (header === null) return [];
    const [, start, end, name = ''] = header;
    const megabytes = (field: string): number =>
      (Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(part)?.[1] ?? 0) * 1024) / 1e6;
    return {
      start: BigInt(`0x${start}`),
      end: BigInt(`0x${end}`),
      name,
      residentMb: megabytes('Rss'),
      hugeMb: megabytes('AnonHugePages'),
      lazyFreeMb: megabytes('LazyFree'),
    };
  });
}

function kindOf({ start, end, name }: Mapping, stackPointers: readonly bigint[]): MemoryKind {
  if (name === '[heap]') return 'heap';
  if (name === '[stack]') return 'stacks';
  if (name.startsWith('/')) return 'files';
  if (name !== '') return 'other';
  if (stackPointers.some((pointer) => pointer >= start && pointer < end)) return 'stacks';
  return start % ARENA_BYTES === 0n ? 'arenas' : 'anonymous';
}

/** Where the threads stand that wait in the kernel: the others' stacks, few if any, count as anonymous. */
function stackPointersOf(pid: number): bigint[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const pointer = readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8').trim().split(' ').at(-2);
      return pointer?.startsWith('0x') === true ? [BigInt(pointer)] : [];
    } catch {
      return [];
    }
  });
}
