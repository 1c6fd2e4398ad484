import { describe, expect, it, vi } from 'vitest';
import { eventTime } from '../../../src/elasticsearch/event-time.ts';
import { compileIndexName } from '../../../src/elasticsearch/index-name.ts';
import { LogweirError } from '../../../src/errors.ts';
import { RECORD_TIME } from '../support/fakes.ts';

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };
const RECORD_DAY = '2026.01.02';

function nameOf(template: string, event: Record<string, unknown> = {}, timestamp = RECORD_TIME): string {
  return compileIndexName(template).name(event, timestamp);
}

describe('a template without placeholders', () => {
  it('is the name, and needs no event', () => {
    const { name, needsEvent } = compileIndexName('app-logs_2.x');
    expect(needsEvent).toBe(false);
    expect(name(undefined, RECORD_TIME)).toBe('app-logs_2.x');
  });
});

it('a template with a placeholder needs the event', () => {
  expect(compileIndexName('logs-{{service}}').needsEvent).toBe(true);
  expect(compileIndexName('logs-{{@timestamp|yyyy}}').needsEvent).toBe(true);
});

describe('a date', () => {
  it.each<[string, string, unknown]>([
    ['ISO 8601', '2025.12.31', '2025-12-31T23:59:59.999Z'],
    ['another zone, converted to UTC', '2025.12.31', '2026-01-01T01:30:00+02:00'],
    ['a zone west of UTC', '2026.01.01', '2025-12-31T22:30:00-02:00'],
    ['more digits than milliseconds', '2025.12.31', '2025-12-31T23:59:59.999999999Z'],
    ['a day alone', '2025.12.31', '2025-12-31'],
    ['milliseconds', '2025.12.31', Date.UTC(2025, 11, 31, 23, 59)],
    ['seconds', '2025.12.31', Date.UTC(2025, 11, 31, 23, 59) / 1000],
    ['seconds with a fraction', '2025.12.31', Date.UTC(2025, 11, 31, 23, 59) / 1000 + 0.25],
    ['the last number of seconds', '5138.11.16', 99_999_999_999],
    ['the first number of milliseconds', '1973.03.03', 100_000_000_000],
    ['the epoch', '1970.01.01', 0],
    ['a space for the T', '2025.12.31', '2025-12-31 23:59:59.999Z'],
    ['no seconds', '2025.12.31', '2025-12-31T23:59Z'],
    ['a comma before the fraction', '2025.12.31', '2025-12-31T23:59:59,999Z'],
    ['lower case', '2025.12.31', '2025-12-31t23:59:59z'],
    ['a zone without a colon', '2025.12.31', '2026-01-01T01:30:00+0200'],
    ['a zone in hours', '2025.12.31', '2026-01-01T01:30:00+02'],
    ['a year alone', '2025.01.01', '2025'],
    ['a year and a month', '2025.12.01', '2025-12'],
    ['an hour alone', '2025.12.31', '2026-01-01T01+02'],
    ['digits as text', '2025.12.31', String(Date.UTC(2025, 11, 31, 23, 59))],
    ['seconds as text', '2025.12.31', String(Date.UTC(2025, 11, 31, 23, 59) / 1000)],
    ['microseconds', '2025.12.31', Date.UTC(2025, 11, 31, 23, 59) * 1000],
    ['nanoseconds as BigInt', '2025.12.31', BigInt(Date.UTC(2025, 11, 31, 23, 59)) * 1_000_000n],
    ['seconds with more digits than a double has', '2025.12.31', rawJSON('1767225599.12345678901234567890')],
    ['a Date', '2025.12.31', new Date(Date.UTC(2025, 11, 31, 23, 59))],
    ['before 1970', '1969.12.31', '1969-12-31T23:59:59Z'],
    ['before 1970 in milliseconds', '1969.12.31', -1],
    ['the last millisecond of 9999', '9999.12.31', 253_402_300_799_999],
    ['the first number of microseconds', '1978.01.11', 253_402_300_800_000],
    ['the first millisecond of the year 0', '0000.01.01', -62_167_219_200_000],
  ])('comes from @timestamp in UTC: %s', (_name, day, timestamp) => {
    expect(nameOf('logs-{{@timestamp|yyyy.MM.dd}}', { '@timestamp': timestamp })).toBe(`logs-${day}`);
  });

  it('is in UTC without a zone, whatever the zone of the machine', () => {
    vi.stubEnv('TZ', 'America/New_York');
    try {
      expect(new Date(0).getTimezoneOffset()).toBe(300);
      for (const timestamp of ['2026-01-01 23:30:00', '2026-01-01T23:30:00', '2026-01-01']) {
        expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', { '@timestamp': timestamp })).toBe('l-2026.01.01');
      }
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('supports years, months, days, hours and quoted text', () => {
    const event = { '@timestamp': '2025-03-04T05:06:07Z' };
    expect(nameOf("{{@timestamp|yyyy-MM-dd.HH}}-{{ @timestamp | 'w'yyyy'x' }}", event)).toBe(
      '2025-03-04.05-w2025x',
    );
  });

  it('comes from any field of the template, nested or with dots in its name', () => {
    expect(nameOf('l-{{log.time|yyyy}}', { log: { time: '2019-01-01T00:00:00Z' } })).toBe('l-2019');
    expect(nameOf('l-{{log.time|yyyy}}', { 'log.time': '2018-01-01T00:00:00Z' })).toBe('l-2018');
  });

  it('comes from `timestamp`, as Vector writes it, if @timestamp is missing or null', () => {
    const timestamp = '2024-05-06T07:08:09Z';
    expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', { timestamp })).toBe('l-2024.05.06');
    expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', { timestamp, '@timestamp': null })).toBe('l-2024.05.06');
    expect(nameOf('l-{{@timestamp|yyyy}}', { timestamp, '@timestamp': '2020-01-01T00:00:00Z' })).toBe(
      'l-2020',
    );
  });

  it('does not come from `timestamp` if the template names another field', () => {
    expect(nameOf('l-{{time|yyyy.MM.dd}}', { timestamp: '2024-05-06T07:08:09Z' })).toBe(`l-${RECORD_DAY}`);
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['text that is no date', 'yesterday'],
    ['text that a lenient parser accepts as a date', 'request 12'],
    ['a date with slashes', '12/31/2025'],
    ['a date of RFC 2822', 'Wed, 31 Dec 2025 23:59:59 GMT'],
    ['text around a date', 'at 2025-12-31T23:59:59Z'],
    ['empty text', ''],
    ['an impossible date', '2025-13-45T99:00:00Z'],
    ['a boolean', true],
    ['an object', { iso: '2020-01-01' }],
    ['a list', ['2020-01-01']],
    ['NaN', Number.NaN],
    ['a number beyond the range of dates', 1e300],
    ['a BigInt beyond the year 9999 in nanoseconds', 10n ** 21n],
    ['a number of a thousand digits', rawJSON('1'.repeat(1000))],
    ['a text of a million digits', '1'.repeat(1_000_000)],
    ['a day that does not exist', '2025-02-30'],
    ['a zone that does not exist', '2025-12-31T00:00:00+19:00'],
    ['the year 10000', '+10000-01-01T00:00:00Z'],
    ['before the year 0', '-0001-12-31T23:59:59Z'],
    ['an ISO week', '2025-W47-6T08:26:40Z'],
  ])("is the record's if the event's is invalid: %s", (_name, timestamp) => {
    expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', { '@timestamp': timestamp })).toBe(`l-${RECORD_DAY}`);
  });

  it('is 1970 if the record has no time either, never the wall clock', () => {
    expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', {}, -1)).toBe('l-1970.01.01');
  });

  it("is the end of 9999 if the record's time is beyond the range of dates", () => {
    expect(nameOf('l-{{@timestamp|yyyy.MM.dd}}', {}, 9e15)).toBe('l-9999.12.31');
  });
});

it('a date changes at midnight, in both directions', () => {
  const { name } = compileIndexName('l-{{@timestamp|yyyy.MM.dd.HH}}');
  const at = (iso: string): string => name({ '@timestamp': iso }, RECORD_TIME);
  expect(at('2025-11-22T23:59:59.999Z')).toBe('l-2025.11.22.23');
  expect(at('2025-11-23T00:00:00Z')).toBe('l-2025.11.23.00');
  expect(at('2025-11-22T23:59:59.999Z')).toBe('l-2025.11.22.23');
  expect(at('1969-12-31T23:59:59.999Z')).toBe('l-1969.12.31.23');
});

describe('eventTime', () => {
  it('parses a usual date like any other', () => {
    const dates = [
      '0099-01-01',
      '0100-01-01',
      '1969-07-20',
      '2024-02-29',
      '2025-11-22',
      '2025-12-31',
      '9999-12-31',
    ];
    const clocks = ['00:00:00', '08:26:40', '23:59:59', '08:26:40.1', '08:26:40.123', '08:26:40.123999999'];
    for (const date of dates) {
      for (const clock of clocks) {
        const usual = eventTime({ t: `${date}T${clock}Z` }, 't', 5);
        expect(usual).toBe(Date.parse(`${date}T${clock.slice(0, 12)}Z`));
        expect(usual).toBe(eventTime({ t: `${date}T${clock}+00:00` }, 't', 5));
      }
    }
  });

  it.each([
    '2025-02-29T00:00:00Z',
    '2025-02-30T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-32T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:60Z',
    '2025-01-01T00:00:00.Z',
    '2025-01-01T00:00:00.1x3Z',
    '2025-01-01T00:00:00x1Z',
    '2025/01/01T00:00:00Z',
    '2025-01-01T00:00:0xZ',
    '2025-01-01T00-00-00Z',
    'x025-01-01T00:00:00Z',
    '2025-01-01T00:00:00ZZ',
    `2025-01-01T00:00:00.${'0'.repeat(50)}Z`,
  ])('does not parse %s', (text) => {
    expect(eventTime({ t: text }, 't', 5)).toBe(5);
  });

  it('accepts the epoch and the last millisecond of 9999', () => {
    expect(eventTime({ t: 0 }, 't', 5)).toBe(0);
    expect(eventTime({ t: 253_402_300_799_999 }, 't', 5)).toBe(253_402_300_799_999);
  });

  it('does not read properties of prototypes', () => {
    expect(eventTime({}, 'constructor', 5)).toBe(5);
    expect(eventTime({}, '__proto__.name', 5)).toBe(5);
  });
});

describe('values from events are sanitised', () => {
  it.each<[unknown, string]>([
    ['api', 'api'],
    ['API', 'api'],
    ['A B', 'a-b'],
    ['../x', 'x'],
    ['..', 'unknown'],
    ['.', 'unknown'],
    ['_x', 'x'],
    ['-x', 'x'],
    ['+x', 'x'],
    ['_-.+', 'unknown'],
    ['a/b\\c*d?e"f<g>h|i,j#k:l', 'a-b-c-d-e-f-g-h-i-j-k-l'],
    ['line\nfeed\r\ttab\u0000nul', 'line-feed--tab-nul'],
    ['"}}\n{"delete":{}}', '}}-{-delete--{}}'],
    ['été', 'été'],
    ['🚀', '🚀'],
    [7, '7'],
    [2.5, '2.5'],
    [false, 'false'],
    [9_007_199_254_740_993n, '9007199254740993'],
    [rawJSON('1E400'), '1e400'],
    ['half a\ud83d pair', 'half-a--pair'],
    ['', 'unknown'],
    [null, 'unknown'],
    [undefined, 'unknown'],
    [{}, 'unknown'],
    [['a'], 'unknown'],
  ])('%o → %s', (value, expected) => {
    const name = nameOf('{{service}}', { service: value });
    // No quote of an event reaches the action line of a bulk body.
    expect(JSON.stringify(name)).toBe(`"${name}"`);
    expect(name).toBe(expected);
  });

  it('a hostile value keeps the prefix of the template', () => {
    expect(nameOf('logs-{{service}}', { service: '../x' })).toBe('logs-..-x');
    expect(nameOf('logs-{{service}}', { service: '_all,*' })).toBe('logs-_all--');
  });

  it.each([
    ['ASCII', 'x'.repeat(300), 255],
    ['two bytes each', 'é'.repeat(300), 254],
    ['four bytes each', '🚀'.repeat(100), 252],
  ])('a long value is truncated to 255 bytes, between characters: %s', (_, value, bytes) => {
    const name = nameOf('{{service}}', { service: value });
    expect(Buffer.byteLength(name)).toBe(bytes);
    expect(value.startsWith(name)).toBe(true);
    expect(Buffer.byteLength(nameOf('logs-{{service}}', { service: value }))).toBeLessThanOrEqual(255);
  });

  it('a missing field is `unknown`, and properties of prototypes are missing', () => {
    expect(nameOf('logs-{{service}}')).toBe('logs-unknown');
    expect(nameOf('logs-{{a.b.c}}', { a: { b: 5 } })).toBe('logs-unknown');
    expect(nameOf('logs-{{constructor}}')).toBe('logs-unknown');
    expect(nameOf('logs-{{__proto__}}')).toBe('logs-unknown');
    expect(nameOf('logs-{{a.toString}}', { a: {} })).toBe('logs-unknown');
  });

  it('finds nested fields', () => {
    expect(
      nameOf('l-{{kubernetes.namespace}}-{{ host }}', { kubernetes: { namespace: 'Prod' }, host: 'h1' }),
    ).toBe('l-prod-h1');
  });
});

it.each([
  ['Logs', "it has the upper-case letter 'L'"],
  ['été-É', "it has the upper-case letter 'É'"],
  ['.logs', "it starts with '.', which is reserved for hidden and system indices"],
  ['..', "it starts with '.'"],
  ['_logs', "it starts with '_'"],
  ['-logs', "it starts with '-'"],
  ['+{{service}}', "it starts with '+'"],
  ['a b', 'it has the character " "'],
  ['a:{{service}}', 'it has the character ":"'],
  ['a#b', 'it has the character "#"'],
  ['a"b', 'it has the character "\\""'],
  ['a\tb', 'it has the character "\\t"'],
  ['é'.repeat(128), 'it is 256 bytes long'],
  ['', 'it is empty'],
])('the error for the name %j is: %s', (template, why) => {
  expect(() => compileIndexName(template)).toThrow(`is not a name that Elasticsearch accepts: ${why}`);
});

describe('an invalid template is a configuration error with the reason', () => {
  it.each([
    ['Logs', /'Logs' is not a name that Elasticsearch accepts/],
    ['_logs', /is not a name/],
    ['-logs', /is not a name/],
    ['+logs', /is not a name/],
    ['a b', /is not a name/],
    ['a/b', /is not a name/],
    ['a:b', /is not a name/],
    ['a,b', /is not a name/],
    ['a*', /is not a name/],
    ['a"b', /is not a name/],
    ['a\nb', /is not a name/],
    ['x'.repeat(256), /is not a name/],
    ['-{{service}}', /is not a name/],
    ['{{service}}-Logs', /is not a name/],
    ['logs-{{service', /braces that are not closed/],
    ['logs-service}}', /braces that are not closed/],
    ['logs-{{}}', /has a placeholder without a field/],
    ['logs-{{ }}', /has a placeholder without a field/],
    ['logs-{{ |yyyy}}', /has a placeholder without a field/],
    ['logs-{{a{b}}', /braces that are not closed/],
    ['logs-{{a|}}', /has a placeholder without a date format/],
    ['logs-{{a| }}', /has a placeholder without a date format/],
    ['l-{{@timestamp|YYYY.MM.dd}}', /date format 'YYYY.MM.dd'; known are yyyy, MM, dd, HH/],
    ['l-{{@timestamp|yyyy.mm.dd}}', /date format/],
    ['l-{{@timestamp|yyyy.MM.ddd}}', /date format/],
    ["l-{{@timestamp|yyyy'week}}", /date format/],
  ])('%.40s', (template, message) => {
    let thrown: unknown;
    try {
      compileIndexName(template);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LogweirError);
    expect((thrown as LogweirError).code).toBe('CONFIG');
    expect((thrown as LogweirError).message).toMatch(message);
  });
});
