import { decimal, whole } from './format.ts';
import { type Spread, spreadOf } from './measure.ts';
import { CLIENT, type ContenderName, type Results, ratios, seriesOf, shareOfDirect } from './results.ts';

/** A target and its result. All figures are ratios within a round, except memory and time. */
interface Aim {
  readonly what: string;
  /** Whether more is better. */
  readonly more: boolean;
  readonly target: number;
  readonly stretch?: number;
  /** @default a ratio */
  readonly unit?: 'MB' | 'ms';
  /** Undefined where it was not run. */
  found(results: Results): Spread | undefined;
}

/** Medians decide: of a ratio whose median is the target half of the rounds miss it. */
export function aimsTable(results: Results): string {
  const rows = aims.map((aim) => {
    const found = aim.found(results);
    const cells = [
      aim.what,
      bound(aim, aim.target),
      bound(aim, aim.stretch),
      found === undefined ? '' : value(aim, found),
      found === undefined ? 'not run' : verdict(aim, found),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `| one process, 400 bytes an event if not said | target | stretch | found | |
| --- | --- | --- | --- | --- |
${rows.join('\n')}`;
}

function verdict({ more, target, stretch }: Aim, { median }: Spread): string {
  const reached = (wanted: number): boolean => (more ? median >= wanted : median <= wanted);
  if (stretch !== undefined && reached(stretch)) return 'stretch reached';
  return reached(target) ? 'reached' : 'missed';
}

function bound({ more, unit }: Aim, wanted: number | undefined): string {
  if (wanted === undefined) return '';
  return `${more ? '≥' : '≤'} ${unit === undefined ? wanted.toFixed(2) : `${wanted} ${unit}`}`;
}

function value({ unit }: Aim, found: Spread): string {
  if (unit === undefined) return decimal(found);
  return `${unit === 'ms' && found.median < 100 ? decimal(found, 1) : whole(found)} ${unit}`;
}

/** The ratio to another contender in the same round, with events of that size. */
function against(
  name: ContenderName,
  base: ContenderName,
  figure: 'eventsPerSecond' | 'cpuMicros' = 'eventsPerSecond',
  eventBytes = 400,
): Aim['found'] {
  return (results) => {
    const [series, other] = [seriesOf(results, name, eventBytes), seriesOf(results, base, eventBytes)];
    return series === undefined || other === undefined ? undefined : ratios(series, other, figure);
  };
}

function absolute(name: ContenderName, figure: 'peakMb' | 'startUpMs', eventBytes = 400): Aim['found'] {
  return (results) => {
    const series = seriesOf(results, name, eventBytes);
    return series && spreadOf(series.runs.map((run) => run[figure]));
  };
}

function latency(figure: 'p50Ms' | 'p99Ms'): Aim['found'] {
  return (results) => spreadOf(results.latency.map((run) => run[figure]));
}

const aims: readonly Aim[] = [
  {
    what: 'passthrough: events/s, of the client',
    more: true,
    target: 1.7,
    stretch: 2.2,
    found: against('passthrough', CLIENT),
  },
  {
    what: '… CPU an event, of the client',
    more: false,
    target: 0.85,
    stretch: 0.65,
    found: against('passthrough', CLIENT, 'cpuMicros'),
  },
  {
    what: 'one field set: events/s, of the client',
    more: true,
    target: 1.1,
    stretch: 1.4,
    found: against('one field set', CLIENT),
  },
  {
    what: '… CPU an event, of the client',
    more: false,
    target: 1.15,
    stretch: 0.9,
    found: against('one field set', CLIENT, 'cpuMicros'),
  },
  {
    what: 'parse-json, redact, rename: events/s, of the client',
    more: true,
    target: 0.65,
    stretch: 0.8,
    found: against('parse-json, redact, rename', CLIENT),
  },
  {
    what: 'passthrough, 16 KB an event: events/s, of the client',
    more: true,
    target: 0.9,
    stretch: 1.2,
    found: against('passthrough', CLIENT, 'eventsPerSecond', 16_000),
  },
  {
    what: 'one field set, two workers on the two cores: events/s, of one worker',
    more: true,
    target: 1,
    found: against('one field set, 2 workers', 'one field set'),
  },
  {
    what: 'peak memory, passthrough',
    more: false,
    target: 150,
    stretch: 120,
    unit: 'MB',
    found: absolute('passthrough', 'peakMb'),
  },
  {
    what: 'peak memory, one field set',
    more: false,
    target: 170,
    unit: 'MB',
    found: absolute('one field set', 'peakMb'),
  },
  {
    what: 'peak memory, one field set, 16 KB an event',
    more: false,
    target: 200,
    unit: 'MB',
    found: absolute('one field set', 'peakMb', 16_000),
  },
  {
    what: 'into the real Elasticsearch: documents/s, of the direct loader',
    more: true,
    target: 0.93,
    stretch: 0.97,
    found: shareOfDirect,
  },
  {
    what: 'passthrough: events/s, of rsyslog',
    more: true,
    target: 1.3,
    stretch: 1.7,
    found: against('passthrough', 'rsyslog'),
  },
  {
    what: 'produced to acknowledged at 1,000 events/s, p99',
    more: false,
    target: 20,
    stretch: 10,
    unit: 'ms',
    found: latency('p99Ms'),
  },
  { what: '… p50', more: false, target: 4, unit: 'ms', found: latency('p50Ms') },
  {
    what: 'start of the process to first acknowledgement',
    more: false,
    target: 800,
    unit: 'ms',
    found: absolute('passthrough', 'startUpMs'),
  },
  {
    what: 'a backlog after an outage: events/s, of those without one',
    more: true,
    target: 0.95,
    found: against('passthrough, after an outage', 'passthrough'),
  },
  {
    what: 'passthrough with an open status page: events/s, of those without one',
    more: true,
    target: 0.95,
    found: against('passthrough, page open', 'passthrough'),
  },
];
