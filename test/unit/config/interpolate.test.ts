import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate } from '../../../src/config/interpolate.ts';

const environment = {
  A: 'a',
  B: 'b',
  EMPTY: '',
  _u1: 'under',
  lower: 'low',
  DOLLARS: '$A ${B} $$',
  BRACE: '}',
};

/** A text, and its expansion. */
const understood: [string, string][] = [
  // Names.
  ['$A', 'a'],
  ['${A}', 'a'],
  ['$_u1', 'under'],
  ['${lower}', 'low'],
  ['$A$B', 'ab'],
  ['${A}${B}', 'ab'],
  ['x$A', 'xa'],
  ['$A-x', 'a-x'],
  ['$A.x', 'a.x'],
  ['$A/x', 'a/x'],
  ['$A:9092', 'a:9092'],
  ['http://${A}:${B}@h', 'http://a:b@h'],
  ['${A}x', 'ax'],
  ['$EMPTY', ''],
  ['[${EMPTY}]', '[]'],
  // A default if the variable is unset or empty.
  ['${A:-d}', 'a'],
  ['${NO:-d}', 'd'],
  ['${EMPTY:-d}', 'd'],
  ['${NO:-}', ''],
  ['${NO:-a b}', 'a b'],
  ['${NO:-:-}', ':-'],
  ['${NO:--1}', '-1'],
  ['${NO:-http://h:9200}', 'http://h:9200'],
  ['${NO:-?}', '?'],
  // A default if the variable is unset.
  ['${A-d}', 'a'],
  ['${NO-d}', 'd'],
  ['${EMPTY-d}', ''],
  ['${NO-}', ''],
  ['${my-pass}', 'pass'],
  ['${NO-:x}', ':x'],
  // A required variable.
  ['${A:?set it}', 'a'],
  ['${A?set it}', 'a'],
  ['${EMPTY?set it}', ''],
  ['${A:?}', 'a'],
  // Another text if the variable is set.
  ['${A:+alt}', 'alt'],
  ['${NO:+alt}', ''],
  ['${EMPTY:+alt}', ''],
  ['${A+alt}', 'alt'],
  ['${NO+alt}', ''],
  ['${EMPTY+alt}', 'alt'],
  ['${A:+user $A}', 'user a'],
  ['${NO:+$MISSING_TOO}', ''],
  // Nested.
  ['${NO:-${A}}', 'a'],
  ['${NO:-${NO2:-x}}', 'x'],
  ['${NO:-${NO2:-${B}}}', 'b'],
  ['${NO:-$A}', 'a'],
  ['${NO:-$A-${B}-c}', 'a-b-c'],
  ['${A:-${MISSING}}', 'a'],
  ['${A:-$MISSING}', 'a'],
  ['${A:?${MISSING}}', 'a'],
  ['${NO-${A:+${B}}}', 'b'],
  // Braces in pairs belong to the text.
  ['${NO:-{{topic}}-dlq}', '{{topic}}-dlq'],
  ['${A:-{{topic}}-dlq}', 'a'],
  ['${NO:-app-{{@timestamp|yyyy.MM.dd}}}', 'app-{{@timestamp|yyyy.MM.dd}}'],
  ['${NO:-{"a":{"b":1}}}', '{"a":{"b":1}}'],
  ['${A}}', 'a}'],
  ['{${A}}', '{a}'],
  ['{{x}}', '{{x}}'],
  // A dollar sign, doubled or alone.
  ['$$', '$'],
  ['$$A', '$A'],
  ['$${A}', '${A}'],
  ['$$$A', '$a'],
  ['$$$$', '$$'],
  ['$$$$A', '$$A'],
  ['pa$$word', 'pa$word'],
  ['${NO:-$$A}', '$A'],
  ['${NO:-$${A}}', '${A}'],
  ['$', '$'],
  ['5 $', '5 $'],
  ['pa$', 'pa$'],
  ['^foo$', '^foo$'],
  ['^(a|b)$|^c$', '^(a|b)$|^c$'],
  ['$1', '$1'],
  ['$1,$2', '$1,$2'],
  ['$ A', '$ A'],
  ['$.a', '$.a'],
  ['$-', '$-'],
  ['$(A)', '$(A)'],
  ['$é', '$é'],
  ['${NO:-$}', '$'],
  ['$"A"', '$"A"'],
  // Values are data.
  ['$DOLLARS', '$A ${B} $$'],
  ['${DOLLARS}${A}', '$A ${B} $$a'],
  ['${NO:-${DOLLARS}}', '$A ${B} $$'],
  ['${NO:-${BRACE}x}', '}x'],
  ['${DOLLARS:+$DOLLARS}', '$A ${B} $$'],
  // Lines and other characters.
  ['$A\r\n$B\n', 'a\r\nb\n'],
  ['${NO:-x\ny}', 'x\ny'],
  ['😀$A😀', '😀a😀'],
  ['', ''],
  ['plain', 'plain'],
];

/** A text, the index of its fault, and the message. */
const rejected: [string, number, RegExp][] = [
  [
    '$NO',
    0,
    /^the environment variable NO is not set; set it, or write \$\{NO:-default\}, or \$\$NO for the text itself$/,
  ],
  ['x ${NO}', 2, /NO is not set; set it, or write \$\{NO:-default\}, or \$\$\{NO\} for the text itself$/],
  ['pa$word', 2, /word is not set.*\$\$word for the text itself/],
  ['${NO:-$NO2}', 6, /NO2 is not set/],
  ['${A:+$NO}', 5, /NO is not set/],
  ['$A_', 0, /A_ is not set/],
  ['$toString', 0, /toString is not set/],
  ['${constructor}', 0, /constructor is not set/],
  ['${__proto__}', 0, /__proto__ is not set/],
  ['${NO:?set it, please}', 0, /^the environment variable NO is not set: set it, please$/],
  ['${EMPTY:?say ${A}}', 0, /^the environment variable EMPTY is empty: say a$/],
  ['${NO?}', 0, /^the environment variable NO is not set$/],
  ['${NO?why}', 0, /NO is not set: why/],
  ['${}', 0, /names no variable; write \$\{NAME\}, or \$\$\{/],
  ['a ${ } b', 2, /the text between \$\{ and \} is not a variable/],
  ['${ A }', 0, /is not a variable: write \$\{NAME\}/],
  ['${ES.PASSWORD}', 0, /is not a variable: write \$\{NAME\} \(letters, digits and _\)/],
  ['${A.b:-x}', 0, /is not a variable/],
  ['${1}', 0, /is not a variable/],
  ['${1A}', 0, /is not a variable/],
  ['${é}', 0, /is not a variable/],
  ['${A:x}', 0, /is not a variable/],
  ['${A:}', 0, /is not a variable/],
  ['${A=x}', 0, /is not a variable/],
  ['${A:=x}', 0, /is not a variable/],
  ['${A/b/c}', 0, /is not a variable/],
  ['${A^^}', 0, /is not a variable/],
  ['${#A}', 0, /is not a variable/],
  ['${!A}', 0, /is not a variable/],
  ['${A:0:3}', 0, /is not a variable/],
  ['${$A}', 0, /is not a variable/],
  ['${{A}}', 0, /is not a variable/],
  ['${A', 0, /not closed/],
  ['${', 0, /not closed/],
  ['b${A:-', 1, /not closed/],
  ['${A:-${B}', 0, /not closed/],
  ['${NO:-{}', 0, /not closed/],
  ['${A:-${B.C}}', 5, /is not a variable/],
  [`${'${NO:-'.repeat(30)}x${'}'.repeat(30)}`, 120, /nested more than 20 deep/],
];

describe('a text with variables', () => {
  it.each(understood)('%j expands to %j', (text, expected) => {
    expect(interpolate(text, environment)).toMatchObject({ text: expected, faults: [] });
  });

  it.each(rejected)('%j has a fault at %j that says what to write', (text, at, message) => {
    const { faults } = interpolate(text, environment);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.at).toBe(at);
    expect(faults[0]?.message).toMatch(message);
  });

  it('reports all faults, each at its place', () => {
    expect(interpolate('$X ${} ${Y', {}).faults.map(({ at }) => at)).toEqual([0, 3, 7]);
  });

  it('quotes only names of variables in its faults', () => {
    const { faults } = interpolate('${s3cret.x} ${s3cret=1} ${ s3cret}', {});
    expect(faults).toHaveLength(3);
    expect(faults.map(({ message }) => message).join()).not.toContain('s3cret');
  });

  it.each([
    ['$A', true, false],
    ['${NO:-x}', true, false],
    ['$$A', false, true],
    ['$A$$', true, true],
    ['^x$', false, false],
    ['x', false, false],
  ])('%j: uses a variable %j, doubles a dollar sign %j', (text, usesEnvironment, hasDoubled) => {
    expect(interpolate(text, environment)).toMatchObject({ usesEnvironment, hasDoubled });
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '?',
    '+',
    'A',
    'EMPTY',
    'NO',
    '1',
    ' ',
    '\n',
    '$$',
    '${',
    '😀',
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

  it('without a dollar sign is unchanged', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$'));
        expect(interpolate(text, environment)).toMatchObject({ text, faults: [], usesEnvironment: false });
      }),
    );
  });

  it('with doubled dollar signs expands to the original', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { text: out, faults } = interpolate(text.replaceAll('$', '$$$$'), {});
        expect({ out, faults }).toEqual({ out: text, faults: [] });
      }),
    );
  });

  it('as a value is inserted unchanged, in every form', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('$V', '${V}', '${V-x}', '${V?x}', '${NO:-${V}}', '${A:+${V}}'),
        (value, form) => {
          expect(interpolate(`<${form}>`, { V: value, A: 'a' })).toMatchObject({
            text: `<${value}>`,
            faults: [],
          });
        },
      ),
    );
  });

  it('is expanded or has a fault, and never throws or hangs', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { faults } = interpolate(text, environment);
        for (const { at } of faults) expect(text[at]).toBe('$');
      }),
    );
  });

  it.each(['$', '${', '${A', '${A:-', '${NO:-x}', '}', '$$', '${{', '${A:-{', '$A '])(
    'takes time in proportion to its length: many %j',
    (piece) => {
      const ms = (count: number): number => {
        const text = piece.repeat(count);
        const start = performance.now();
        interpolate(text, environment);
        return performance.now() - start;
      };
      ms(1000);
      // Quadratic time would be minutes.
      expect(ms(100_000)).toBeLessThan(4000);
    },
  );
});
