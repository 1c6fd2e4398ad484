import type { Findings } from './audit.ts';
import type { Story } from './story.ts';
import { type Terminal, grouped, seconds } from './terminal.ts';

const LABEL_WIDTH = 34;
const VALUE_WIDTH = 9;

/** Prints one event before and after, and the table of results. */
export function report(terminal: Terminal, topic: string, story: Story, findings: Findings): void {
  printSample(terminal, topic, story, findings);
  printTable(terminal, story, findings);
}

function printSample(
  terminal: Terminal,
  topic: string,
  { sample, outage }: Story,
  { stored }: Findings,
): void {
  if (sample === undefined) return;
  const { partition, offset } = sample.entry;
  const when = outage === undefined ? '' : ', while Elasticsearch was down';
  terminal.print();
  terminal.print(
    terminal.style('bold', `One event as it was consumed (${topic}[${partition}] at ${offset}${when}):`),
  );
  terminal.print(
    indented(sample.event).replaceAll(/\w+@example\.com/g, (text) => terminal.style('red', text)),
  );
  if (stored === undefined) return;
  terminal.print(terminal.style('bold', `As it was stored (${stored._index}, _id ${stored._id}):`));
  terminal.print(indented(stored._source).replaceAll('[redacted]', (text) => terminal.style('green', text)));
}

function indented(event: object): string {
  return JSON.stringify(event, undefined, 2).replaceAll(/^/gm, '  ');
}

function printTable(terminal: Terminal, { outage, takeoverMs }: Story, findings: Findings): void {
  const { produced, check, deadLetters, writtenAgain } = findings;
  const deadLettered = [...deadLetters.values()].reduce((sum, count) => sum + count, 0);
  const row = (label: string, value: string, note = '') =>
    terminal.print(`  ${label.padEnd(LABEL_WIDTH)}${value.padStart(VALUE_WIDTH)}${note && `  ${note}`}`);
  const mustBeZero = (label: string, count: number) => {
    const value = grouped(count).padStart(VALUE_WIDTH);
    row(label, terminal.style(['bold', count === 0 ? 'green' : 'red'], value));
  };
  const rule = () => terminal.print(`  ${'-'.repeat(LABEL_WIDTH + VALUE_WIDTH)}`);
  terminal.print();
  terminal.print(terminal.style('bold', '  Counted from outside, over every document of the index:'));
  rule();
  row('produced', grouped(produced));
  row('indexed', grouped(check.indexed));
  row('dead-lettered', grouped(deadLettered), [...deadLetters].map(([why, n]) => `${why}: ${n}`).join(', '));
  mustBeZero('lost', check.lost.length);
  mustBeZero('stored duplicates', check.duplicates.length);
  rule();
  if (outage === undefined) {
    row('Elasticsearch down', '-', 'skipped: the demo did not start it');
  } else {
    row('Elasticsearch down', seconds(outage.awayMs));
    row('buffered by Kafka meanwhile', grouped(outage.buffered), 'records');
    row('caught up after the outage in', seconds(outage.catchUpMs));
  }
  row('working again after kill -9 in', seconds(takeoverMs));
  row('delivered again, stored once', grouped(writtenAgain), 'records');
  row('the whole demo', seconds(terminal.elapsedMs));
  rule();
}
