import type { ExactValue } from '../codec/exact-json.ts';
import type { PartitionOffsets } from '../kafka/offsets.ts';
import type { Settlement } from '../settlement.ts';
import type { Event, ReduceTransform } from './api.ts';
import { collect } from './chain.ts';

/** Groups that may be open in one partition; beyond, the one that was added to longest ago is closed. */
const GROUPS_MAX = 1000;

/** An event that waits for others, with the share of its record that is settled only with them. */
export interface Member {
  readonly event: Event;
  readonly settlement: Settlement;
  readonly exact: ExactValue;
}

/** Members of one key, in the order of their records. */
export interface Group {
  readonly members: Member[];
  /** The record's timestamp of the last one, in ms. */
  lastTime: number;
  bytes: number;
}

type Partition = PartitionOffsets<Settlement>;

/**
 * The open groups of one `reduce` transform. What closes a group is in the records (the next one of its key, a gap in event
 * time, a limit), so that reading them again gives the same groups; only at the end of a partition, where there is no next
 * record, the clock has to say that none will come.
 */
export class Groups {
  readonly step: number;
  readonly #reduce: ReduceTransform;
  /** In each partition the group that was added to longest ago is the first. */
  readonly #partitions = new Map<Partition, Map<string, Group>>();
  /** No group of the partition has a last record earlier than that; most records need no look at the groups. */
  readonly #earliest = new WeakMap<Partition, number>();
  #bytes = 0;

  /** @param step the place of the transform in its chain */
  constructor(step: number, reduce: ReduceTransform) {
    this.step = step;
    this.#reduce = reduce;
  }

  /** Bytes of the records that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the event begins a group of its own. Throws what the transform throws. */
  begins(key: string, { event, settlement }: Member): boolean {
    const group = this.#partitions.get(settlement.partition)?.get(key);
    return group === undefined || this.#reduce.begins(event, eventsOf(group));
  }

  /**
   * Adds an event.
   *
   * @param begins what {@link begins} says of it
   * @returns the groups that are complete with that, or because of it
   */
  add(key: string, member: Member, begins: boolean): Group[] {
    const { partition } = member.settlement;
    const time = member.settlement.record.timestamp;
    const groups = this.#partitions.get(partition) ?? new Map<string, Group>();
    this.#partitions.set(partition, groups);
    const closed: Group[] = [];
    let group = groups.get(key);
    if (group !== undefined && begins) {
      closed.push(this.#close(groups, key, group));
      group = undefined;
    }
    group ??= { members: [], lastTime: time, bytes: 0 };
    group.members.push(member);
    group.lastTime = Math.max(group.lastTime, time);
    this.#earliest.set(partition, Math.min(this.#earliest.get(partition) ?? Infinity, time));
    group.bytes += member.settlement.bytes;
    this.#bytes += member.settlement.bytes;
    if (member.settlement.waits++ === 0) partition.waiting++;
    // To the end: it is the last that was added to.
    groups.delete(key);
    groups.set(key, group);
    if (group.members.length >= this.#reduce.maxEvents) closed.push(this.#close(groups, key, group));
    if (groups.size > GROUPS_MAX) closed.push(...this.closeOldest(partition));
    return closed;
  }

  /** Records of the partition have come up to that time. @returns the groups for which that is too late */
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
    return closed;
  }

  /** Closes the group that was added to longest ago, of the partition or, if none is given, of the first one. */
  closeOldest(partition?: Partition): Group[] {
    for (const [one, groups] of this.#partitions) {
      if (partition !== undefined && one !== partition) continue;
      for (const [key, group] of groups) return [this.#close(groups, key, group)];
    }
    return [];
  }

  /** @returns all groups of the partition, closed; of all partitions if none is given */
  closeAll(partition?: Partition): Group[] {
    const wanted = partition === undefined ? [...this.#partitions.keys()] : [partition];
    return wanted.flatMap((one) => {
      const groups = this.#partitions.get(one) ?? new Map<string, Group>();
      return [...groups].map(([key, group]) => this.#close(groups, key, group));
    });
  }

  /** Partitions with open groups. */
  open(): Partition[] {
    return [...this.#partitions].flatMap(([partition, groups]) => (groups.size === 0 ? [] : [partition]));
  }

  /** How many groups are open. */
  get size(): number {
    let size = 0;
    for (const groups of this.#partitions.values()) size += groups.size;
    return size;
  }

  /** The gap in event time that ends a group, in ms. */
  get maxGapMs(): number {
    return this.#reduce.maxGapMs;
  }

  /** One event of many, and what it needs to be written exactly. Throws what the transform throws. */
  merge(group: Group): { event: Event; exact: ExactValue } {
    const [first] = group.members;
    const event = group.members.length === 1 && first !== undefined ? first.event : this.#merged(group);
    return { event, exact: { value: first?.exact.value } };
  }

  /** Forgets what was given up with its partition. */
  removeGivenUp(): void {
    for (const [partition, groups] of this.#partitions) {
      if (!partition.closed) continue;
      for (const { bytes } of groups.values()) this.#bytes -= bytes;
      this.#partitions.delete(partition);
    }
  }

  #merged(group: Group): Event {
    const events: Event[] = [];
    collect(this.#reduce.merge(eventsOf(group)), events);
    const [event] = events;
    if (event === undefined || events.length > 1)
      throw new TypeError(`merge must return one event, not ${events.length}`);
    return event;
  }

  #close(groups: Map<string, Group>, key: string, group: Group): Group {
    groups.delete(key);
    this.#bytes -= group.bytes;
    for (const { settlement } of group.members) if (--settlement.waits === 0) settlement.partition.waiting--;
    return group;
  }
}

function eventsOf(group: Group): Event[] {
  return group.members.map(({ event }) => event);
}
