import { NumberLiteral, parseExact } from 'logweir';
import { testTransform } from 'logweir/testing';
import { expect, it } from 'vitest';
import toText from '../../transforms/to-text.ts';

const run = async (event: Record<string, unknown>, options: Record<string, unknown> = { fields: ['app'] }) =>
  (await (await testTransform(toText, options))(event))[0];

it.each([
  ['a number', 50, '50'],
  ['zero', 0, '0'],
  ['a boolean', false, 'false'],
  ['a bigint', 2n ** 70n, '1180591620717411303424'],
  ['a number that no double can hold', new NumberLiteral('1e400'), '1e400'],
  ['a text', 'info', 'info'],
  ['nothing', null, null],
  ['a list', [1, 'E2', [true], { a: 1 }], ['1', 'E2', ['true'], { a: '1' }]],
  ['an object', { a: { b: { c: 1.5 } }, d: 'x' }, { a: { b: { c: '1.5' } }, d: 'x' }],
  ['an empty object', {}, {}],
])('%s in the field becomes text or is left unchanged', async (_name, value, expected) => {
  expect(await run({ app: value, n: 1 })).toEqual({ app: expected, n: 1 });
  expect(await run({ app: { inside: value }, n: 1 })).toEqual({ app: { inside: expected }, n: 1 });
});

it('fields may be nested, and exceptions are left unchanged', async () => {
  const event = { a: { b: { n: 1, ms: 2, deep: { ms: 3 } } }, c: 4, d: 5 };
  expect(await run(event, { fields: ['a.b', 'c', 'gone'], except: ['a.b.ms', 'a.b.deep'] })).toEqual({
    a: { b: { n: '1', ms: 2, deep: { ms: 3 } } },
    c: '4',
    d: 5,
  });
});

it('__proto__ is an ordinary field', async () => {
  const { value } = parseExact('{"app":{"__proto__":{"n":1},"constructor":2}}');
  const out = await run(value as Record<string, unknown>);
  expect(JSON.stringify(out)).toBe('{"app":{"__proto__":{"n":"1"},"constructor":"2"}}');
});

it('values without changes are not copied, and the event is never copied', async () => {
  const app = Object.freeze({ level: 'info', list: Object.freeze(['a']) });
  expect((await run({ app }))?.['app']).toEqual(app);
});
