import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { printConfig } from '../../../src/commands/config.ts';
import { configOf } from '../support/config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function printed(options: { config?: string; schema?: boolean }): Promise<string> {
  const output = new PassThrough();
  await printConfig(options, output);
  output.end();
  return await text(output);
}

async function effective(yaml: string): Promise<string> {
  const config = join(folder, 'logweir.yaml');
  writeFileSync(config, yaml);
  return await printed({ config });
}

describe('the effective configuration', () => {
  it('is YAML that loads to the same configuration, with all defaults and the name of the file', async () => {
    const shown = await effective('kafka: { group_id: mine, topics: "a,b" }');
    expect(shown.startsWith(`# ${join(folder, 'logweir.yaml')}\n`)).toBe(true);
    expect(parse(shown)).toEqual(configOf('kafka: { group_id: mine, topics: [a, b] }'));
    expect(configOf(shown)).toEqual(configOf('kafka: { group_id: mine, topics: [a, b] }'));
  });

  it('hides secrets and shows all other values', async () => {
    const shown = await effective(`
kafka:
  sasl: { mechanism: PLAIN, username: shown-user, password: s3cret-sasl }
  librdkafka_options:
    ssl.key.password: s3cret-key
    ssl.key.pem: s3cret-pem
    sasl.oauthbearer.client.secret: s3cret-client
    sasl.oauthbearer.config: s3cret-config
    client.rack: shown-rack
elasticsearch:
  endpoints: ["http://shown-name:s3cret-url@shown-host:9200", "https://plain-host:9200/path"]
  auth: { username: shown-elastic, password: s3cret-elastic }
`);
    expect(shown).not.toContain('s3cret');
    for (const part of [
      'shown-user',
      'shown-rack',
      'http://shown-name:(hidden)@shown-host:9200',
      'https://plain-host:9200/path',
      'shown-elastic',
    ]) {
      expect(shown).toContain(part);
    }
  });

  it.each([
    ['an API key', 'elasticsearch: { auth: { api_key: s3cret } }', 's3cret'],
    ['a password that is a number', 'kafka: { librdkafka_options: { sasl.password: 1234567 } }', '34567'],
    ['a password with an @', 'elasticsearch: { endpoints: ["http://u:12@s3cret@host:9200"] }', 's3cret'],
  ])('hides %s', async (_name, yaml, secret) => {
    const shown = await effective(yaml);
    expect(shown).not.toContain(secret);
    expect(shown).toContain('(hidden)');
  });

  it('shows the paths of files with secrets', async () => {
    const shown = await effective(`
kafka: { sasl: { mechanism: PLAIN, username: u, password_file: /run/sasl }, tls: { key_password_file: /run/key } }
elasticsearch: { auth: { api_key_file: /run/api } }
`);
    for (const path of ['/run/sasl', '/run/key', '/run/api']) expect(shown).toContain(path);
  });

  it('hides secrets from the environment too', async () => {
    vi.stubEnv('LOGWEIR_TEST_PASSWORD', 's3cret-environment');
    try {
      const shown = await effective(
        'elasticsearch: { auth: { username: u, password: "${LOGWEIR_TEST_PASSWORD}" } }',
      );
      expect(shown).not.toContain('s3cret');
      expect(shown).toContain('(hidden)');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('reports where $$ was read as a dollar sign', async () => {
    const shown = await effective('kafka:\n  group_id: pa$$word\nelasticsearch:\n  index: a$\n');
    expect(shown).toContain('# line 2, kafka.group_id: $$ was read as one $; for two write $$$$\n');
    expect(parse(shown)).toMatchObject({ kafka: { group_id: 'pa$word' }, elasticsearch: { index: 'a$' } });
    expect(shown.match(/^#/gm)).toHaveLength(2);
  });

  it('shows null for a secret that is not set', async () => {
    const parsed = parse(await effective('')) as ReturnType<typeof configOf>;
    expect(parsed.elasticsearch.auth).toMatchObject({ password: null, api_key: null });
  });
});

describe('the JSON Schema', () => {
  interface Schema {
    properties?: Record<string, Schema>;
    additionalProperties?: unknown;
  }

  it('has every key and rejects others, as the configuration does', async () => {
    const schema = JSON.parse(await printed({ schema: true })) as Schema;
    expect(Object.keys(schema.properties ?? {}).sort()).toEqual(Object.keys(configOf()).sort());
    expect(Object.keys(schema.properties?.['kafka']?.properties ?? {}).sort()).toEqual(
      Object.keys(configOf().kafka).sort(),
    );
    expect(schema.additionalProperties).toBe(false);
  });

  it('needs no configuration file', async () => {
    expect(await printed({ schema: true, config: '/nowhere/logweir.yaml' })).toMatch(/^\{\n/);
  });
});
