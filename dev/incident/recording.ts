import type { CheckResult } from '../../test/support/ledger.ts';

/** Parts of `/api/status` and of log lines that the recording shows. */
interface Summarised {
  readonly summary: { readonly level: string; readonly sentence: string; readonly action: string | null };
}
type Line = Readonly<Record<string, unknown>>;

/** Log fields of interest to a reader, in this order. */
const FIELDS = ['code', 'reason', 'seconds', 'in_flight', 'lag', 'cause'];
/** What every start logs. */
const USUAL = new Set([
  'starting',
  'elasticsearch_identified',
  'partitions_assigned',
  'elasticsearch_reachable',
]);

/** Prints what happens, with the time since the start. Cuts are marked. */
export class Recording {
  #began = performance.now();
  /** The same, for the times of log lines. */
  #startedAt = Date.now();
  #logged = 0;

  /** @param logged what was logged before, which the recording leaves out */
  begin(logged: readonly Line[]): void {
    this.#began = performance.now();
    this.#startedAt = Date.now();
    this.#logged = logged.length;
  }

  say(text: string): void {
    console.log(`\n[${this.#time}] ${text}`);
  }

  command(command: string, output: string, linesMax: number): void {
    const lines = output.trimEnd().split('\n');
    const cut = lines.length - linesMax;
    this.#print([`$ ${command}`, ...lines.slice(0, linesMax), ...(cut > 0 ? [`… ${cut} more lines`] : [])]);
  }

  /** The first sentences of the status page, from `/api/status`. */
  async summary(admin: number): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${admin}/api/status`);
    const { summary } = (await answer.json()) as Summarised;
    const action = summary.action === null ? [] : [`what to do: ${summary.action}`];
    this.#print([`/api/status: ${summary.level}: ${summary.sentence}`, ...action]);
  }

  /** The lines that were logged since the last call, with their own times. */
  log(all: readonly Line[]): void {
    const lines = all.slice(this.#logged).filter(({ code }) => !USUAL.has(String(code)));
    this.#logged = all.length;
    const levels: Record<string, string> = { 30: 'INFO', 40: 'WARN', 50: 'ERROR' };
    for (const line of lines) {
      const fields = FIELDS.filter((name) => line[name] !== undefined && line[name] !== null);
      const shown = fields.map((name) => `${name}=${JSON.stringify(line[name])}`).join(' ');
      const time = clock((Date.parse(String(line['time'])) - this.#startedAt) / 1000);
      const level = levels[String(line['level'])] ?? '';
      console.log(`[${time}] log: ${level} ${String(line['msg'])} ${shown}`);
    }
  }

  alerts(firing: readonly { readonly labels: Line; readonly annotations: Line }[]): void {
    this.#print(
      firing.length === 0
        ? ['Prometheus: no alert is firing']
        : firing.flatMap(({ labels, annotations }) => [
            `Prometheus: FIRING ${String(labels['alertname'])} (${String(labels['severity'])})`,
            `  ${String(annotations['description'])}`,
            `  ${String(annotations['runbook_url'])}`,
          ]),
    );
  }

  count({ produced, indexed, lost, duplicates, unexpected, altered }: CheckResult): void {
    this.#print([
      `counted: ${produced} produced, ${indexed} indexed, ${lost.length} not in the index, ` +
        `${duplicates.length} duplicates, ${unexpected.length + altered.length} others`,
    ]);
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) console.log(`[${this.#time}] ${line}`);
  }

  get #time(): string {
    return clock((performance.now() - this.#began) / 1000);
  }
}

function clock(exact: number): string {
  const seconds = Math.round(exact);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
