import type { Writable } from 'node:stream';
import { z } from 'zod';
import { parseObject } from '../codec/exact-json.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { type TapEvent, tapMessageSchema } from '../tap/messages.ts';
import { type InstanceOptions, askInstance, instanceUrl, printable } from './instance.ts';
import { room } from './output.ts';
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.ts';

export interface TapOptions extends InstanceOptions {
  readonly filter?: string;
  readonly limit?: number;
  readonly before?: boolean;
  readonly after?: boolean;
  readonly json?: boolean;
}

/**
 * `logweir tap`: prints events as a running instance processes them, until `--limit` or a signal. What the
 * instance could not show is told on `report` when the command ends.
 *
 * @throws LogweirError
 */
export async function tap(options: TapOptions, output: Writable, report: Writable): Promise<void> {
  const answer = await askInstance(instanceUrl(options), `api/tap?${queryOf(options).toString()}`);
  const total = { passed: 0, examined: 0, withheld: 0 };
  let left = options.limit ?? Infinity;
  try {
    for await (const event of serverSentEvents(answer)) {
      const message = messageIn(event);
      if (message?.kind === 'counts') {
        total.passed += message.passed;
        total.examined += message.examined;
        total.withheld += message.withheld;
      }
      if (message?.kind !== 'event') continue;
      output.write(`${options.json === true ? jsonOf(message) : lineOf(message)}\n`);
      await room(output);
      if (--left <= 0) break;
    }
  } catch (error) {
    if (error === output.errored) throw error;
    throw new LogweirError('UNAVAILABLE', `the connection to the instance broke: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const missed = total.passed - total.examined + total.withheld;
  if (missed > 0)
    report.write(`# ${missed} of ${total.passed} events were too many to be compared or shown\n`);
  if (left > 0) throw new LogweirError('UNAVAILABLE', 'the instance has closed the tap');
}

/** @throws LogweirError USAGE */
function queryOf({ filter = '', limit, before, after }: TapOptions): URLSearchParams {
  const query = new URLSearchParams({ filter });
  if (limit !== undefined) {
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new LogweirError('USAGE', '--limit must be a number of events, 1 or more');
    query.set('limit', String(limit));
  }
  if (before !== after) query.set('stage', before === true ? 'before' : 'after');
  return query;
}

function messageIn({ name, data }: ServerSentEvent): z.output<typeof tapMessageSchema> | undefined {
  const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(data));
  return tapMessageSchema.safeParse({ ...parsed.data, kind: name }).data;
}

function lineOf({ stage, topic, partition, offset, index, event, truncated }: TapEvent): string {
  const to = index === null ? '' : ` → ${index}`;
  return printable(`${stage} ${topic}[${partition}]@${offset}${to} ${event}${truncated ? ' …' : ''}`);
}

/** An event is inserted as it is, so that its numbers keep their digits; another text as a string. */
function jsonOf({ event, truncated, ...fields }: TapEvent): string {
  const { kind: _kind, ...shown } = { ...fields, truncated };
  const isObject = !truncated && parseObject(event) !== undefined;
  // Between the tokens of JSON a line feed is only space.
  const value = isObject ? event.replaceAll(/[\r\n]/g, ' ') : JSON.stringify(event);
  return `${JSON.stringify(shown).slice(0, -1)},"event":${value}}`;
}
