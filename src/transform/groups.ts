import type { ExactValue } from '../codec/exact-json.ts';
import type { PartitionOffsets } from '../kafka/offsets.ts';
import type { Settlement } from '../settlement.ts';
import type { Event, ReduceTransform } from './api.ts';
import { returnedEvents } from './events.ts';

/** Groups that may be open in one partition; beyond, the one whose records lie furthest back is closed. */
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
  /** Those of the members, in the order in which they were added. */
  readonly events: Event[];
  /** The record's timestamp of the last one, in ms. */
  lastTime: number;
  /** The offset of the last record that it is made of. */
  reach: number;
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
  readonly #isFirst: boolean;
  /** In each partition the group that was added to longest ago is the first. Nothing without groups stays. */
  readonly #partitions = new Map<Partition, Map<string, Group>>();
  /** No group of the partition has a last record earlier than that; most records need no look at the groups. */
  readonly #earliest = new WeakMap<Partition, number>();

  /**
   * @param step the place of the transform in its chain
   * @param isFirst whether no other one before it reduces
   */
  constructor(step: number, reduce: ReduceTransform, isFirst = true) {
    this.step = step;
    this.#reduce = reduce;
    this.#isFirst = isFirst;
  }

  /** Whether the event begins a group of its own. Throws what the transform throws. */
  begins(key: string, { event, settlement }: Member): boolean {
    const group = this.#partitions.get(settlement.partition)?.get(key);
    return group === undefined || this.#reduce.begins(event, group.events);
  }

  /**
   * Adds an event.
   *
   * @param begins what {@link begins} says of it
   * @returns the groups that are complete with that, or because of it
   */
  add(key: string, member: Member, begins: boolean): Group[] {
    const { settlement } = member;
    const { partition } = settlement;
    const time = settlement.record.timestamp;
    const groups = this.#partitions.get(partition) ?? new Map<string, Group>();
    this.#partitions.set(partition, groups);
    const closed: Group[] = [];
    let group = groups.get(key);
    if (group !== undefined && begins) {
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
    // To the end: it is the last that was added to.
    groups.delete(key);
    groups.set(key, group);
    if (group.members.length >= this.#reduce.maxEvents) closed.push(this.#close(groups, key, group));
    if (groups.size > GROUPS_MAX) closed.push(...this.closeOldest(partition));
    if (groups.size === 0) this.#partitions.delete(partition);
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
    if (groups.size === 0) this.#partitions.delete(partition);
    return closed;
  }

  /** How far the group of the partition reaches that reaches least far; Infinity where none is open. */
  oldest(partition: Partition): number {
    return this.#oldest(partition)?.[1].reach ?? Infinity;
  }

  /**
   * Closes the group whose last record has the lowest offset. Those that whoever reads again from a committed offset does not have
   * are the first to go, so that he closes the same ones.
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

  /** One event of many, and what it needs to be written exactly. Throws what the transform throws. */
  merge(group: Group): { event: Event; exact: ExactValue } {
    const [first] = group.members;
    const isOne = group.members.length === 1 && this.#reduce.mergesOne !== true;
    const event = isOne && first !== undefined ? first.event : this.#merged(group);
    return { event, exact: { value: first?.exact.value } };
  }

  /** Forgets what was given up with its partition. */
  removeGivenUp(): void {
    for (const [partition, groups] of this.#partitions) {
      if (areGivenUp(groups)) this.#partitions.delete(partition);
    }
  }

  #oldest(partition: Partition): [string, Group] | undefined {
    const groups = this.#partitions.get(partition);
    if (groups === undefined) return undefined;
    let oldest: [string, Group] | undefined;
    for (const entry of groups) {
      if (oldest === undefined || entry[1].reach < oldest[1].reach) oldest = entry;
      // Records come in their order, so the first one is the oldest; events of other groups may come in any.
      if (this.#isFirst) break;
    }
    return oldest;
  }

  #merged(group: Group): Event {
    // In the order of their records by now.
    const members = group.members.map(({ event }) => event);
    const events = returnedEvents(this.#reduce.merge(members));
    const [event] = events;
    if (event === undefined || events.length > 1)
      throw new TypeError(`merge must return one event, not ${events.length}`);
    return event;
  }

  #close(groups: Map<string, Group>, key: string, group: Group): Group {
    groups.delete(key);
    for (const { settlement } of group.members) settlement.goOn();
    return group;
  }
}

/** A partition is given up as a whole. */
function areGivenUp(groups: ReadonlyMap<string, Group>): boolean {
  for (const { members } of groups.values()) return members[0]?.settlement.settled === true;
  return true;
}
