import { expect } from 'vitest';
import { runCheck } from './check.ts';
import { logweirCommand } from './command.ts';
import type { ConfigFile, Logweir } from './logweir.ts';

/** The time in which a fault is told, from its injection. */
export const TOLD_MS = 10_000;

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

/** Waits until page, metrics and log name the fault; then asks `top` and `check`. */
export async function expectTold(
  logweir: Logweir,
  config: ConfigFile,
  words: Words,
  since: number,
  withinMs = TOLD_MS,
): Promise<void> {
  let missing: string[] = [];
  const isTold = async (): Promise<boolean> => {
    const [page, { body }] = await Promise.all([pageText(logweir), logweir.get('/metrics')]);
    missing = [
      ...(words.page.test(page) && words.action.test(page) ? [] : [`page: ${page}`]),
      ...words.metrics.filter((one) => !one.test(body)).map((one) => `metrics: no ${String(one)}`),
      ...(isLogged(logweir, words.log) ? [] : [`log: no ${words.log[0]}`]),
    ];
    return missing.length === 0;
  };
  for (let isAll = false; !isAll;) {
    isAll = await isTold();
    if (!isAll && performance.now() - since > withinMs)
      throw new Error(
        `not told within ${withinMs} ms:\n${missing.join('\n')}\n${logweir.output.slice(-3000)}`,
      );
  }
  await Promise.all([expectTop(logweir, words), expectCheck(config, words)]);
}

/** One line each: the sentence, the action, and the rows of all tables that the page shows. */
export async function pageText(logweir: Logweir): Promise<string> {
  const { admin } = await logweir.waitForLog(/^starting/);
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), TOLD_MS);
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

async function expectTop(logweir: Logweir, { page, action }: Words): Promise<void> {
  const { admin } = await logweir.waitForLog(/^starting/);
  const { stdout, stderr } = await logweirCommand(['top', '--once', '--url', String(admin)]);
  // Long lines are wrapped or cut at 160 columns.
  const text = stdout.replaceAll(/\n(?! |\n)/g, ' ');
  expect(text + stderr).toMatch(withoutStart(page));
  expect(text + stderr).toMatch(withoutStart(action));
}

function withoutStart({ source }: RegExp): RegExp {
  return new RegExp(source.replace(/^\^(ok|warning|blocked): /, ''));
}

async function expectCheck(config: ConfigFile, { check: [name, result, message] }: Words): Promise<void> {
  const { all, code } = await runCheck(config);
  const found = all.filter((one) => one.check === name && one.result === result && message.test(one.message));
  const told = all
    .filter((one) => one.result !== 'ok')
    .map((one) => `${one.result} ${one.check}: ${one.message}`);
  expect(found, `check says: ${told.join('\n')}`).not.toEqual([]);
  expect(found[0]?.remedy, name).toMatch(/\w/);
  if (result === 'failed') expect(code).toBe(1);
}
