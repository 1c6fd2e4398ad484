import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

function printed(options: { config?: string; schema?: boolean }): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    printConfig(options);
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

function effective(yaml: string): string {
  const config = join(folder, 'logweir.yaml');
  writeFileSync(config, yaml);
  return printed({ config });
}

describe('the effective configuration', () => {
  it('is YAML that gives the same configuration again, defaults included, with the file it comes from', () => {
    const text = effective('kafka: { group_id: mine, topics: "a,b" }');
    expect(text.startsWith(`# ${join(folder, 'logweir.yaml')}\n`)).toBe(true);
    expect(parse(text)).toEqual(configOf('kafka: { group_id: mine, topics: [a, b] }'));
    expect(configOf(text)).toEqual(configOf('kafka: { group_id: mine, topics: [a, b] }'));
  });

  it('hides secrets, and shows everything around them', () => {
    const text = effective(`
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
transforms:
  - use: ./mine.ts
    with: { password: s3cret-with, api_key: s3cret-api, nested: [{ db_password: s3cret-nested }], field: shown-field }
`);
    expect(text).not.toContain('s3cret');
    for (const shown of [
      'shown-user',
      'shown-rack',
      'http://shown-name:(hidden)@shown-host:9200',
      'https://plain-host:9200/path',
      'shown-elastic',
      'shown-field',
    ]) {
      expect(text).toContain(shown);
    }
  });

  it.each([
    ['an API key', 'elasticsearch: { auth: { api_key: s3cret } }', 's3cret'],
    ['a password that is a number', 'kafka: { librdkafka_options: { sasl.password: 1234567 } }', '34567'],
    ['a password with an @', 'elasticsearch: { endpoints: ["http://u:12@s3cret@host:9200"] }', 's3cret'],
    ['a token for a transform', 'transforms: [{ use: x, with: { token: s3cret } }]', 's3cret'],
  ])('hides %s', (_name, yaml, secret) => {
    const text = effective(yaml);
    expect(text).not.toContain(secret);
    expect(text).toContain('(hidden)');
  });

  it('shows the names of files that hold secrets, since they are none', () => {
    const text = effective(`
kafka: { sasl: { mechanism: PLAIN, username: u, password_file: /run/sasl }, tls: { key_password_file: /run/key } }
elasticsearch: { auth: { api_key_file: /run/api } }
`);
    for (const path of ['/run/sasl', '/run/key', '/run/api']) expect(text).toContain(path);
  });

  it('hides what comes from the environment alike', () => {
    vi.stubEnv('LOGWEIR_TEST_PASSWORD', 's3cret-environment');
    try {
      const text = effective(
        'elasticsearch: { auth: { username: u, password: "${LOGWEIR_TEST_PASSWORD}" } }',
      );
      expect(text).not.toContain('s3cret');
      expect(text).toContain('(hidden)');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says that nothing is set where no secret is', () => {
    const parsed = parse(effective('')) as ReturnType<typeof configOf>;
    expect(parsed.elasticsearch.auth).toMatchObject({ password: null, api_key: null });
  });
});

describe('the JSON Schema', () => {
  interface Schema {
    properties?: Record<string, Schema>;
    additionalProperties?: unknown;
  }

  it('knows every key, and refuses others, as the configuration does', () => {
    const schema = JSON.parse(printed({ schema: true })) as Schema;
    expect(Object.keys(schema.properties ?? {}).sort()).toEqual(Object.keys(configOf()).sort());
    expect(Object.keys(schema.properties?.['kafka']?.properties ?? {}).sort()).toEqual(
      Object.keys(configOf().kafka).sort(),
    );
    expect(schema.additionalProperties).toBe(false);
  });

  it('wants no configuration file', () => {
    expect(printed({ schema: true, config: '/nowhere/logweir.yaml' })).toMatch(/^\{\n/);
  });
});
