import { describe, expect, it } from 'vitest';
import { type Event } from 'logweir';
import { testTransform } from 'logweir/testing';
import { cpuMs } from '../support/cpu.ts';
import redact from '../../transforms/redact.ts';

async function run(event: Event, options: Record<string, unknown> = {}): Promise<Event> {
  const events = await (await testTransform(redact, options))(event);
  expect(events).toHaveLength(1);
  return events[0] as Event;
}

async function redacted(text: string, options: Record<string, unknown> = {}): Promise<unknown> {
  return (await run({ message: text }, options))['message'];
}

describe('an e-mail address is replaced', () => {
  it.each([
    ['jane@example.com', '[redacted]'],
    ['from jane@example.com to joe@example.org.', 'from [redacted] to [redacted].'],
    ['<jane.doe+tag@mail.eu.example.co.uk>', '<[redacted]>'],
    ['user=JANE_99%x@EXAMPLE.COM,', 'user=[redacted],'],
    ['"jane@example.com"', '"[redacted]"'],
    ['mailto:jane@example.com?subject=x', 'mailto:[redacted]?subject=x'],
    ['jane@example.com\njoe@example.com', '[redacted]\n[redacted]'],
    ['jane@example.com,joe@example.com;x@y.zz', '[redacted],[redacted];[redacted]'],
    ['é jane@example.com é', 'é [redacted] é'],
    ['jane@example.com_2024', '[redacted]_2024'],
    ['jane@example.com-x', '[redacted]-x'],
    [`${'j'.repeat(64)}@${'d'.repeat(63)}.com`, '[redacted]'],
  ])('%s', async (text, expected) => {
    expect(await redacted(text)).toBe(expected);
  });

  it('together with any amount of text next to its name', async () => {
    const encoded = 'https%3A%2F%2Fexample.com%2Flogin%3Fnext%3D%252Faccount%252Fsettings%26email%3D';
    const text = await redacted(`${encoded}jane@example.com&x=1`);
    expect(text).toMatch(/^https.*\[redacted\]&x=1$/);
    expect(text).not.toContain('jane');
    expect(await redacted(`${'x'.repeat(500)}@example.com`)).not.toContain('@');
  });

  it.each([
    'no address at all',
    '@',
    'jane@',
    '@example.com',
    'jane@localhost',
    'jane @example.com',
    'ratio 5@2.50',
    'git@1.2.3',
    'decorator @Injectable()',
  ])('and other text is kept: %s', async (text) => {
    expect(await redacted(text)).toBe(text);
  });

  it('by the given text, in which a $ has no special meaning', async () => {
    expect(await redacted('to jane@example.com', { replacement: '$& $1 $$' })).toBe('to $& $1 $$');
    expect(await redacted('to jane@example.com', { replacement: '' })).toBe('to ');
  });
});

describe('in every text of the event', () => {
  it('at all depths, in objects and lists', async () => {
    const event = { a: 'a@b.cc', deep: { list: ['a@b.cc', { x: 'a@b.cc' }, 5, null], same: 'text' } };
    expect(await run(event)).toEqual({
      a: '[redacted]',
      deep: { list: ['[redacted]', { x: '[redacted]' }, 5, null], same: 'text' },
    });
  });

  it('and values that are not text are kept', async () => {
    const raw = (JSON as unknown as { rawJSON(text: string): object }).rawJSON('1e400');
    const event = { n: 1, id: 9007199254740993n, raw, yes: true, none: null };
    expect(await run({ ...event })).toEqual(event);
  });

  it('also under hostile keys, which stay data', async () => {
    const event = await run(JSON.parse('{"__proto__":{"mail":"a@b.cc"},"constructor":"a@b.cc"}') as Event);
    expect(JSON.stringify(event)).toBe('{"__proto__":{"mail":"[redacted]"},"constructor":"[redacted]"}');
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(({} as Event)['mail']).toBeUndefined();
  });
});

describe('in the given fields', () => {
  it('and no others', async () => {
    const event = { a: 'a@b.cc', b: 'a@b.cc', c: { d: 'a@b.cc', e: 'a@b.cc' } };
    expect(await run(event, { fields: ['a', 'c.d'] })).toEqual({
      a: '[redacted]',
      b: 'a@b.cc',
      c: { d: '[redacted]', e: 'a@b.cc' },
    });
  });

  it('with all their inner fields', async () => {
    expect(await run({ a: { list: ['a@b.cc'] }, b: 'a@b.cc' }, { fields: ['a'] })).toEqual({
      a: { list: ['[redacted]'] },
      b: 'a@b.cc',
    });
  });

  it('without adding missing ones', async () => {
    expect(await run({ a: 1 }, { fields: ['b', 'a.b.c', 'constructor.name', '__proto__'] })).toEqual({
      a: 1,
    });
  });

  it('with dots in their names', async () => {
    expect(await run({ 'a.b': 'a@b.cc' }, { fields: ['a.b'] })).toEqual({ 'a.b': '[redacted]' });
  });
});

describe('hostile text takes linear time', () => {
  async function msFor(message: string): Promise<number> {
    const apply = await testTransform(redact);
    return cpuMs(() => apply({ message }));
  }

  it.each<[string, (length: number) => string]>([
    ['a long name without a host', (length) => `${'a'.repeat(length)}@`],
    ['names without an end', (length) => 'a'.repeat(length) + ' @'],
    ['nothing but @', (length) => '@'.repeat(length)],
    ['a@a@a@…', (length) => 'a@'.repeat(length / 2)],
    ['a host of many labels', (length) => `a@${'a.'.repeat(length / 2)}`],
    ['hosts that are almost one', (length) => `a@${'a.a-'.repeat(length / 4)}1 `],
    ['dots', (length) => `${'.'.repeat(length)}@${'.'.repeat(length)}`],
    ['names of just the longest length', (length) => `${'a'.repeat(64)}@`.repeat(length / 65)],
    ['hosts with a long last label', (length) => `a@b.${'c'.repeat(30)} `.repeat(length / 35)],
  ])('%s', async (_name, hostile) => {
    const small = 65_536;
    await msFor(hostile(small));
    const [once, eightfold] = [await msFor(hostile(small)), await msFor(hostile(8 * small))];
    // Quadratic time would be 64 times; the constant covers the timer's noise.
    expect(eightfold).toBeLessThan(24 * once + 100);
  });
});

describe('options', () => {
  it.each([{ field: 'a' }, { fields: [] }, { fields: 'a' }, { fields: [''] }, { replacement: 5 }])(
    '%j are rejected',
    async (options) => {
      await expect(testTransform(redact, options)).rejects.toThrow(/Invalid|Unrecognized|Too small/i);
    },
  );
});
