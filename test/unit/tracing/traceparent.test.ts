import { describe, expect, it } from 'vitest';
import { parseTraceparent } from '../../../src/tracing/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const parse = (text: string) => parseTraceparent(Buffer.from(text, 'latin1'));

describe('a traceparent is accepted', () => {
  it.each<[string, string, boolean]>([
    ['of version 00, sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    ['with flags that are not known yet', `00-${TRACE}-${SPAN}-fe`, false],
    ['with all flags', `00-${TRACE}-${SPAN}-ff`, true],
    ['of a later version', `cc-${TRACE}-${SPAN}-01`, true],
    ['of a later version with more fields', `01-${TRACE}-${SPAN}-01-what-comes`, true],
    ['of a later version with an empty field', `01-${TRACE}-${SPAN}-01-`, true],
  ])('%s', (_name, text, isSampled) => {
    expect(parse(text)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
  });
});

describe('a traceparent is rejected', () => {
  it.each<[string, string]>([
    ['that is empty', ''],
    ['of version ff', `ff-${TRACE}-${SPAN}-01`],
    ['of version 00 with more fields', `00-${TRACE}-${SPAN}-01-more`],
    ['of version 00 with a hyphen at the end', `00-${TRACE}-${SPAN}-01-`],
    ['of a later version with longer flags', `01-${TRACE}-${SPAN}-01x`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['with a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['with a trace id in upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['with a version in upper case', `0A-${TRACE}-${SPAN}-01`],
    ['with a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['with a short trace id and a long span id', `00-${TRACE.slice(1)}-${SPAN}0-01`],
    ['with a letter that is no digit', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['without flags', `00-${TRACE}-${SPAN}-`],
    ['with a space before it', ` 00-${TRACE}-${SPAN}-01`],
    ['with a line feed after it', `00-${TRACE}-${SPAN}-01\n`],
    ['of a later version with a line feed after it', `01-${TRACE}-${SPAN}-01\n`],
    ['with other separators', `00_${TRACE}_${SPAN}_01`],
    ['with a byte that is no ASCII', `00-${TRACE.slice(1)}\u00e4-${SPAN}-01`],
    ['that is longer than any', `01-${TRACE}-${SPAN}-01-${'x'.repeat(500)}`],
  ])('%s', (_name, text) => {
    expect(parse(text)).toBeNull();
  });
});
