import type { Status } from '../admin/status.ts';
import { addRecords, addTransforms, countsOf, recordsOfExited } from './merge.ts';
import { mergedDeadLetters } from './merge-details.ts';
import type { Report } from './messages.ts';

/** The counts of workers that have exited. Without them, a restart would look like a reset of all. */
export class ExitedWorkers {
  records: Partial<Status['records']> = {};
  deadLetters: Status['dead_letters'] = [];
  transforms: Status['transforms'] = [];
  #metrics: Report['metrics'] = [];
  /** Adds metrics of one worker after the other. */
  #adding: Promise<void> = Promise.resolve();

  /** @param last the last report of the worker */
  add({ status, metrics }: Report): void {
    this.records = addRecords([this.records, recordsOfExited(status)]);
    this.transforms = addTransforms([this.transforms, status.transforms]);
    this.deadLetters = mergedDeadLetters([this.deadLetters, status.dead_letters]);
    this.#adding = this.#adding.then(async () => {
      this.#metrics = await countsOf([this.#metrics, metrics]);
    });
  }

  async metrics(): Promise<Report['metrics']> {
    await this.#adding;
    return this.#metrics;
  }
}
