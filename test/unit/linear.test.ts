/** Nothing on a record's way may be worse than linear: one legal record could stop the process. */
import { describe, expect, it, vi } from 'vitest';
import { type Codec, decode } from '../../src/codec/decode.ts';
import { parseObject, stringifyExact } from '../../src/codec/exact-json.ts';
import type { Document } from '../../src/elasticsearch/document.ts';
import { DeadLetterIndex } from '../../src/dead-letter/index.ts';
import { compileIndexName } from '../../src/elasticsearch/index-name.ts';
import { createRenderer } from '../../src/elasticsearch/render.ts';
import { parseDeadLetter } from '../../src/dead-letter/headers.ts';
import { type Event, mergeInto } from '../../src/transform/api/api.ts';
import { compileGrok } from '../../transforms/lib/grok/grok.ts';
import { ecsGrokPatterns, grokPatterns } from '../../transforms/lib/grok/patterns.ts';
import { configOf } from './support/config.ts';
import { received, sourceRecord } from './support/fakes.ts';
import { superlinear } from './support/growth.ts';
import { PipelineLab } from './support/pipeline-lab.ts';

// What is quadratic shall be told so, and not end in a timeout.
vi.setConfig({ testTimeout: 60_000 });

const BYTES = 50_000;

const filled = (before: string, unit: string, after: string, bytes: number): string =>
  before + unit.repeat(Math.ceil(bytes / unit.length)) + after;

/** Members or elements of a text, by their number. */
function listed(bytes: number, one: (at: number) => string): string {
  const parts: string[] = [];
  for (let at = 0, size = 0; size < bytes; at++) {
    const part = one(at);
    parts.push(part);
    size += part.length + 1;
  }
  return parts.join(',');
}

/** Values of records: legal ones, and such as are found out at their end only. */
const SHAPES: Record<string, (bytes: number) => string | Buffer> = {
  'zeros inside a number': (n) => filled('{"a":1.', '0', '1}', n),
  'zeros at the end of a number': (n) => filled('{"a":1.5', '0', '}', n),
  'zeros at the beginning of a fraction': (n) => filled('{"a":0.', '0', '1}', n),
  'a long zero': (n) => filled('{"a":-0.', '0', '}', n),
  'zeros of an integer': (n) => filled('{"a":1', '0', '}', n),
  'zeros, in turn with other digits': (n) => filled('{"a":1.', '0001', '}', n),
  'digits of an integer': (n) => filled('{"a":', '7', '}', n),
  'digits of a negative integer': (n) => filled('{"a":-', '8', '}', n),
  'digits of a fraction': (n) => filled('{"a":0.', '12345', '}', n),
  'zeros of an exponent': (n) => filled('{"a":1e', '0', '1}', n),
  'digits of an exponent': (n) => filled('{"a":1E+', '9', '}', n),
  'digits of a negative exponent': (n) => filled('{"a":1e-', '9', '}', n),
  'digits and as large an exponent': (n) => filled('{"a":1', '0', `e-${n}}`, n),
  'numbers of a thousand digits': (n) => `{"a":[${listed(n, () => '7'.repeat(1000))}]}`,
  'numbers of a thousand and one digits': (n) => `{"a":[${listed(n, () => '7'.repeat(1001))}]}`,
  'numbers beyond 2^53': (n) => `{"a":[${listed(n, (at) => `90071992547409${at + 100}`)}]}`,
  'non-canonical numbers': (n) => filled('{"a":[1.0', ',1.0', ']}', n),
  'objects with such numbers': (n) => `{"a":[${listed(n, (at) => `{"n":1.0,"at":${at}}`)}]}`,
  'members with such numbers': (n) => `{${listed(n, (at) => `"k${at}":1.0`)}}`,
  'such numbers, deep': (n) => `{"a":[${listed(n, () => `${'{"a":'.repeat(400)}1.0${'}'.repeat(400)}`)}]}`,
  'many keys': (n) => `{${listed(n, (at) => `"key ${at}":1`)}}`,
  'keys that are numbers': (n) => `{${listed(n, (at) => `"${at}":1`)}}`,
  'keys that are numbers, backwards': (n) => `{${listed(n, (at) => `"${999_999 - at}":1`)}}`,
  'few keys, long and alike': (n) => `{${listed(n, (at) => `"${'k'.repeat(n / 60)}${at + 10}k":1`)}}`,
  'one key that is long': (n) => filled('{"', 'k', '":1}', n),
  'the same key again and again': (n) => filled('{"a":1', ',"a":1', '}', n),
  'the same key with non-canonical numbers': (n) => filled('{"a":1', ',"a":1.0', '}', n),
  'keys with escapes': (n) => `{${listed(n, (at) => `"\\u0041${at}":1`)}}`,
  'one key of escapes': (n) => filled('{"', '\\u0041', '":1}', n),
  'keys beyond ASCII': (n) => `{${listed(n, (at) => `"ключ ${at}":1`)}}`,
  'hostile keys': (n) => `{${listed(n, () => '"__proto__":{"__proto__":1.0}')}}`,
  escapes: (n) => filled('{"a":"', '\\n', '"}', n),
  'escaped letters': (n) => filled('{"a":"', '\\u0041', '"}', n),
  'escaped quotes': (n) => filled('{"a":"', '\\"', '"}', n),
  backslashes: (n) => filled('{"a":"', '\\\\', '"}', n),
  'halves of surrogate pairs': (n) => filled('{"a":"', '\\ud800', '"}', n),
  'control characters, escaped': (n) => filled('{"a":"', '\\u0000', '"}', n),
  'text in two bytes': (n) => filled('{"a":"', 'é', '"}', n),
  'text in three bytes': (n) => filled('{"a":"', '語', '"}', n),
  'text in four bytes': (n) => filled('{"a":"', '🚀', '"}', n),
  'ASCII and other text in turn': (n) => filled('{"a":"', 'aé', '"}', n),
  'plain text': (n) => filled('{"a":"', 'x', '"}', n),
  'JSON in a text': (n) => JSON.stringify({ message: filled('{"a":1', ',"a":1.0', '}', n) }),
  spaces: (n) => filled('{"a":', ' ', '1}', n),
  'spaces before and after': (n) => filled(' '.repeat(n / 2), ' ', '{"a":1}', n / 2) + ' '.repeat(n / 2),
  'line feeds': (n) => filled('{"a":', '\n', '1}', n),
  'line feeds and text in turn': (n) => filled('{"a":[1', ',\n"\\n"', ']}', n),
  'empty lists': (n) => filled('{"a":[[]', ',[]', ']}', n),
  'empty objects': (n) => filled('{"a":[{}', ',{}', ']}', n),
  'as deep as it may be, again and again': (n) =>
    `{"a":[${listed(n, () => '['.repeat(990) + ']'.repeat(990))}]}`,
  'members that are deep': (n) =>
    `{${listed(n, (at) => `"k${at}":${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}`)}}`,
  'no end of lists': (n) => filled('{"a":', '[', '', n),
  'no end of objects': (n) => filled('', '{"a":', '', n),
  'a text without an end': (n) => filled('{"a":"', 'x', '', n),
  'a text without an end, of quotes': (n) => filled('{"a":"', '\\"', '', n),
  'a number without an end': (n) => filled('{"a":1.', '0', '', n),
  'keys without an end': (n) => `{${listed(n, (at) => `"k${at}":1`)},`,
  'text that is no UTF-8 at its end': (n) =>
    Buffer.concat([Buffer.from(filled('{"a":"', 'é', '', n)), Buffer.from([0xc3, 0x22, 0x7d])]),
  'something after the object': (n) => filled('{"a":1}', ' ', '{', n),
  'no JSON at all': (n) => filled('', 'no json ', '', n),
  'nothing but zero bytes': (n) => Buffer.alloc(n),
};

const rendererOf = (elasticsearch: string) =>
  createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch);

function decodedEvent(value: Buffer, lazily: boolean, codec: Codec = 'json') {
  const decoded = decode(value, codec, lazily);
  return decoded.kind === 'event' ? decoded.event() : undefined;
}

/** What is done with a record. Prepared outside of what is measured. */
const STAGES: Record<string, (value: Buffer) => () => void> = {
  decode: (value) => () => void decode(value, 'json', true),
  'decode as text': (value) => () => void decode(value, 'text'),
  'parse and write': (value) => () => {
    const exact = decodedEvent(value, false);
    if (exact !== undefined) stringifyExact(exact.value as Event, exact);
  },
  'parse a text in an event': (value) => {
    const text = value.toString();
    return () => {
      const parsed = parseObject(text);
      if (parsed !== undefined) stringifyExact(mergeInto({ host: 'h' }, parsed, { overwrite: true }));
    };
  },
  'parse an event, and set a field': (value) => {
    const lab = new PipelineLab({
      run: (event) => {
        const fields = event as Record<string, Record<string, unknown> | undefined>;
        event['set'] = [fields['a']?.['a'], event['message'], event['missing']];
        delete event['gone'];
        return event;
      },
    });
    lab.own();
    let offset = 0;
    return () => void lab.receive([Buffer.from(value)], offset++);
  },
  'copy an event in a transform': (value) => {
    const lab = new PipelineLab({ run: (event) => ({ ...event, set: true }) });
    lab.own();
    let offset = 0;
    return () => void lab.receive([Buffer.from(value)], offset++);
  },
  'put it into an index by its fields': (value) => {
    const renderer = rendererOf('{ index: "l-{{a}}-{{@timestamp|yyyy.MM.dd}}" }');
    return () => {
      const exact = decodedEvent(value, true);
      const { settlement } = received();
      if (exact !== undefined) renderer.event(settlement, exact.value as Event, 0, exact);
    };
  },
  'put it into a data stream': (value) => {
    const renderer = rendererOf('{ mode: data_stream }');
    return () => {
      const exact = decodedEvent(value, true);
      const { settlement } = received();
      if (exact !== undefined) renderer.event(settlement, exact.value as Event, 0, exact);
    };
  },
  'dead-letter it into an index': (value) => {
    const deadLetters = new DeadLetterIndex('dead', (document: Document) => void document.bytes);
    return () => void deadLetters.send(received({ value }).settlement, { reason: 'r', message: 'm' });
  },
};

describe.each(Object.entries(STAGES))('a value is linear to %s:', (_, stage) => {
  it.each(Object.entries(SHAPES))('%s', (_name, shape) => {
    const grown = superlinear(BYTES, (bytes) => stage(Buffer.from(shape(bytes))));
    expect(grown).toBeUndefined();
  });
});

describe('a value that names an index, or says a time, is linear:', () => {
  const { name } = compileIndexName('{{a}}-{{@timestamp|yyyy.MM.dd}}');
  it.each([
    '-',
    '.',
    '_',
    '+',
    ' ',
    '\n',
    '0',
    '7',
    'A',
    'x',
    'é',
    'É',
    '🚀',
    '\ud83d',
    '\udc00',
    '\ufffd',
    '\u0000',
    '/',
    '"',
    '{{',
    'İ',
    '-x',
    '.0',
    '2025-',
    '2025-11-22T08:26:40.',
    'T',
    'Z',
    '+01:00',
    '00:',
  ])('%j', (unit) => {
    const grown = superlinear(BYTES, (bytes) => {
      const text = unit.repeat(bytes / unit.length);
      return () => {
        for (const value of [text, `2025-11-22T08:26:40.${text}`, `-${text}-`, `1763800000.${text}1`]) {
          name({ a: value, '@timestamp': value, timestamp: value }, 0);
        }
      };
    });
    expect(grown).toBeUndefined();
  });
});

describe.each([
  ['the legacy set', grokPatterns],
  ['the set for ECS', ecsGrokPatterns],
])('a grok pattern of %s is linear in the text:', (_, known) => {
  it.each(Object.keys(known))('%s', (name) => {
    const grok = compileGrok(`%{${name}}`, {}, known);
    const grown = superlinear(BYTES / 10, (bytes) => {
      const texts = ['a1.b:2 -"[x]/c@d\t; 3 GET ', '1', ' ', '"a\\', '2.', ':0', '-\t'].map((unit) =>
        filled('', unit, '\n', bytes / 5),
      );
      return () => {
        for (const text of texts) grok.match(text);
      };
    });
    expect(grown).toBeUndefined();
  });

  it.each([
    ['HTTPD_COMBINEDLOG', '203.0.113.7 - - [22/Nov/2026:08:26:41 +0000] "GET /', 'a', '" 200 5 "-" "curl/8"'],
    ['SYSLOGLINE', 'Nov 22 08:26:44 host-1 sshd[123]: ', 'x y ', ''],
    ['NAGIOSLOGLINE', '[1427925600] HOST ALERT: ', 'h', ';DOWN;HARD;3;x'],
  ])('%s, where it fits a long text', (name, before, unit, after) => {
    const grok = compileGrok(`%{${name}}`, {}, known);
    const grown = superlinear(BYTES / 20, (bytes) => {
      const text = filled(before, unit, after, bytes);
      expect(grok.match(text)).toBeDefined();
      return () => void grok.match(text);
    });
    expect(grown).toBeUndefined();
  });
});

describe('headers are linear:', () => {
  it.each<[string, (bytes: number) => Record<string, Buffer>[]]>([
    ['many', (n) => Array.from({ length: n / 100 }, (_, at) => ({ [`header-${at}`]: Buffer.from('value') }))],
    ['many of one name', (n) => Array.from({ length: n / 100 }, () => ({ name: Buffer.from('value') }))],
    [
      'many of our own',
      (n) => Array.from({ length: n / 100 }, (_, at) => ({ [`logweir-${at}`]: Buffer.from('1') })),
    ],
    ['a long name', (n) => [{ ['h'.repeat(n)]: Buffer.from('value') }]],
    ['a long value', (n) => [{ header: Buffer.alloc(n, 'é') }]],
    ['a long value that is no text', (n) => [{ header: Buffer.alloc(n, 0xff) }]],
    [
      'long coordinates',
      (n) =>
        ['topic', 'partition', 'offset', 'timestamp'].map((one) => ({
          [`logweir-${one}`]: Buffer.alloc(n, '0'),
        })),
    ],
  ])('%s', (_, shape) => {
    const deadLetters = new DeadLetterIndex('dead', (document: Document) => void document.bytes);
    const grown = superlinear(BYTES * 4, (bytes) => {
      const headers = shape(bytes);
      return () => {
        parseDeadLetter(sourceRecord({ headers }));
        void deadLetters.send(received({ headers }).settlement, { reason: 'r', message: 'm' });
      };
    });
    expect(grown).toBeUndefined();
  });
});

it('a megabyte of zeros needs no measurable time', () => {
  const text = `{"n":1.${'0'.repeat(1_000_000)}1}`;
  const before = process.threadCpuUsage();
  expect(stringifyExact(parseObject(text) ?? {})).toBe(text);
  // Quadratic, it were minutes.
  expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(1000);
});
