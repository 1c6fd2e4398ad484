import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ChainEntry, targetOf, testChain } from '../../../src/transform/api/testing.ts';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { settingsOf } from './lab.ts';

const MAIN = '(main)';

/** Runs an event through the generated chain. @returns the documents by index; the main one is `(main)` */
export async function documentsOf(
  made: Migration,
  event: Record<string, unknown>,
): Promise<Record<string, Record<string, unknown>[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'logweir-graph-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of made.files) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const entries = settingsOf(made)['transforms'] as ChainEntry[];
  const run = await testChain(
    entries.filter(({ use }) => use !== 'kafka-fields'),
    folder,
  );
  const documents: Record<string, Record<string, unknown>[]> = {};
  for (const one of await run(event))
    (documents[targetOf(one) ?? MAIN] ??= []).push(Object.fromEntries(Object.entries(one)));
  return documents;
}
