import type { ExactValue } from '../codec/exact-json.ts';
import type { PartitionOffsets } from '../kafka/consumer/offsets.ts';
import type { Settlement } from './settlement.ts';
import type { Event, ReduceTransform } from '../transform/api/api.ts';
import { returnedEvents } from '../transform/runtime/events.ts';

/**
 * Maximum number of open groups in one partition. Above it, the group whose last record has the lowest offset
 * is closed.
 */
const GROUPS_MAX = 1000;

/** An event that waits for aggregation. It is a pending output of its record. */
interface Member {
  readonly event: Event;
  readonly settlement: Settlement;
  readonly exact: ExactValue;
}

/** Members of one key, in the order of their records. */
export interface Group {
  readonly members: Member[];
  /** The events of the members, in the order in which they were added. */
  readonly events: Event[];
  /** The latest timestamp of its records, in ms. */
  lastTime: number;
  /** The highest offset of its records. */
  reach: number;
}

type Partition = PartitionOffsets<Settlement>;

/**
 * The open groups of one `reduce` transform. Records close groups (the next one of a key, a gap in event
 * time, a limit), so a replay gives the same groups. Only at the end of a partition, where there is no next
 * record, the clock closes them.
 */
export class Groups {
  readonly step: number;
  readonly #reduce: ReduceTransform;
  readonly #isFirst: boolean;
  /**
   * Open groups of each partition, the least recently extended first. Partitions without groups are removed.
   */
  readonly #partitions = new Map<Partition, Map<string, Group>>();
  /** A lower bound of `lastTime` of a partition's groups, so that most records need no look at them. */
  readonly #earliest = new WeakMap<Partition, number>();

  /**
   * @param step index of the transform in its chain
   * @param isFirst whether no earlier transform of the chain reduces
   */
  constructor(step: number, reduce: ReduceTransform, isFirst = true) {
    this.step = step;
    this.#reduce = reduce;
    this.#isFirst = isFirst;
  }

  /** Whether the event starts a new group. Throws what the transform throws. */
  starts(key: string, { event, settlement }: Member): boolean {
    const group = this.#partitions.get(settlement.partition)?.get(key);
    return group === undefined || this.#reduce.starts(event, group.events);
  }

  /**
   * Adds an event.
   *
   * @param starts the result of {@link starts}
   * @returns the groups that the event closes
   */
  add(key: string, member: Member, starts: boolean): Group[] {
    const { settlement } = member;
    const { partition } = settlement;
    const time = settlement.record.timestamp;
    const groups = this.#partitions.get(partition) ?? new Map<string, Group>();
    this.#partitions.set(partition, groups);
    const closed: Group[] = [];
    let group = groups.get(key);
    if (group !== undefined && starts) {
      closed.push(this.#close(groups, key, group));
      group = undefined;
    }
    group ??= { members: [], events: [], lastTime: time, reach: -1 };
    group.members.push(member);
    group.events.push(member.event);
    group.lastTime = Math.max(group.lastTime, time);
    this.#earliest.set(partition, Math.min(this.#earliest.get(partition) ?? Infinity, time));
    group.reach = Math.max(group.reach, settlement.offset, settlement.until);
    settlement.wait();
    // Moves it to the end: it is the most recently extended group.
    groups.delete(key);
    groups.set(key, group);
    if (group.members.length >= this.#reduce.maxEvents) closed.push(this.#close(groups, key, group));
    if (groups.size > GROUPS_MAX) closed.push(...this.closeOldest(partition));
    if (groups.size === 0) this.#partitions.delete(partition);
    return closed;
  }

  /** Records of the partition have reached that time. @returns the groups that a gap has closed */
  passed(partition: Partition, time: number): Group[] {
    const groups = this.#partitions.get(partition);
    const { maxGapMs } = this.#reduce;
    if (groups === undefined || time - (this.#earliest.get(partition) ?? Infinity) <= maxGapMs) return [];
    const closed: Group[] = [];
    let earliest = Infinity;
    for (const [key, group] of groups) {
      if (time - group.lastTime > maxGapMs) closed.push(this.#close(groups, key, group));
      else earliest = Math.min(earliest, group.lastTime);
    }
    this.#earliest.set(partition, earliest);
    if (groups.size === 0) this.#partitions.delete(partition);
    return closed;
  }

  /** The lowest `reach` of the partition's groups; Infinity if none is open. */
  oldest(partition: Partition): number {
    return this.#oldest(partition)?.[1].reach ?? Infinity;
  }

  /**
   * Closes the group whose last record has the lowest offset. A replay from a committed offset does not have
   * the groups of lower offsets; since these are closed first, it closes the same groups.
   */
  closeOldest(partition: Partition): Group[] {
    const groups = this.#partitions.get(partition);
    const oldest = this.#oldest(partition);
    if (groups === undefined || oldest === undefined) return [];
    const closed = this.#close(groups, ...oldest);
    if (groups.size === 0) this.#partitions.delete(partition);
    return [closed];
  }

  /** @returns all groups of the partition, closed; of all partitions if none is given */
  closeAll(partition?: Partition): Group[] {
    const wanted = partition === undefined ? this.open() : [partition];
    return wanted.flatMap((one) => {
      const groups = this.#partitions.get(one) ?? new Map<string, Group>();
      this.#partitions.delete(one);
      return [...groups].map(([key, group]) => this.#close(groups, key, group));
    });
  }

  /** Partitions with open groups. */
  open(): Partition[] {
    return [...this.#partitions.keys()];
  }

  /** The gap in event time that ends a group, in ms. */
  get maxGapMs(): number {
    return this.#reduce.maxGapMs;
  }

  /** The aggregated event, and what is needed to serialise it exactly. Throws what the transform throws. */
  merge(group: Group): { event: Event; exact: ExactValue } {
    const [first] = group.members;
    const isOne = group.members.length === 1 && this.#reduce.mergesOne !== true;
    const event = isOne && first !== undefined ? first.event : this.#merged(group);
    return { event, exact: { value: first?.exact.value } };
  }

  /** Forgets the groups of abandoned partitions. */
  removeAbandoned(): void {
    for (const [partition, groups] of this.#partitions) {
      if (areAbandoned(groups)) this.#partitions.delete(partition);
    }
  }

  #oldest(partition: Partition): [string, Group] | undefined {
    const groups = this.#partitions.get(partition);
    if (groups === undefined) return undefined;
    let oldest: [string, Group] | undefined;
    for (const entry of groups) {
      if (oldest === undefined || entry[1].reach < oldest[1].reach) oldest = entry;
      // Events of the first reduce transform come in the order of records: its first group is the oldest.
      if (this.#isFirst) break;
    }
    return oldest;
  }

  #merged(group: Group): Event {
    // The members are sorted by offset by now.
    const events = returnedEvents(this.#reduce.merge(group.members.map(({ event }) => event)));
    const [event] = events;
    if (event === undefined || events.length > 1)
      throw new TypeError(`merge must return one event, not ${events.length}`);
    return event;
  }

  #close(groups: Map<string, Group>, key: string, group: Group): Group {
    groups.delete(key);
    for (const { settlement } of group.members) settlement.resume();
    return group;
  }
}

/** A partition is abandoned as a whole. */
function areAbandoned(groups: ReadonlyMap<string, Group>): boolean {
  for (const { members } of groups.values()) return members[0]?.settlement.settled === true;
  return true;
}
