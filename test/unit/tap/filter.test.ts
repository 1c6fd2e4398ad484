import { expect, it } from 'vitest';
import { compileFilter } from '../../../src/tap/filter.ts';

const event = JSON.stringify({
  level: 'error',
  message: 'a=b failed',
  app: { code: 500, ok: false, tags: ['x', 'blue'], none: null },
  'dotted.name': 'yes',
}).replace('}', ',"big":12345678901234567890}');

it.each([
  ['', true],
  ['failed', true],
  ['absent', false],
  ['level=error', true],
  ['level=err', false],
  ['level=Error', false],
  ['app.code=500', true],
  ['app.ok=false', true],
  ['app.none=null', true],
  ['app.tags=blue', true],
  ['app.tags=green', false],
  ['app.big=12345678901234567890', true],
  ['app=x', false],
  ['dotted.name=yes', true],
  ['__proto__=x', false],
  ['constructor=x', false],
  ['message=a=b failed', true],
  ['"a=b failed"', true],
  ['"level=error"', false],
  ['"level":"error"', true],
])('%s: %s', (filter, expected) => {
  expect(compileFilter(filter)(event)).toBe(expected);
});

it('a field of a text that is no JSON object never fits', () => {
  for (const text of ['level=error', '[1]', '', '{"level":"error"'])
    expect(compileFilter('level=error')(text)).toBe(false);
});
