import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { librdkafkaProperties, settingsFor } from '../../../src/config/librdkafka-properties.ts';
import { configOf } from '../support/config.ts';

/** Name and `*`, `C` or `P`, from the documentation of the installed client. */
function documented(): [string, string][] {
  const client = createRequire(import.meta.url).resolve('@confluentinc/kafka-javascript/package.json');
  const table = readFileSync(join(dirname(client), 'deps/librdkafka/CONFIGURATION.md'), 'utf8');
  return [...table.matchAll(/^([a-z][a-z0-9._]*) +\| +([*CP]) +\|.*\*Type: (?!see dedicated API)/gm)]
    .map(([, name = '', kind = '']): [string, string] => [name, kind])
    .filter(([name]) => name !== 'builtin.features');
}

describe('the table of settings', () => {
  it('matches the installed client', () => {
    const names = new Set(documented().map(([name]) => name));
    expect(names.size).toBeGreaterThan(150);
    expect(librdkafkaProperties).toEqual([...names].sort());
  });

  it('gives each kind of client the settings that it uses', () => {
    const all = Object.fromEntries(librdkafkaProperties.map((name) => [name, 1]));
    const given = (kind: string): string[] =>
      [...new Set(documented().flatMap(([name, one]) => (kind.includes(one) ? [name] : [])))].sort();
    expect(Object.keys(settingsFor('consumer', all)).sort()).toEqual(given('*C'));
    expect(Object.keys(settingsFor('producer', all)).sort()).toEqual(given('*P'));
    expect(Object.keys(settingsFor('admin', all)).sort()).toEqual(given('*'));
  });
});

describe('a setting of librdkafka', () => {
  it.each([
    ['fetch.mim.bytes', 'fetch.min.bytes'],
    ['session.timout.ms', 'session.timeout.ms'],
    ['security_protocol', 'security.protocol'],
    ['constructor', ''],
  ])('%s is unknown, and the nearest setting is named', (name, nearest) => {
    expect(() => configOf(`kafka: { librdkafka_options: { ${name}: 1 } }`)).toThrow(
      `kafka.librdkafka_options.${name}: unknown to librdkafka, did you mean ${nearest}`,
    );
  });

  it.each(['enable.auto.commit', 'auto.commit.enable', 'acks', 'request.required.acks', 'transactional.id'])(
    '%s is ours to set',
    (name) => {
      expect(() => configOf(`kafka: { librdkafka_options: { ${name}: 1 } }`)).toThrow(
        `kafka.librdkafka_options.${name}: may not set ${name}: the delivery guarantees depend on it`,
      );
    },
  );
});
