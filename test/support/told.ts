import { runCheck } from './check.ts';
import { logweirCommand } from './command.ts';
import type { ConfigFile, Logweir } from './logweir.ts';

/**
 * The time in which a fault is told, from its injection: ten seconds on a machine that does nothing else, for
 * which `TOLD_WITHIN_MS=10000` is set. In `make test` several faults are made at the same time.
 */
export const TOLD_MS = Number(process.env['TOLD_WITHIN_MS'] ?? 40_000);

const CHECKS_MAX = 3;

/** What each channel says about one fault. */
export interface Words {
  /** The sentence of the status page, or one of its tables. `top` shows the same. */
  readonly page: RegExp;
  /** What the page advises. */
  readonly action: RegExp;
  /** Lines of `/metrics`, one a pattern. */
  readonly metrics: readonly RegExp[];
  /** The `code` of a log line, and a text in that line. */
  readonly log: readonly [code: string, text: RegExp];
  /** A result of `logweir check`. */
  readonly check: readonly [name: string, result: 'warning' | 'failed', message: RegExp];
}

/**
 * Waits until page, metrics and log name the fault; then asks `top` and `check`.
 *
 * @param since when the fault was made, by `performance.now()`
 * @returns what is not told, with what is said instead; empty if all is told
 */
export async function untold(
  logweir: Logweir,
  config: ConfigFile,
  words: Words,
  since: number,
): Promise<string[]> {
  for (;;) {
    const [page, { body }] = await Promise.all([pageText(logweir), logweir.get('/metrics')]);
    const missing = [
      ...(words.page.test(page) && words.action.test(page) ? [] : [`page: ${page}`]),
      ...words.metrics.filter((one) => !one.test(body)).map((one) => `metrics: no ${String(one)}`),
      ...(isLogged(logweir, words.log) ? [] : [`log: no ${words.log[0]}: ${logweir.output.slice(-3000)}`]),
    ];
    if (missing.length === 0) break;
    if (performance.now() - since > TOLD_MS) return [`within ${TOLD_MS} ms`, ...missing];
  }
  return [...(await untoldByTop(logweir, words, since)), ...(await untoldByCheck(config, words.check))];
}

/** One line each: the sentence, the action, and the rows of all tables that the page shows. */
export async function pageText(logweir: Logweir): Promise<string> {
  const { admin } = await logweir.waitForLog(/^starting/);
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), 30_000);
  try {
    const answer = await fetch(`${String(admin)}/api/events`, { signal: ending.signal });
    let text = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      const [, view] = /^event: view\ndata: (.*)\n\n/m.exec(text) ?? [];
      if (view !== undefined) return linesOf(JSON.parse(view) as View);
    }
    return text;
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

interface View {
  readonly summary: { readonly level: string; readonly sentence: string; readonly action: string | null };
  readonly tables: readonly { readonly rows: readonly (readonly { readonly text: string }[])[] }[];
}

function linesOf({ summary, tables }: View): string {
  const rows = tables.flatMap((table) => table.rows.map((row) => row.map(({ text }) => text).join(' | ')));
  return [`${summary.level}: ${summary.sentence}`, `What to do: ${summary.action}`, ...rows].join('\n');
}

function isLogged(logweir: Logweir, [code, text]: Words['log']): boolean {
  return logweir.log().some((line) => line['code'] === code && text.test(JSON.stringify(line)));
}

/** Asks again within the time: a server that reads its users again accepts a few more requests with the old login. */
async function untoldByTop(logweir: Logweir, { page, action }: Words, since: number): Promise<string[]> {
  const { admin } = await logweir.waitForLog(/^starting/);
  for (;;) {
    const { stdout, stderr } = await logweirCommand(['top', '--once', '--url', String(admin)]);
    // Long lines are wrapped at 160 columns.
    const text = `${stdout.replaceAll(/\n(?! |\n)/g, ' ')}${stderr}`;
    if (withoutStart(page).test(text) && withoutStart(action).test(text)) return [];
    if (performance.now() - since > TOLD_MS) return [`top: ${text}`];
  }
}

function withoutStart({ source }: RegExp): RegExp {
  return new RegExp(source.replace(/^\^(ok|warning|blocked): /, ''));
}

/** A check whose time was too short on a busy machine is made again. */
export async function untoldByCheck(
  config: ConfigFile,
  [name, result, message]: Words['check'],
  attempts = CHECKS_MAX,
): Promise<string[]> {
  const { all, code } = await runCheck(config);
  const found = all.find((one) => one.check === name && one.result === result && message.test(one.message));
  const isTold = found !== undefined && found.remedy !== null && (result !== 'failed' || code === 1);
  if (!isTold && attempts > 1 && all.some((one) => / in time|within \d+ s$/.test(one.message)))
    return await untoldByCheck(config, [name, result, message], attempts - 1);
  const faults = all.filter((one) => one.result !== 'ok');
  return isTold ? [] : [`check (exit code ${code}): ${JSON.stringify(faults, null, 2)}`];
}
