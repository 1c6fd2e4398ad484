import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordInfo } from '../../../../src/transform/api/api.ts';
import { Chain, type Step } from '../../../../src/transform/runtime/chain.ts';
import {
  DECODE_STEP,
  RENDER_STEP,
  type RecordWatch,
  stepName,
} from '../../../../src/transform/runtime/record-watch.ts';
import { Watchdog } from '../../../../src/transform/runtime/watchdog.ts';
import { Quarantine } from '../../../../src/pipeline/quarantine.ts';
import { sourceRecord } from '../../support/fakes.ts';
import { PipelineLab } from '../../support/pipeline-lab.ts';

/** Notes the entered steps by name, and the current one. */
class NotingWatch implements RecordWatch {
  readonly calls: string[] = [];
  inHand: string | null = null;

  enter(step: number, { offset }: RecordInfo): void {
    this.inHand = `${stepName(step, ['transform'])} ${offset}`;
    this.calls.push(this.inHand);
  }

  leave(): void {
    this.inHand = null;
  }
}

describe('the step of every record is known', () => {
  it('while it is decoded, transformed and rendered, and there is no current record afterwards', () => {
    const watch = new NotingWatch();
    const lab = new PipelineLab({ run: (event) => event, watch });
    lab.own();
    lab.receive(['{"n":1}', '{"n":2}']);
    expect(watch.calls).toEqual([
      'decode 0',
      'transform 0',
      'render 0',
      'decode 1',
      'transform 1',
      'render 1',
    ]);
    expect(watch.inHand).toBeNull();
  });

  it.each([
    ['is poison', 'no json', { run: (event: object) => ({ ...event }) }, ['decode 0']],
    ['is passed through', '{"n":1}', {}, []],
    ['is passed through and put on one line', '{\n"n":1}', {}, ['decode 0', 'render 0']],
    [
      'is parsed only for its index',
      '{"n":1}',
      { elasticsearch: '{ index: "l-{{n}}" }' },
      ['decode 0', 'render 0'],
    ],
    ['is a tombstone', null, { run: (event: object) => ({ ...event }) }, []],
  ])('if it %s', (_, value, options, calls) => {
    const watch = new NotingWatch();
    const lab = new PipelineLab({ ...options, watch });
    lab.own();
    lab.receive([value]);
    expect(watch.calls).toEqual(calls);
    expect(watch.inHand).toBeNull();
  });

  it('while a lazy event is parsed, and if it has no JSON form', () => {
    const watch = new NotingWatch();
    const seen: (string | null)[] = [];
    const lab = new PipelineLab({
      run: (event) => {
        event['toJSON'] = () => {
          seen.push(watch.inHand);
          return { n: 1 };
        };
        return event;
      },
      watch,
    });
    lab.own();
    lab.receive(['{"n":1}']);
    expect(seen).toContain('render 0');
    expect(watch.inHand).toBeNull();
  });

  it('while a blocked record runs through a new chain', () => {
    const watch = new NotingWatch();
    const lab = new PipelineLab({
      run: () => {
        throw new Error('not yet');
      },
      onError: 'hold',
      watch,
    });
    lab.own();
    lab.receive(['{"n":1}']);
    watch.calls.length = 0;
    const step: Step = {
      name: 'mended',
      run: (event) => event,
      onError: 'hold',
      timeoutMs: 1000,
      close: () => {},
    };
    const chain = new Chain([step], () => {});
    chain.watch(watch);
    lab.pipeline.changeChain(chain);
    expect(watch.calls).toEqual(['decode 0', 'transform 0', 'render 0']);
    expect(watch.inHand).toBeNull();
  });
});

describe('a record that has made the process hang twice is dead-lettered', () => {
  it.each([
    ['without being decoded', { run: (event: object) => ({ ...event }) }],
    ['without transforms', {}],
  ])('%s', (_, options) => {
    const quarantine = new Quarantine();
    quarantine.add({ topic: 'app-logs', partition: 0, offset: 1 });
    const watch = new NotingWatch();
    const lab = new PipelineLab({ ...options, quarantine, watch });
    lab.own();
    lab.receive(['{"n":1}', 'what would hang', '{"n":3}']);
    expect(lab.deadLetters.map(({ settlement, why }) => [settlement.record.offset, why.reason])).toEqual([
      [1, 'transform_stuck'],
    ]);
    expect(watch.calls.filter((call) => call.endsWith(' 1'))).toEqual([]);
    expect(lab.documents).toHaveLength(2);
  });
});

describe('the thread', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(async () => close?.());

  /** A watchdog of this thread, and its reports, line by line. */
  function watchdogOver(steps: readonly string[]): { watchdog: Watchdog; reported: () => unknown[] } {
    const directory = mkdtempSync(join(tmpdir(), 'watchdog-'));
    const file = join(directory, 'reported');
    const fd = openSync(file, 'w');
    const watchdog = new Watchdog(steps, 500, fd);
    close = async () => {
      await watchdog.close();
      closeSync(fd);
      rmSync(directory, { recursive: true });
    };
    const reported = (): unknown[] =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown);
    return { watchdog, reported };
  }

  it.each([
    ['decode', DECODE_STEP],
    ['render', RENDER_STEP],
    ['second', 1],
  ])('names the step %s and its record while the main thread hangs', async (name, step) => {
    const { watchdog, reported } = watchdogOver(['first', 'second']);
    await watchdog.started;
    watchdog.enter(step, sourceRecord({ topic: 'orders', partition: 3, offset: 77 }));
    // Hangs the event loop: only the file is read.
    while (reported().length === 0);
    expect(reported()[0]).toMatchObject({
      transform: name,
      record: { topic: 'orders', partition: 3, offset: 77 },
    });
  });

  it('names the transforms of a new chain, and no record if there is no current one', async () => {
    const { watchdog, reported } = watchdogOver(['first']);
    await watchdog.started;
    watchdog.rename(['mended']);
    watchdog.enter(0, sourceRecord());
    while (reported().length === 0);
    watchdog.leave();
    const before = reported().length;
    while (reported().length === before);
    expect(reported()).toMatchObject([{ transform: 'mended' }, ...reported().slice(1)]);
    expect(reported().at(-1)).toMatchObject({ transform: null, record: null });
  });
});
