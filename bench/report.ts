import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aimsTable } from './aims.ts';
import type { Indexed } from './elasticsearch.ts';
import { decimal, whole } from './format.ts';
import type { Latency } from './latency.ts';
import { type Spread, spreadOf } from './measure.ts';
import { parserTable } from './parsers.ts';
import { remapTable } from './remaps.ts';
import { CLIENT, READER, type Results, type Series, clientOf, ratios, shareOfDirect } from './results.ts';

const BEGIN = '<!-- measured: written by make bench -->';
const END = '<!-- end of what is measured -->';

/** Puts the tables between their marks in `benchmarks.md`, and draws the plot. */
export function writeReport(results: Results, directory: string): void {
  const file = join(directory, 'benchmarks.md');
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} lacks the marks for the tables`);
  writeFileSync(file, `${before}${BEGIN}\n\n${tables(results)}\n${END}${after}`);
  writeFileSync(join(directory, 'benchmarks.svg'), plot(results));
}

function tables(results: Results): string {
  const { date, machine, versions, rounds, latency, elasticsearch } = results;
  const { direct, logweir } = elasticsearch;
  const loaded = (runs: readonly Indexed[]): string =>
    [
      whole(spreadOf(runs.map((run) => run.documentsPerSecond))),
      decimal(spreadOf(runs.map((run) => run.cpuMicros))),
      decimal(spreadOf(runs.map((run) => run.serversMicros))),
    ].join(' | ');
  const of = (figure: keyof Latency): string => decimal(spreadOf(latency.map((run) => run[figure])), 1);
  return `${date}, ${rounds} rounds, medians with (lowest–highest).
${machine}.
${versions}.

## Targets and results

${aimsTable(results)}

![Events a second](benchmarks.svg)

## Into the counting sink

| events | contender | events/s | of client | CPU µs an event | of client | MB/s | peak MB | first ack ms | sink cores |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${results.series.map((series) => row(series, clientOf(results, series.eventBytes))).join('\n')}

## Into the real Elasticsearch on the same machine

| | documents/s | its CPU µs a document | Elasticsearch's and Kafka's |
| --- | --- | --- | --- |
| direct loader | ${loaded(direct)} |
| Logweir | ${loaded(logweir)} |
| share, by round | ${decimal(shareOfDirect(results))} | | |

${curve(results)}## Latency

From produced to acknowledged, at 1,000 events/s, counting sink, a new process for each round, of
${latency[0]?.seconds} s: p50 ${of('p50Ms')} ms, p99 ${of('p99Ms')} ms, highest ${of('maxMs')} ms;
the event loop's delay meanwhile: p99 ${of('loopDelayP99Ms')} ms.
${losses(results)}
## Parsers

CPU of each built-in parser for one event, over the lines of its first example in [built-ins.md](built-ins.md), in one
process on one core. \`parse-user-agent\` remembers agents, and has seen these before. \`parse-grok\` runs patterns in an
engine that is linear in the text; a parser that is made for a format is faster.

${parserTable(results.parsers)}

## A remap of Vector

A program of VRL as the TypeScript that \`logweir migrate\` writes, beside the same written by hand as a transform, and
beside Vector's own engine (\`vrl-python\`, by its own clock). One thread, plain objects, without decoding and encoding; the
three take turns. The generated code keeps VRL's semantics: regular expressions run in an engine that is linear in the
text, and numbers in JSON keep their digits. By hand, these are JavaScript's own.

${remapTable(results.remaps)}
`;
}

function curve({ elasticsearch }: Results): string {
  if (elasticsearch.curve.length === 0) return '';
  const rows = elasticsearch.curve.map(
    ({ concurrency, documentsPerSecond }) =>
      `| ${concurrency} | ${Math.round(documentsPerSecond).toLocaleString('en-GB')} |`,
  );
  return `Documents a second by requests in flight (\`request.concurrency\`), one run each:\n
| in flight | documents/s |
| --- | --- |
${rows.join('\n')}

`;
}

function losses({ lostWhileBusy }: Results): string {
  if (lostWhileBusy === null) return '';
  const { events, logweir, rsyslog } = lostWhileBusy;
  const peer = rsyslog === null ? '' : `, rsyslog ${rsyslog.toLocaleString('en-GB')}`;
  return `
## Lost while Elasticsearch is busy

Lost of ${events.toLocaleString('en-GB')} events, if one item in ten is answered 429 for five seconds: Logweir ${logweir.toLocaleString('en-GB')}${peer}.
`;
}

function row(series: Series, client: Series): string {
  const of = (figure: keyof Series['runs'][number]): Spread =>
    spreadOf(series.runs.map((run) => run[figure]));
  const isFloor = series.name === CLIENT || series.name === READER;
  const ofClient = (figure: 'eventsPerSecond' | 'cpuMicros'): string =>
    series === client ? '' : decimal(ratios(series, client, figure));
  return `| ${[
    `${series.eventBytes} B`,
    series.name,
    whole(of('eventsPerSecond')),
    ofClient('eventsPerSecond'),
    decimal(of('cpuMicros')),
    ofClient('cpuMicros'),
    of('mbPerSecond').median.toFixed(0),
    whole(of('peakMb')),
    isFloor ? '' : whole(of('startUpMs')),
    isFloor ? '' : of('sinkCores').median.toFixed(2),
  ].join(' | ')} |`;
}

/** Horizontal bars, one a contender. */
function plot({ series }: Results): string {
  const bars = series.map(({ name, eventBytes, runs }) => ({
    label: `${eventBytes} B, ${name}`,
    rate: spreadOf(runs.map((run) => run.eventsPerSecond)),
  }));
  const highest = Math.max(...bars.map(({ rate }) => rate.max));
  const [left, width, height] = [230, 460, 24];
  const scale = (rate: number): number => Math.round((rate / highest) * width);
  const rows = bars.map(({ label, rate }, at) => {
    const y = at * height + 10;
    const middle = y + 8;
    return (
      `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${label}</text>` +
      `<rect x="${left}" y="${y}" width="${scale(rate.median)}" height="16" fill="${label.endsWith('nothing else') ? '#9aa5b1' : '#2f7d95'}"/>` +
      `<line x1="${left + scale(rate.min)}" y1="${middle}" x2="${left + scale(rate.max)}" y2="${middle}" stroke="#222"/>` +
      `<text x="${left + scale(rate.max) + 6}" y="${y + 12}">${Math.round(rate.median / 1000)} k/s</text>`
    );
  });
  const total = bars.length * height + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 80}" height="${total}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${rows.join('\n')}
</svg>
`;
}
