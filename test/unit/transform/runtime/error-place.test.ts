import { describe, expect, it } from 'vitest';
import { describeWithoutValues, safeMessageOf } from '../../../../src/transform/runtime/error-place.ts';

const CARD = '4111-SECRET-1111';

function errorOf(message: string, frames = ['    at run (/etc/logweir/mine.ts:3:12)']): Error {
  const error = new TypeError(message);
  error.stack = [`TypeError: ${message}`, '    at own (/app/node_modules/x/a.js:1:1)', ...frames].join('\n');
  return error;
}

describe('an error of a transform', () => {
  it('has its name and its position in the file of the user', () => {
    expect(describeWithoutValues(errorOf('no'))).toBe('TypeError (/etc/logweir/mine.ts:3:12)');
  });

  it.each([
    [
      "Cannot read properties of undefined (reading '4111-SECRET-1111')",
      'Cannot read properties of undefined',
    ],
    [
      'returned a string; an event must be a plain object (or …)',
      'returned a string; an event must be a plain object',
    ],
    ['took longer than 30000 ms', 'took longer than 30000 ms'],
    ['Do not know how to serialize a BigInt', 'Do not know how to serialize a BigInt'],
  ])('%s is shown as far as it contains no value', (message, shown) => {
    expect(safeMessageOf(errorOf(message))).toBe(`TypeError: ${shown}`);
  });

  it.each([
    `bad card ${CARD}`,
    `Unexpected token 'S', "${CARD}" is not valid JSON`,
    `x Cannot read properties of undefined ${CARD}`,
    `${CARD}\n    at ${CARD} (/srv/${CARD}.ts:1:1)`,
    CARD,
  ])('never has a message that may quote the event: %s', (message) => {
    const text = describeWithoutValues(errorOf(message));
    expect(text).toBe('TypeError (/etc/logweir/mine.ts:3:12)');
  });

  it('that is unusual has no name or position that is text of the event', () => {
    const named = errorOf('no', []);
    named.name = CARD;
    expect(describeWithoutValues(named)).toBe('Error');
    const changed = errorOf(`a\n    at (/srv/${CARD}/x.ts:1:1)`);
    changed.message = 'b';
    const odd = Object.assign(new Error('m'), { stack: 7 });
    expect(describeWithoutValues(odd as unknown as Error)).toBe('Error');
  });
});
