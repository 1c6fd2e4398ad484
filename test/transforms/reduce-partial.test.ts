import { describe, expect, it } from 'vitest';
import { testTransform } from '../../src/transform/api/testing.ts';
import reduce from '../../transforms/reduce.ts';

type Fields = Record<string, unknown>;

async function reduced(events: Fields[], options: Fields = {}): Promise<Fields[]> {
  const run = await testTransform(reduce, options);
  const found: Fields[] = [];
  for (const event of events) found.push(...(await run({ ...event })));
  return [...found, ...(await run.end())];
}

const time = '2026-11-29T07:15:02.104211345Z';
const head = { timestamp: time, stream: 'stdout' };

describe('a split line is joined without a line feed', () => {
  it.each<[string, Fields[], Fields[]]>([
    [
      'docker',
      [{ message: '{"a":"first ha', _partial: true }, { message: 'lf"}' }, { message: '{"b":1}' }],
      [{ message: '{"a":"first half"}' }, { message: '{"b":1}' }],
    ],
    [
      'three pieces, one of which looks like the start of a trace',
      [
        { message: 'a', _partial: true },
        { message: 'java.lang.Error', _partial: true },
        { message: ' c', _partial: false },
        { message: 'd' },
      ],
      [{ message: 'ajava.lang.Error c' }, { message: 'd' }],
    ],
    [
      "docker's fluentd driver",
      [
        {
          message: 'a',
          partial_message: 'true',
          partial_id: '7',
          partial_ordinal: '1',
          partial_last: 'false',
        },
        {
          message: 'b',
          partial_message: 'true',
          partial_id: '7',
          partial_ordinal: '2',
          partial_last: 'true',
        },
        { message: 'c' },
      ],
      [{ message: 'ab' }, { message: 'c' }],
    ],
    [
      'CRI, as Fluent Bit reads it',
      [
        { message: 'a', logtag: 'P' },
        { message: 'b', logtag: 'F' },
        { message: 'c', logtag: 'F' },
      ],
      [
        { message: 'ab', logtag: 'F' },
        { message: 'c', logtag: 'F' },
      ],
    ],
    [
      'CRI, raw',
      [
        { message: `${time} stdout P {"a":"first ha` },
        { message: `${time} stdout F lf"}` },
        { message: `${time} stdout F {"b":1}` },
        { message: `${time} stdout F ` },
        { message: `${time} stdout F` },
      ],
      [
        { message: '{"a":"first half"}', ...head },
        { message: '{"b":1}', ...head },
        { message: '', ...head },
        { message: '', ...head },
      ],
    ],
    [
      'the interleaved streams of a container',
      [
        { message: `${time} stdout P a` },
        { message: `${time} stderr P x` },
        { message: `${time} stdout F b` },
        { message: `${time} stderr F y` },
      ],
      [
        { message: 'ab', ...head },
        { message: 'xy', ...head, stream: 'stderr' },
      ],
    ],
    [
      'a trace with a split line',
      [
        { message: 'ERROR x' },
        { message: 'java.lang.Exc', _partial: true },
        { message: 'eption' },
        { message: '\tat a.B', _partial: true },
        { message: '.c(B.java:1)' },
        { message: 'INFO next' },
      ],
      [
        { message: 'ERROR x' },
        { message: 'java.lang.Exception\n\tat a.B.c(B.java:1)' },
        { message: 'INFO next' },
      ],
    ],
    [
      'a trace in raw CRI lines',
      [{ message: `${time} stdout F ERROR x` }, { message: `${time} stdout F \tat a.B` }],
      [{ message: 'ERROR x\n\tat a.B', ...head }],
    ],
    [
      'a line without an end',
      [
        { message: 'a', _partial: true },
        { message: 'b', _partial: true },
      ],
      [{ message: 'ab', _partial: true }],
    ],
    [
      'an existing field',
      [{ message: `${time} stdout F a`, timestamp: 7 }],
      [{ message: 'a', timestamp: 7, stream: 'stdout', parsed: { timestamp: time } }],
    ],
    [
      'a line that is not split',
      [{ message: 'a', logtag: 'F', _partial: false }],
      [{ message: 'a', logtag: 'F', _partial: false }],
    ],
  ])('%s', async (_, events, want) => {
    expect(await reduced(events)).toEqual(want);
  });

  it('with a pattern of the user for the lines', async () => {
    const events = [
      { message: '> a', _partial: true },
      { message: '> b' },
      { message: 'c' },
      { message: '> d' },
    ];
    const wanted = [{ message: '> a> b\nc' }, { message: '> d' }];
    expect(await reduced(events, { starts: '^>' })).toEqual(wanted);
    // Its old name.
    expect(await reduced(events, { begins: '^>' })).toEqual(wanted);
    await expect(reduced(events, { starts: '^>', begins: '^>' })).rejects.toThrow('only one of');
  });

  it('only by the marks of the given runtime', async () => {
    const docker = [{ message: 'a', _partial: true }, { message: 'b' }];
    const cri = [{ message: 'a', logtag: 'P' }, { message: 'b' }];
    const raw = [{ message: `${time} stdout P a` }, { message: `${time} stdout F b` }];
    for (const partial of ['off', 'cri']) expect(await reduced(docker, { partial })).toEqual(docker);
    for (const partial of ['off', 'docker']) {
      expect(await reduced(cri, { partial })).toEqual(cri);
      expect(await reduced(raw, { partial })).toEqual(raw);
    }
    expect(await reduced(docker, { partial: 'docker' })).toEqual([{ message: 'ab' }]);
    expect(await reduced(raw, { partial: 'cri' })).toEqual([{ message: 'ab', ...head }]);
  });
});
