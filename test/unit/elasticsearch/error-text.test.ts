import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/elasticsearch/verdict.ts';
import { fieldOf, withoutValues } from '../../../src/elasticsearch/error-text.ts';

describe('the field that a rejection is about', () => {
  it.each([
    [
      "[1:30] failed to parse field [level] of type [long] in document with id '1-a'. Preview of field's value: 'x'",
      'field level of type long',
    ],
    ['failed to parse field [client.ip] of type [ip]', 'field client.ip of type ip'],
    [
      '[1:9] object mapping for [app] tried to parse field [app] as object, but found a concrete value',
      'field app',
    ],
    ['mapper [@time] cannot be changed from type [long] to [text]', 'field @time of type long'],
    ["can't merge a non object mapping [a.b] with an object mapping", 'field a.b'],
    [
      '[1:2] mapping set to strict, dynamic introduction of [extra] within [_doc] is not allowed',
      'field extra',
    ],
    ['Document contains at least one immense term in field="message" (whose UTF8 …', 'field message'],
    [
      'Limit of total fields [1000] has been exceeded while adding new fields [1]',
      'the limit of total fields',
    ],
    [
      'org.elasticsearch.index.mapper.DocumentParsingException: [1:1] failed to parse field [n] of type [long]',
      'field n of type long',
    ],
  ])('%s', (message, field) => {
    expect(fieldOf(message)).toBe(field);
  });

  it.each([
    'failed to parse',
    "Preview of field's value: 'failed to parse field [4111] of type [long]'",
    'text failed to parse field [a] of type [long]',
    '',
  ])('is not taken from behind the start, where the document is quoted: %s', (message) => {
    expect(fieldOf(message)).toBeUndefined();
  });

  it.each(['bob@example.org', '4111 1111', '1234', 'a'.repeat(200)])(
    'is not named if it may be a value: %s',
    (name) => {
      expect(fieldOf(`failed to parse field [${name}] of type [long]`)).toBe('field … of type long');
    },
  );
});

describe('a message about the environment', () => {
  it('is shown without what it quotes, and shortened', () => {
    expect(withoutValues('index [app] blocked by: [FORBIDDEN/8/index write (api)];')).toBe(
      'index [app] blocked by: [FORBIDDEN/8/index write (api)];',
    );
    expect(withoutValues(`bad 'SECRET' and "SECRET" and \`SECRET\`, 'SECRET`)).toBe('bad … and … and …, …');
    expect(withoutValues("x. Preview of field's value: SECRET")).not.toContain('SECRET');
    expect(withoutValues('x'.repeat(5000))).toHaveLength(301);
  });
});

describe('a rejected request', () => {
  const answer = (type: string, reason: string) => ({
    status: 401,
    body: JSON.stringify({ error: { type, reason }, status: 401 }),
  });

  it('is named with its error, and with what Elasticsearch says', () => {
    expect(judge(answer('security_exception', 'unable to authenticate'), 1)).toEqual({
      kind: 'hold',
      reason: 'HTTP 401 security_exception',
      message: 'unable to authenticate',
    });
  });

  it('of a proxy is shown without its text', () => {
    expect(judge(answer('waf_exception', 'SECRET'), 1)).toEqual({
      kind: 'hold',
      reason: 'HTTP 401 waf_exception',
    });
    expect(judge(answer('the value SECRET', 'x'), 1)).toEqual({ kind: 'hold', reason: 'HTTP 401 unknown' });
  });
});
