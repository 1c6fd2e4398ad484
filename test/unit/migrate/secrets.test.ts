import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said, settingsOf } from './lab.ts';

function migrate({ source = '', sink = '', program = '.a = 1' }): Migration {
  return migratedText(
    [
      'secret: { vault: { type: exec, command: [x] }, files: { type: directory, path: /run/secrets/ } }',
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json},",
      `    ${source} } }`,
      `transforms: { t: { type: remap, inputs: [k], source: '${program}' } }`,
      'sinks: { es: { type: elasticsearch, inputs: [t], endpoints: [http://es:9200], bulk: {index: a},',
      `    ${sink} } }`,
    ].join('\n'),
  );
}

const all = ({ files }: Migration): string => [...files.values()].join('\n');

describe('a secret', () => {
  it('is a variable in each setting that no file can have, and to do', () => {
    const made = migrate({
      source:
        "sasl: {enabled: true, username: 'SECRET[vault.user]', password: 'SECRET[vault.kafka]'}, " +
        "librdkafka_options: {ssl.key.password: 'SECRET[files.key]', client.id: 'a-SECRET[vault.id]'}",
      sink: "auth: {strategy: basic, user: 'SECRET[vault.es]', password: x}, query: {apikey: 'SECRET[vault.api]'}",
      program: '.token = "SECRET[vault.token]"',
    });
    expect(settingsOf(made)).toMatchObject({
      kafka: {
        sasl: { username: '${VAULT_USER}', password: '${VAULT_KAFKA}' },
        librdkafka_options: { 'ssl.key.password': '${FILES_KEY}', 'client.id': 'a-${VAULT_ID}' },
      },
      elasticsearch: { auth: { username: '${VAULT_ES}' }, query: { apikey: '${VAULT_API}' } },
    });
    expect([...made.files].filter(([, text]) => text.includes('SECRET['))).toEqual([]);
    const todo = said(made, 'todo').join('\n');
    for (const name of ['user', 'kafka', 'id', 'es', 'api', 'token'])
      expect(todo).toContain(
        `the secret \`vault.${name}\` (exec): set the variable VAULT_${name.toUpperCase()}.`,
      );
    expect(todo).toContain('set the variable FILES_KEY to the content of /run/secrets/key.');
  });

  it('is a file where Logweir reads one', () => {
    const made = migrate({ sink: "auth: {strategy: basic, user: u, password: 'SECRET[files.es]'}" });
    expect(settingsOf(made)).toMatchObject({
      elasticsearch: { auth: { password_file: '/run/secrets/es' } },
    });
    expect(said(made, 'todo')).toEqual([]);
  });

  it('in the options of librdkafka is named where it stands in the file', () => {
    const plain = migrate({ source: 'librdkafka_options: {sasl.password: hunter2, ssl.key.password: x}' });
    const check = said(plain, 'check').join('\n');
    expect(check).toContain(
      '`kafka.librdkafka_options.sasl.password` stands in the file as before: better `password_file`',
    );
    expect(check).toContain('better `key_password_file`');
    expect(check).not.toContain('hunter2');
    expect(all(migrate({ source: "librdkafka_options: {sasl.password: '${P}'}" }))).not.toContain(
      'stands in',
    );
  });
});

describe('a login', () => {
  const sasl = (fields: string): Migration => migrate({ source: `sasl: {${fields}}` });
  it('is off unless `enabled` is true, as in Vector', () => {
    const made = sasl('mechanism: PLAIN, username: u, password: p');
    expect(settingsOf(made)['kafka']).not.toHaveProperty('sasl');
    expect(said(made, 'check').join('\n')).toContain('in Vector it is off unless `sasl.enabled` is true');
    expect(settingsOf(sasl('enabled: true, username: u'))['kafka']).toHaveProperty('sasl.username', 'u');
  });

  it('that a variable enables is to do', () => {
    const made = sasl("enabled: '${SASL}', username: u");
    expect(said(made, 'todo').join('\n')).toContain('`sasl.enabled: ${SASL}`: Logweir logs in where');
  });
});

it('an option of librdkafka that is named like a method of objects is unknown', () => {
  const made = migrate({ source: 'librdkafka_options: {constructor: 1, toString: 2}' });
  expect(said(made, 'todo').join('\n')).toContain(
    '`librdkafka_options.constructor`: librdkafka does not know it',
  );
  expect(all(made)).not.toContain('native code');
  const other = migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a] } }",
      'transforms: { t: { type: constructor, inputs: [k] } }',
      'sinks: { es: { type: elasticsearch, inputs: [t], endpoints: [http://es:9200], bulk: {index: a} } }',
    ].join('\n'),
  );
  expect(all(other)).not.toContain('native code');
  expect(said(other, 'todo').join('\n')).toContain('a transform of type constructor is not translated');
});
