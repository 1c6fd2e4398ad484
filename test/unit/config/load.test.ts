import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { LogweirError } from '../../../src/errors.ts';

const parse = (source: string, environment: Record<string, string> = {}) =>
  parseConfig(source, 'l.yaml', environment);

function problems(source: string, environment: Record<string, string> = {}): string[] {
  try {
    parse(source, environment);
  } catch (error) {
    if (!(error instanceof LogweirError)) throw error;
    expect(error.exitCode).toBe(78);
    return error.message.split('\n  ').slice(1);
  }
  throw new Error('was accepted');
}

it('an empty file gives all defaults', () => {
  const config = parse('');
  expect(config.kafka).toMatchObject({
    group_id: 'vector-aggregator',
    topics: ['app-logs'],
    commit_interval_ms: 1000,
  });
  expect(config.elasticsearch.batch).toEqual({ max_bytes: 5_000_000, max_events: 10_000, max_age_ms: 200 });
});

it('an unknown key is reported with its line and the nearest known key, and all problems at once', () => {
  expect(
    problems(
      'kafka:\n  gruop_id: x\n  commit_interval_ms: soon\nelasticserch: {}\nbuffer: { zzzzzzzzzz: 1 }\n',
    ),
  ).toEqual([
    'l.yaml:2:3 kafka.gruop_id: unknown key, did you mean kafka.group_id?',
    'l.yaml:3:3 kafka.commit_interval_ms: Invalid input: expected number, received string',
    'l.yaml:4:1 elasticserch: unknown key, did you mean elasticsearch?',
    'l.yaml:5:11 buffer.zzzzzzzzzz: unknown key; known here: max_bytes',
  ]);
});

it('an unknown key in a transform is reported with its line', () => {
  expect(problems('transforms:\n  - use: filter\n    wiht: {}\n')).toEqual([
    'l.yaml:3:5 transforms.0.wiht: unknown key, did you mean transforms.0.with?',
  ]);
});

describe('the environment', () => {
  it('is expanded inside values, as data', () => {
    const config = parse('kafka:\n  group_id: "${G}-x"\n  topics: ${T:-a,b}\n', { G: 'a: [b' });
    expect(config.kafka.group_id).toBe('a: [b-x');
    expect(config.kafka.topics).toEqual(['a', 'b']);
  });

  it('gives numbers and booleans where the schema expects them', () => {
    const config = parse(
      'kafka: { commit_interval_ms: "${C}" }\nelasticsearch: { tls: { verify: "${V:-false}" } }',
      { C: '250' },
    );
    expect(config.kafka.commit_interval_ms).toBe(250);
    expect(config.elasticsearch.tls.verify).toBe(false);
  });

  it.each([
    ['plain', 'kafka:\n  group_id: a-${NO}\n', '2:15'],
    ['in quotes', "kafka:\n  group_id: 'a-${NO}'\n", '2:16'],
    ['the second one', 'kafka:\n  group_id: $$A${A}${NO}\n', '2:20'],
    ['behind escapes, at the beginning', 'kafka:\n  group_id: "\\x24\\x24${NO}"\n', '2:13'],
    ['in a block', 'kafka:\n  group_id: |\n    a\n     ${NO}\n', '4:6'],
    ['in a list', 'kafka:\n  topics:\n    - a\n    - ${NO}\n', '4:7'],
    ['in an alias', 'kafka:\n  group_id: &x ${NO}\n  topics: *x\n', '2:16'],
    ['Windows lines', 'kafka:\r\n  group_id: ${NO}\r\n', '2:13'],
    ['not closed', 'kafka:\n  group_id: a${NO\n', '2:14'],
    ['nothing', 'kafka:\n  group_id: a${}\n', '2:14'],
  ])('each fault has its own place: %s', (_name, source, place) => {
    const [first] = problems(source, { A: 'a' });
    expect(first).toMatch(new RegExp(`^l.yaml:${place} `));
  });

  it('a setting with a fault in its variable has no second message', () => {
    expect(problems('kafka:\n  commit_interval_ms: ${NO}\n')).toHaveLength(1);
  });

  it('is not expanded in keys', () => {
    expect(problems('kafka:\n  librdkafka_options:\n    ${A}: 1\n', { A: 'client.id' })).toEqual([
      'l.yaml:3:5 variables are not expanded in a key; write the key itself',
    ]);
  });

  it('in braces or brackets needs quotes, and the message says so', () => {
    expect(problems('kafka: { group_id: ${A} }\n', { A: 'a' })[0]).toBe(
      'l.yaml:1:21 not valid YAML: between { and } or [ and ] a text with ${…} must stand in quotes',
    );
  });

  it.each([
    ['1e3', 1000],
    ['+250', 250],
    [' 250 ', 250],
  ])('%j is a number where the schema expects one', (text, number) => {
    expect(parse('kafka: { commit_interval_ms: "${C}" }', { C: text }).kafka.commit_interval_ms).toBe(number);
  });

  it.each(['abc', '0x10', '1_000', '', 'NaN', 'Infinity', '1e999', 'true', '1.5'])(
    '%j is not a number',
    (text) => {
      expect(problems('kafka:\n  commit_interval_ms: ${C}\n', { C: text })).toEqual([
        expect.stringMatching(/^l.yaml:2:3 kafka.commit_interval_ms: .*\(after expanding its variables\)$/),
      ]);
    },
  );

  it.each(['TRUE', 'True', 'true'])('%s is a boolean where the schema expects one', (text) => {
    expect(parse('kafka: { tls: { enabled: "${C}" } }', { C: text }).kafka.tls.enabled).toBe(true);
  });

  it('stays text where the schema expects text', () => {
    const { kafka } = parse('kafka: { group_id: "${C}" }', { C: '007' });
    expect(kafka.group_id).toBe('007');
  });

  it('an unset variable is an error, and an empty one takes the default', () => {
    expect(problems('kafka:\n  group_id: ${NOPE}\n')[0]).toMatch(
      /^l.yaml:2:13 the environment variable NOPE is not set/,
    );
    expect(parse('kafka: { group_id: "${E:-d}" }', { E: '' }).kafka.group_id).toBe('d');
  });
});

it.each([
  ['kafka: [1', /not valid YAML/],
  ['kafka: {}\nkafka: {}', /^l.yaml:2:1 kafka is set twice; the first is in line 1$/],
  [
    'transforms: [{ use: filter, with: { field: id, equals: 9007199254740993 } }]',
    /too large to be represented exactly; put it in quotes/,
  ],
  ['kafka: { librdkafka_options: { enable.auto.commit: true } }', /may not set enable.auto.commit/],
  ['elasticsearch: { endpoints: ["localhost:9200"] }', /each must be a URL like/],
  [
    'elasticsearch: { endpoints: ["https://elastic:p%zz@127.0.0.1:9"] }',
    /elasticsearch.endpoints: the user and password in the URL must be percent-encoded: .*password_file/,
  ],
  ['elasticsearch: { endpoints: "https://elastic:100%@h:9" }', /must be percent-encoded: write % as %25/],
  ['elasticsearch: { endpoints: "https://us%er:p@h:9" }', /must be percent-encoded/],
  [
    'elasticsearch: { endpoints: "https://elastic:p/w@h:9" }',
    /in a password write % as %25, : as %3A, \/ as %2F/,
  ],
  ['elasticsearch: { endpoints: "https://elastic:9/w@h:9" }', /must be percent-encoded/],
  ['elasticsearch: { endpoints: "https://elastic:p#w@h:9" }', /in a password write % as %25/],
  ['elasticsearch: { endpoints: "http://a:9200,b:9200" }', /each must be a URL like/],
  ['elasticsearch: { endpoints: "http://a,b" }', /each must be a URL like/],
  ['elasticsearch: { endpoints: "" }', /elasticsearch.endpoints/],
  ['elasticsearch: { endpoints: "http://a:9200,," }', /each must be a URL like/],
  ['elasticsearch: { mode: data_stream, require_alias: true }', /require_alias: needs mode: index/],
  ['dead_letter: { topic: app-logs }', /consumed again/],
  ['elasticsearch: { auth: { username: a, api_key: b } }', /not both/],
  ['elasticsearch: { index: 5 }', /elasticsearch.index: Invalid input: expected string/],
  [
    "elasticsearch:\n  index: 'app-{{x'",
    /^l.yaml:2:3 elasticsearch.index: 'app-\{\{x' has braces that are not/,
  ],
  ["elasticsearch: { index: 'App-{{x}}' }", /elasticsearch.index: .* it has the upper-case letter 'A'/],
  ["elasticsearch: { index: 'app-{{t|YYYY}}' }", /elasticsearch.index: .* known are yyyy, MM, dd, HH$/],
  [
    'elasticsearch: { mode: data_stream, data_stream: { dataset: "a b" } }',
    /elasticsearch.data_stream: 'logs-a b-default' is not a name that Elasticsearch accepts/,
  ],
  [
    "dead_letter: { topic: '{{tpic}}-dlq' }",
    /^l.yaml:1:16 dead_letter.topic: '\{\{tpic\}\}-dlq' is not a topic name/,
  ],
  [`{ kafka: { topics: [${'a'.repeat(246)}] } }`, /dead_letter.topic: 'a{246}-dlq' is not a topic name/],
  [
    "kafka: { topics: ['^a'] }\ndead_letter: { topic: '{{topic}} dlq' }",
    /dead_letter.topic: '.* dlq' is not a topic name/,
  ],
  [
    'transforms:\n  - parse-json',
    /^l.yaml:2:5 transforms.0: must name a transform under use, like \{ use: parse-json \}$/,
  ],
])('%s is rejected', (source, message) => {
  expect(problems(source).join()).toMatch(message);
});

it.each<[string, string[]]>([
  ['"http://a:9200,http://b:9200"', ['http://a:9200', 'http://b:9200']],
  ['"http://a:9200 , https://b:9200"', ['http://a:9200', 'https://b:9200']],
  ['["http://a:9200", "http://b:9200"]', ['http://a:9200', 'http://b:9200']],
  ['"https://u:p,w@a:9200,https://u:,@b:9200"', ['https://u:p,w@a:9200', 'https://u:,@b:9200']],
  ['["https://u:p,w@a:9200"]', ['https://u:p,w@a:9200']],
  ['"https://u:p%25w%2C@a:9200"', ['https://u:p%25w%2C@a:9200']],
  ['"http://[::1]:9200"', ['http://[::1]:9200']],
])('endpoints: %s', (value, expected) => {
  expect(parse(`elasticsearch: { endpoints: ${value} }`).elasticsearch.endpoints).toEqual(expected);
});

it.each([
  "elasticsearch: { mode: data_stream, index: 'App' }",
  "elasticsearch: { data_stream: { type: 'A' } }",
  "dead_letter: { to: hold, topic: 'a b' }",
  "kafka: { topics: ['^a.*'] }\ndead_letter: { topic: 'dlq.{{topic}}' }",
  "elasticsearch: { index: '{{label.team}}-{{ @timestamp | yyyy.MM.dd }}' }",
])('%s is accepted', (source) => {
  expect(() => parse(source)).not.toThrow();
});

it('the message about an endpoint never contains its password', () => {
  for (const url of ['https://u:s3cr%t@h:9', 'https://u:s3cr/t@h:9', 'ftp://u:s3cret@h:9'])
    expect(problems(`elasticsearch: { endpoints: "${url}" }`).join()).not.toContain('s3cr');
});

describe('the configuration file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'logweir-load-'));
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'utf16.yaml'), Buffer.from('\uFEFFkafka: {}', 'utf16le'));
    writeFileSync(join(folder, 'good.yaml'), '\uFEFFkafka:\r\n  group_id: mine\r\n');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function rejection(option: string | undefined, environment: Record<string, string>): string {
    try {
      loadConfig(option?.replace('DIR', folder), environment);
    } catch (error) {
      if (!(error instanceof LogweirError)) throw error;
      expect(error.exitCode).toBe(78);
      return error.message.replaceAll(folder, 'DIR');
    }
    throw new Error('was accepted');
  }

  it.each<[string, string | undefined, string | undefined, RegExp]>([
    [
      'missing',
      'DIR/gone.yaml',
      undefined,
      /^there is no configuration file at DIR\/gone\.yaml \(--config\)$/,
    ],
    [
      'missing, by the variable',
      undefined,
      'DIR/gone.yaml',
      /^there is no configuration file at DIR\/gone\.yaml \(\$LOGWEIR_CONFIG\)$/,
    ],
    ['missing, not the one of the variable', 'DIR/gone.yaml', 'DIR/good.yaml', /gone\.yaml \(--config\)$/],
    [
      'missing, not named',
      undefined,
      undefined,
      /^there is no configuration file at .*\/logweir\.yaml: create it, or name one/,
    ],
    [
      'missing, by an empty variable',
      undefined,
      '',
      /^there is no configuration file at .*\/logweir\.yaml: create it, or name one/,
    ],
    ['of no name', '', 'DIR/good.yaml', /^--config is empty; give a path/],
    [
      'a folder',
      'DIR/sub',
      undefined,
      /^the configuration DIR\/sub \(--config\) is a folder: name the file in it$/,
    ],
    [
      'a folder, by the variable',
      undefined,
      'DIR/sub',
      /^the configuration DIR\/sub \(\$LOGWEIR_CONFIG\) is a folder/,
    ],
    [
      'below a file',
      'DIR/good.yaml/x',
      undefined,
      /^cannot read the configuration DIR\/good\.yaml\/x \(--config\): /,
    ],
    [
      'without an end',
      '/dev/zero',
      undefined,
      /^cannot read the configuration \/dev\/zero \(--config\): it is longer than 1048576 bytes$/,
    ],
    ['not UTF-8', 'DIR/utf16.yaml', undefined, /utf16\.yaml \(--config\) is not UTF-8: save it as UTF-8$/],
  ])('%s gives one sentence', (_name, option, variable, message) => {
    const environment = variable === undefined ? {} : { LOGWEIR_CONFIG: variable.replace('DIR', folder) };
    expect(rejection(option, environment)).toMatch(message);
  });

  it('may have Windows line ends and a byte order mark', () => {
    const { config, path, directory } = loadConfig(join(folder, 'good.yaml'), {});
    expect(config.kafka.group_id).toBe('mine');
    expect({ path, directory }).toEqual({ path: join(folder, 'good.yaml'), directory: folder });
  });
});

it('a conflict of several settings is reported at the first of them', () => {
  expect(problems('log: {}\nelasticsearch:\n  auth: { username: a, api_key: b }\n')).toEqual([
    'l.yaml:3:3 elasticsearch.auth: give either username and password or an API key, not both',
  ]);
});

it('a port above 65535 is rejected', () => {
  expect(problems('admin: { listen: "127.0.0.1:99999" }').join()).toContain(
    'admin.listen: the port is above 65535',
  );
});
