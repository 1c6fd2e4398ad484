import { describe, expect, it } from 'vitest';
import { compileGrok } from '../../../../transforms/lib/grok/grok.ts';
import { ecsGrokPatterns, grokFamilies, grokPatterns } from '../../../../transforms/lib/grok/patterns.ts';

const match = (expression: string, text: string, own?: Record<string, string>): unknown =>
  compileGrok(expression, own).match(text);

describe('addresses', () => {
  it.each([
    ['198.51.100.4', '198.51.100.4'],
    ['at 08:26:44 from 203.0.113.7', '203.0.113.7'],
    ['mac 00:1b:63:84:45:e6 ip 203.0.113.7', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1 up', '2001:db8:0:1:1:1:1:1'],
    ['from ::1 port 22', '::1'],
    ['fe80::1ff:fe23:4567:890a%eth2 up', 'fe80::1ff:fe23:4567:890a%eth2'],
    ['::ffff:192.0.2.128', '::ffff:192.0.2.128'],
    ['64:ff9b::192.0.2.33', '64:ff9b::192.0.2.33'],
    ['1:2:3:4:5:6:198.51.100.4', '1:2:3:4:5:6:198.51.100.4'],
    ['net 2001:db8:: is ours', '2001:db8::'],
  ])('%s contains %s', (text, address) => {
    expect(match('%{IP:ip}', text)).toEqual({ ip: address });
  });

  it.each([
    '10:20:30',
    '2026-11-22 08:26:44,123',
    '00:1b:63:84:45:e6',
    'a:b',
    'std::map<int>',
    'build 300.10.20.30',
    '1.2.3',
    '256.1.1.1',
    'key: value',
    '12:30',
  ])('%s contains none', (text) => {
    expect(match('%{IP:ip}', text)).toBeUndefined();
  });

  it.each([':::::', '10:20:30', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', '::1%', '1.2.3.4.5'])(
    '%s is not an address',
    (text) => {
      expect(match('^%{IP:ip}$', text)).toBeUndefined();
    },
  );
});

describe('fields', () => {
  it.each<[string, string, unknown]>([
    [
      '%{IP:[source][ip]} %{NUMBER:[http][bytes]:int}',
      '203.0.113.7 5316',
      { source: { ip: '203.0.113.7' }, http: { bytes: 5316 } },
    ],
    ['%{WORD:[a][b]} %{WORD:[a][c]}', 'x y', { a: { b: 'x', c: 'y' } }],
    ['%{WORD:[a]} %{WORD:[a][b]}', 'x y', { a: { '': 'x', b: 'y' } }],
    ['%{WORD:a.b}', 'x', { 'a.b': 'x' }],
    ['%{WORD:@x-y}', 'x', { '@x-y': 'x' }],
    ['%{WORD:[__proto__][x]}', 'y', JSON.parse('{"__proto__":{"x":"y"}}')],
    ['%{WORD:w} %{WORD:w}', 'x y', { w: ['x', 'y'] }],
    ['(?:%{INT:n:int}|%{WORD:n})', 'abc', { n: 'abc' }],
    [
      '(?<queue>[0-9A-F]{8,12}): %{GREEDYDATA:rest}',
      '4F2A90C1D3: sent',
      { queue: '4F2A90C1D3', rest: 'sent' },
    ],
    ["(?'queue'[0-9A-F]+)-(?P<n>\\d+)", 'AB-7', { queue: 'AB', n: '7' }],
    ['(?<[mail][queue]>\\w+)', 'x1', { mail: { queue: 'x1' } }],
    ['%{DATA:a},%{WORD:b}', ',x', { b: 'x' }],
    ['%{NUMBER:n:long}', '12', { n: 12 }],
    ['%{NUMBER:n:int}', '42.7', { n: 42 }],
    ['%{NUMBER:n:int}', '-42.7', { n: -42 }],
    ['%{INT:n:int}', '9007199254740993', { n: 9007199254740993n }],
    ['%{NUMBER:n:double}', '1.5', { n: 1.5 }],
    [
      '%{WORD:ok:boolean} %{WORD:no:boolean} %{WORD:so:boolean}',
      'TRUE false maybe',
      { ok: true, no: false, so: 'maybe' },
    ],
    ['%{WORD:n:int}', 'many', { n: 'many' }],
    ['%{NUMBER:n:string}', '7', { n: '7' }],
  ])('%s of %s', (expression, text, fields) => {
    expect(match(expression, text)).toEqual(fields);
  });
});

describe("the syntax of Logstash's engine", () => {
  it.each<[string, string, unknown]>([
    ['(?m)%{WORD:a} %{GREEDYDATA:m}', 'x one\ntwo', { a: 'x', m: 'one\ntwo' }],
    ['%{WORD:a} %{GREEDYDATA:m}', 'x one\ntwo', { a: 'x', m: 'one' }],
    ['^b %{WORD:w}', 'a\nb c', { w: 'c' }],
    ['name=%{WORD:n}', 'name=Jörg', { n: 'Jörg' }],
    ['(?<x>\\h+)-', '0aF-', { x: '0aF' }],
    ['(?<x>[\\h:]+)-', '0a:F-', { x: '0a:F' }],
    ['(?<x>(?>\\d\\d){1,2})', '2026', { x: '2026' }],
    ['(?<x>\\d++)ms', '12ms', { x: '12' }],
    ['(?<x>[[:alpha:]]+)', '12ab', { x: 'ab' }],
    ['(?<x>[[a-c]_]+)', '_ab', { x: '_ab' }],
    ['(?<x>[]a]+)', 'x]a', { x: ']a' }],
    ['(?i)error (?<x>\\w+)', 'ERROR x', { x: 'x' }],
    ['(?#a note)(?<x>a)', 'a', { x: 'a' }],
    ['100%(?<x>!)', '100%!', { x: '!' }],
    ['\\(%{WORD:x}\\)', '(y)', { x: 'y' }],
    ['\\[%{WORD:x}\\]', '[y]', { x: 'y' }],
    ['(?<!-)(?<x>\\d+)', '-1 2', { x: '2' }],
    ['(?<=#)(?<x>\\w+)', 'a #b', { x: 'b' }],
    ['(?<!un)(?<x>set)', 'unset preset', { x: 'set' }],
  ])('%s of %j', (expression, text, fields) => {
    expect(match(expression, text)).toEqual(fields);
  });

  it.each([
    ['%{NUMBER:n:integer}', /'integer' is not a type .* known are int, long, float, double, boolean, string/],
    ['%{NOPE:x}', /no grok pattern NOPE/],
    ['%{constructor}', /no grok pattern constructor/],
    ['%{WORD:a b}', /at character 1 of the grok expression .*: a reference other than/],
    ['x %{WORD', /at character 3/],
    ['%{WORD:[a][b}', /a reference other than/],
    ['%{}', /a reference other than/],
    ['(?=a)', /at character 1 .*: a lookahead, which an engine with linear time/],
    ['b(?!a)', /a lookahead/],
    ['(?<!(?<x>a))b', /is not a pattern/],
    ['(?<a b>c)', /an unknown kind of group/],
    ['[a', /a class that is not closed/],
    ['[a&&[b]]', /an intersection of classes/],
    ['(?x)a b', /the flag x/],
    ['(a', /is not a pattern/],
  ])('%s is rejected with the position and the reason', (expression, message) => {
    expect(() => compileGrok(expression)).toThrow(message);
  });

  it('a pattern that refers to itself is rejected', () => {
    expect(() => compileGrok('%{A}', { A: 'x%{B}', B: '%{A}' })).toThrow('refers to itself');
  });

  it('a pattern of the user takes precedence over a known one', () => {
    expect(match('%{WORD:w}', 'ab', { WORD: 'a' })).toEqual({ w: 'a' });
  });
});

describe('a number or a word does not match inside another one', () => {
  it.each<[string, string, unknown]>([
    ['took%{NUMBER:n}ms', 'took12.5ms', { n: '12.5' }],
    ['v%{NUMBER:n}', 'v12', { n: '12' }],
    ['.*%{NUMBER:n}', 'took 123', { n: '123' }],
    ['.*%{NUMBER:n}', 'took 1.23', { n: '1.23' }],
    ['.*%{WORD:w}', 'the last word', { w: 'word' }],
    ['.*%{WORD:w}', 'das letzte über', { w: 'über' }],
    ['.*%{BASE16NUM:x}', 'at 1F2', { x: '1F2' }],
    ['%{NUMBER:n} x', '1.2.3 x', undefined],
    ['^%{NUMBER:n}', '-5', { n: '-5' }],
    ['^%{NUMBER:n}', 'a\n5', { n: '5' }],
    ['-%{NUMBER:n}', 'a-5', undefined],
    ['-?%{NUMBER:n}', 'a-5', { n: '-5' }],
    ['(?:%{NUMBER:n}|x) y', '--5 y x y', {}],
    ['(?:%{NUMBER:n})? y', '--5 y', {}],
    ['(?:%{NUMBER:n}|-)', '+-5', {}],
    ['%{NUMBER:n}|%{WORD:w}', '..5', { w: '5' }],
    ['%{QUOTEDSTRING:q}', String.raw`\"a" "b"`, { q: '" "' }],
  ])('%s of %j', (expression, text, fields) => {
    expect(match(expression, text)).toEqual(fields);
  });
});

describe('known patterns', () => {
  it('are those of both sets of Logstash', () => {
    expect(Object.keys(grokPatterns)).toHaveLength(317);
    expect(Object.keys(ecsGrokPatterns)).toHaveLength(361);
  });

  it('have one meaning each', () => {
    for (const set of [0, 1] as const) {
      const names = Object.values(grokFamilies).flatMap((family) => Object.keys(family[set]));
      expect(names).toHaveLength(new Set(names).size);
    }
  });

  it.each(Object.keys(grokPatterns))('%s compiles', (name) => {
    expect(() => compileGrok(`%{${name}}`)).not.toThrow();
  });

  it.each(Object.keys(ecsGrokPatterns))('%s of the set for ECS compiles', (name) => {
    expect(() => compileGrok(`%{${name}}`, {}, ecsGrokPatterns)).not.toThrow();
  });

  it.each<[string, string, string | undefined]>([
    ['TIME', 'at 23:59:60 end', '23:59:60'],
    ['TIME', '08:26', '08:26'],
    ['HTTPDATE', '03/Okt/2026:08:00:00 +0200', '03/Okt/2026:08:00:00 +0200'],
    ['HTTPDATE', '22/Nov/2026:08:26:41 +0000', '22/Nov/2026:08:26:41 +0000'],
    ['DAY', 'Monitor', undefined],
    ['DAY', 'Wednesday', 'Wednesday'],
    ['MONTH', '3. März', 'März'],
    ['MONTH', 'Marching', undefined],
    ['MAC', '00:1b:63:84:45:e6', '00:1b:63:84:45:e6'],
    ['MAC', '001b.6384.45e6', '001b.6384.45e6'],
    ['TZ', 'EST', 'EST'],
    ['DATE_EU', '22.11.2026', '22.11.2026'],
    ['DATESTAMP', '11/22/2026-08:26:44.123', '11/22/2026-08:26:44.123'],
    ['WINPATH', 'C:\\logs\\a.log', 'C:\\logs\\a.log'],
    ['JAVACLASS', 'shop.Cart$Item', 'shop.Cart$Item'],
    ['LOGLEVEL', 'the user said ERROR', 'ERROR'],
    ['POSINT', 'v12', undefined],
    ['POSINT', 'port 22', '22'],
    ['QUOTEDSTRING', 'say "a \\" b" now', '"a \\" b"'],
    ['IPORHOST', 'db:5432', 'db'],
    ['IPORHOST', '5432', undefined],
    ['HOSTPORT', 'db-1.example:5432', 'db-1.example:5432'],
    ['UUID', 'id 123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
    ['TIMESTAMP_ISO8601', '2026-11-22T08:26:44.123+01:00', '2026-11-22T08:26:44.123+01:00'],
    ['SYSLOGTIMESTAMP', 'Nov 22 08:26:44', 'Nov 22 08:26:44'],
    ['EMAILADDRESS', 'to ada@example.com now', 'ada@example.com'],
  ])('%s in %j', (name, text, found) => {
    expect(match(`%{${name}:x}`, text)).toEqual(
      found === undefined ? undefined : expect.objectContaining({ x: found }),
    );
  });

  it('a line of an access log is parsed into its fields', () => {
    const line =
      '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0000] "GET /cart?x=1 HTTP/1.1" - 5316 "-" "curl/8"';
    expect(match('%{HTTPD_COMBINEDLOG}', line)).toEqual({
      clientip: '203.0.113.7',
      ident: '-',
      auth: 'ada',
      timestamp: '22/Nov/2026:08:26:41 +0000',
      verb: 'GET',
      request: '/cart?x=1',
      httpversion: '1.1',
      bytes: '5316',
      referrer: '"-"',
      agent: '"curl/8"',
    });
  });
});
