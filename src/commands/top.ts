import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { type StatusView, statusViewSchema } from '../admin/status-view.ts';
import { summaryOf } from '../admin/summary.ts';
import { viewOf } from '../admin/view.ts';
import { LogweirError } from '../errors.ts';
import { type InstanceOptions, askInstance, instanceUrl } from './instance.ts';
import { room } from './output.ts';
import { type Pace, paceBetween } from './pace.ts';
import { screenOf } from './screen.ts';

export interface TopOptions extends InstanceOptions {
  readonly json?: boolean;
  readonly once?: boolean;
  /** Seconds between two looks. @default 2 */
  readonly interval?: number;
}

/** Where the output goes to. */
interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
}

/** Clears the screen and moves to its top. */
const CLEAR = '\u001b[2J\u001b[3J\u001b[H';
const PLAIN_COLUMNS = 160;

interface Look {
  readonly status: StatusView;
  /** Seconds of a monotonic clock. */
  readonly at: number;
}

/**
 * `logweir top`: rates, lag and state of a running instance, at an interval; once with `--once`. A terminal
 * is redrawn; other outputs get the same lines one after the other, with `--json` one document a line.
 *
 * @throws LogweirError
 */
export async function top(options: TopOptions, terminal: Terminal, output: Writable): Promise<void> {
  const base = instanceUrl(options);
  const seconds = options.interval ?? 2;
  if (!(seconds >= 0.2 && seconds <= 3600))
    throw new LogweirError('USAGE', '--interval must be a number of seconds from 0.2 to 3600');
  let before: Look | undefined;
  for (;;) {
    const look = await lookAt(base);
    const now = Date.now();
    const pace = paceBetween(before?.status, look.status, look.at - (before?.at ?? look.at));
    output.write(
      options.json === true ? jsonOf(look.status, pace, now) : textOf(look.status, pace, now, terminal),
    );
    await room(output);
    if (options.once === true) return;
    before = look;
    await delay(seconds * 1000);
  }
}

async function lookAt(base: string): Promise<Look> {
  const answer = await askInstance(base, 'api/status');
  const parsed = statusViewSchema.safeParse(await answer.json().catch(() => undefined));
  if (!parsed.success) throw new LogweirError('UNAVAILABLE', `${base} is not the endpoint of a Logweir`);
  return { status: parsed.data, at: performance.now() / 1000 };
}

function textOf(status: StatusView, pace: Pace, now: number, { isTTY, columns }: Terminal): string {
  const lines = screenOf(viewOf(status, now), pace, isTTY ? columns : PLAIN_COLUMNS);
  return `${isTTY ? CLEAR : ''}${lines.join('\n')}\n${isTTY ? '' : '\n'}`;
}

/** One line. */
function jsonOf(status: StatusView, pace: Pace, now: number): string {
  const { state, rates, kafka, elasticsearch, holds } = status;
  const summary = status.summary ?? summaryOf(status, now);
  const { lag, partitions } = kafka;
  const document = {
    time: new Date(now).toISOString(),
    state,
    summary,
    rates,
    lag,
    elasticsearch,
    holds,
    partitions: partitions.map((one) => ({
      ...one,
      committed_per_second: pace.partitions.get(`${one.topic}[${one.partition}]`) ?? null,
    })),
    transforms: (status.transforms ?? []).map((one, index) => ({
      ...one,
      in_per_second: pace.transforms[index] ?? null,
    })),
  };
  return `${JSON.stringify(document)}\n`;
}
