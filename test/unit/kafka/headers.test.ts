import { describe, expect, it } from 'vitest';
import { type Headers, headerOf, headerPairs, repairHeaders } from '../../../src/kafka/headers.ts';

/** A header as the client sets it: by assignment to the name. */
function asGiven(name: string, value: Buffer): Headers[number] {
  const header: Headers[number] = {};
  header[name] = value;
  return header;
}

describe('headers', () => {
  it('named __proto__ arrive as a prototype, and become data', () => {
    const headers = [asGiven('a', Buffer.from('1')), asGiven('__proto__', Buffer.from('2'))];
    repairHeaders(headers);
    expect(headerPairs(headers)).toEqual([
      ['a', Buffer.from('1')],
      ['__proto__', Buffer.from('2')],
    ]);
    expect(headers.map((header) => Object.getPrototypeOf(header) === Object.prototype)).toEqual([true, true]);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', ''])('named %j are like any other', (name) => {
    const headers = [asGiven(name, Buffer.from('x'))];
    repairHeaders(headers);
    expect(headerPairs(headers)).toEqual([[name, Buffer.from('x')]]);
  });

  it('are read from objects with several names, with none, and with a null value', () => {
    expect(headerPairs(undefined)).toEqual([]);
    expect(headerPairs([{ a: 'x', b: null }, {}])).toEqual([
      ['a', 'x'],
      ['b', null],
    ]);
  });

  it('are produced with an empty buffer instead of a null', () => {
    expect(headerOf('a', null)).toEqual({ a: Buffer.alloc(0) });
    expect(Object.keys(headerOf('__proto__', 'x'))).toEqual(['__proto__']);
  });
});
