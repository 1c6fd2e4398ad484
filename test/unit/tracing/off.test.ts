/** A process of its own, where nothing else has loaded the SDK. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const source = (path: string): string => new URL(`../../../src/${path}`, import.meta.url).href;
const directory = mkdtempSync(join(tmpdir(), 'logweir-off-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Creates an aggregator. @returns the packages of OpenTelemetry that were loaded, but for the client's own */
function loadedBy(yaml: string): string[] {
  const config = join(directory, 'logweir.yaml');
  const program = join(directory, 'program.mjs');
  writeFileSync(config, yaml);
  writeFileSync(
    program,
    `import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      load(url, context, next) {
        const [, name] = /@opentelemetry\\/([^/]+)/.exec(url) ?? [];
        if (name !== undefined) loaded.add(name);
        return next(url, context);
      },
    });
    const { Aggregator } = await import(${JSON.stringify(source('aggregator.ts'))});
    const { loadConfig } = await import(${JSON.stringify(source('config/load.ts'))});
    const { createLog } = await import(${JSON.stringify(source('log.ts'))});
    const loadedConfig = loadConfig(${JSON.stringify(config)});
    await Aggregator.create(loadedConfig, createLog({ level: 'silent' }));
    process.stdout.write(JSON.stringify([...loaded]), () => process.exit(0));`,
  );
  const names = JSON.parse(execFileSync(process.execPath, [program]).toString()) as string[];
  // The client of Elasticsearch imports these itself.
  return names.filter((name) => !['api', 'core', 'semantic-conventions'].includes(name)).toSorted();
}

const BASE = 'kafka: { topics: [app-logs] }\n';

it('without an endpoint the SDK is not loaded', () => {
  expect(loadedBy(BASE)).toEqual([]);
  // What the check above would see.
  const on = loadedBy(`${BASE}tracing: { endpoint: 'http://127.0.0.1:9' }`);
  expect(on).toEqual(expect.arrayContaining(['exporter-trace-otlp-http', 'resources', 'sdk-trace']));
});
