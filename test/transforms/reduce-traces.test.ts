import { describe, expect, it } from 'vitest';
import { testTransform } from '../../src/transform/api/testing.ts';
import reduce from '../../transforms/reduce.ts';

const AT = '\tat shop.Cart.total(Cart.java:87)';
const JS = '    at total (/app/cart.js:3:9)';
const PY = '  File "cart.py", line 3, in total';
const DURING = 'During handling of the above exception, another exception occurred:';
const CAUSE = 'The above exception was the direct cause of the following exception:';
const TRACEBACK = 'Traceback (most recent call last):';

/** Streams of lines, each as the list of its events. */
const streams: [name: string, events: string[][]][] = [
  ['Java, a message', [['ERROR x', 'java.lang.IllegalStateException: no', AT], ['INFO next']]],
  ['Java, no message', [['ERROR x', 'java.lang.NullPointerException', AT], ['INFO next']]],
  ['Java, an empty message', [['ERROR x', 'java.lang.Exception: ', AT], ['ready']]],
  ['Java, a colon alone', [['ERROR x', 'java.lang.Exception:', AT], ['ready']]],
  ['Java, digits and _', [['ERROR x', 'shop.v2.Empty_Exception: none', AT], ['ready']]],
  ['Java, a digit at the end', [['ERROR x', 'shop.Http.Error404: none', AT], ['ready']]],
  ['Java, an inner class', [['ERROR x', 'shop.Cart$EmptyException: none', AT], ['ready']]],
  ['Java, letters beyond ASCII', [['ERROR x', 'laden.KörbeException: leer', AT], ['ready']]],
  ['Java, a failure', [['ERROR x', 'org.example.ComparisonFailure: a b', AT], ['ready']]],
  ['Java, a Throwable', [['WARN x', 'java.lang.Throwable', AT], ['ready']]],
  ['Java, an Error', [['WARN x', 'java.lang.StackOverflowError', AT, AT], ['ready']]],
  ['Java, CRLF', [['ERROR x\r', 'java.lang.NullPointerException\r', `${AT}\r`], ['ready\r']]],
  [
    'Java, causes',
    [['ERROR x', 'a.BException: b', AT, 'Caused by: a.CException', AT, '\t... 12 more'], ['ready']],
  ],
  [
    'Java, without indentation',
    [['ERROR x', 'a.BException: b', 'at a.B.c(B.java:1)', '... 12 more', 'Suppressed: a.DError'], ['ready']],
  ],
  [
    'Java, root cause first',
    [['ERROR x', 'a.BException: b', AT, 'Wrapped by: a.CException: c', '... 3 common frames omitted'], ['a']],
  ],
  ['Java, an empty line in the message', [['ERROR x', 'a.BException: b', '', 'more of it', AT], ['ready']]],
  ['Java, a message that ends in an empty line', [['ERROR x', 'a.BException: b', ''], ['INFO next']]],
  ['Java, of the main thread', [['Exception in thread "main" a.BException: b', AT], ['ready']]],
  [
    'Java, two in a row',
    [
      ['a.BException: b', AT],
      ['a.CException: c', AT],
    ],
  ],
  ['Java, two without frames', [['a.BException: b'], ['a.CException: c']]],
  [
    'Java, two logged ones',
    [
      ['ERROR x', 'a.BException', AT],
      ['ERROR y', 'a.CException', AT],
    ],
  ],
  ['Java, a class that is no exception', [['INFO x'], ['com.example.ErrorHandler: started']]],
  ['Python', [['ERROR x', TRACEBACK, PY, '    total()', 'KeyError: 1'], ['INFO next']]],
  ['Python, no colon', [[TRACEBACK, PY, 'KeyboardInterrupt'], ['ready']]],
  ['Python, another name', [[TRACEBACK, PY, 'shop.errors.OutOfStock: 7'], ['ready']]],
  ['Python, a name without Error', [[TRACEBACK, PY, 'SystemExit: 2'], ['ready']]],
  ['Python, the exception line is missing', [[TRACEBACK, PY], ['2026-11-29 10:00:00 INFO next']]],
  [
    'Python, two in a row',
    [
      [TRACEBACK, PY, 'KeyError: 1'],
      [TRACEBACK, PY, 'KeyError: 2'],
    ],
  ],
  [
    'Python, chained',
    [
      ['ERROR x', TRACEBACK, PY, 'KeyError: 1', '', DURING, '', TRACEBACK, PY, 'ValueError: bad'],
      ['INFO next'],
    ],
  ],
  [
    'Python, chained three times',
    [
      [TRACEBACK, PY, 'A: 1', '', CAUSE, '', TRACEBACK, PY, 'B', '', DURING, '', TRACEBACK, PY, 'C: 3'],
      ['x'],
    ],
  ],
  ['Python, a syntax error', [[PY, '    a b', '      ^', 'SyntaxError: invalid syntax'], ['ready']]],
  ['Python, the stack alone', [['WARN x', 'Stack (most recent call last):', PY, '    total()'], ['ready']]],
  [
    'Python, an exception group',
    [
      [
        'ERROR x',
        '  + Exception Group Traceback (most recent call last):',
        `  | ${PY}`,
        '  | ExceptionGroup: two (2 sub-exceptions)',
        '  +-+---------------- 1 ----------------',
        '    | ValueError: 1',
        '    +------------------------------------',
      ],
      ['ready'],
    ],
  ],
  [
    'Python, an exception group without indentation',
    [
      [
        'ERROR x',
        '+ Exception Group Traceback (most recent call last):',
        '| ExceptionGroup: two',
        '+-+---------------- 1 ----------------',
        '| ValueError: 1',
        '+------------------------------------',
      ],
      ['ready'],
    ],
  ],
  ['Node', [['INFO ready'], ['TypeError: x is not a function', JS]]],
  ['Node, after an error', [['ERROR x'], ['TypeError: x is not a function', JS], ['ready']]],
  ['Node, announced', [['Unhandled error:', 'TypeError: x is not a function', JS], ['ready']]],
  [
    'Node, two in a row',
    [
      ['TypeError: a', JS],
      ['TypeError: b', JS],
      ['RangeError', JS],
    ],
  ],
  ['Node, with a code', [['INFO ready'], ['TypeError [ERR_INVALID_ARG_TYPE]: a', JS], ['ready']]],
  ['Node, properties', [['Error: a', `${JS} {`, "  code: 'ENOENT'", '}'], ['ready']]],
  ['Node, a cause', [['Error: a', `${JS} {`, '  [cause]: Error: b', '      at c (d.js:1:1)', '}'], ['x']]],
  ['a brace that closes nothing', [['ERROR x', AT], ['}']]],
  [
    'JSON over several lines',
    [
      ['{', '  "a": [', '  ]', '}'],
      ['{', '  "b": 1', '}'],
    ],
  ],
  [
    'Node, uncaught',
    [['/app/cart.js:3', "throw new Error('a');", '^', '', 'Error: a', JS, '', 'Node.js v24.1.0'], ['ready']],
  ],
  [
    'Node, a rejection',
    [
      [
        'node:internal/process/promises:288',
        '    raise(error);',
        '    ^',
        '',
        '[UnhandledPromiseRejection: a] {',
        "  code: 'B'",
        '}',
      ],
      ['ready'],
    ],
  ],
  [
    'Go, a panic',
    [
      [
        'panic: a',
        '',
        'goroutine 1 [running]:',
        'main.(*Cart).Total(0x1, {0x2, 0x3})',
        '\t/app/cart.go:8 +0x1d',
        'main.main()',
        '\t/app/main.go:3 +0x2',
        'exit status 2',
      ],
      ['ready'],
    ],
  ],
  [
    'Go, several goroutines',
    [
      [
        'fatal error: all goroutines are asleep - deadlock!',
        '',
        'goroutine 1 [select]:',
        'main.main()',
        '\t/a.go:8',
        '',
        'goroutine 7 [chan receive]:',
        'main.f()',
        '\t/a.go:9',
        'created by main.main in goroutine 1',
        '\t/a.go:3',
      ],
      ['ready (again)'],
    ],
  ],
  [
    'Go, a signal',
    [
      [
        'panic: nil',
        '[signal SIGSEGV: segmentation violation code=0x1]',
        '',
        'goroutine 1 [running]:',
        'main.main()',
        '\t/a.go:8',
      ],
      ['2026/11/29 10:00:00 next'],
    ],
  ],
  [
    'Go, served',
    [
      ['http: panic serving 192.0.2.1:80: a', 'goroutine 5 [running]:', 'net/http.f(0x1)', '\t/b.go:1'],
      ['x'],
    ],
  ],
  ['Go, two panics', [['panic: a', '', 'goroutine 1 [running]:', 'main.main()', '\t/a.go:8'], ['panic: b']]],
  [
    '.NET',
    [
      [
        'Unhandled exception. System.Exception: a',
        ' ---> System.IO.IOException: b',
        '   at A.B() in /a.cs:line 3',
        '   --- End of inner exception stack trace ---',
        '   at A.C()',
      ],
      ['ready'],
    ],
  ],
  [
    '.NET, logged',
    [
      [
        'fail: Cart[0]',
        'System.InvalidOperationException: a',
        '   at A.B()',
        '--- End of stack trace from previous location ---',
        '   at A.C()',
      ],
      ['info: Cart[0]'],
    ],
  ],
  [
    'Rust',
    [
      [
        "thread 'main' panicked at src/main.rs:4:5:",
        'index out of bounds',
        'note: run with `RUST_BACKTRACE=1`',
      ],
      ['ready'],
    ],
  ],
  [
    'Rust, a backtrace',
    [
      [
        "thread 'main' (17) panicked at src/main.rs:4:5:",
        'INFO: a',
        'stack backtrace:',
        '   0: f',
        '             at a.rs:1',
      ],
      ['ready'],
    ],
  ],
  ['Rust, before 1.73', [["thread 'main' panicked at 'a', src/main.rs:4:5", 'note: run'], ['ready']]],
  [
    'PHP',
    [
      [
        'PHP Fatal error:  Uncaught Exception: a in /a.php:3',
        'Stack trace:',
        '#0 /a.php(7): f()',
        '#1 {main}',
        '  thrown in /a.php on line 3',
      ],
      ['ready'],
    ],
  ],
  [
    'PHP, chained',
    [
      [
        'PHP Fatal error:  Uncaught A: a in /a.php:3',
        'Stack trace:',
        '#0 {main}',
        '',
        'Next B: b in /a.php:9',
        'Stack trace:',
        '#0 {main}',
      ],
      ['x'],
    ],
  ],
  [
    'Dart',
    [
      ['Unhandled exception:', 'Exception: a', '#0      main (a.dart:1)', '#1      run (a.dart:2)'],
      ['ready'],
    ],
  ],
  ['Python, the stack without a name', [['WARN x', PY, '    total()'], ['ready']]],
  ['lines drawn with + and |', [['a'], ['+ b'], ['| c |'], ['+---+']]],
  ['Java, two lines of a message', [['ERROR x', 'a.PatternException: near 3', 'a(b', '   ^', AT], ['ready']]],
  [
    'Java, two lines of the message of a cause',
    [['ERROR x', 'a.BException', AT, 'Caused by: a.C$Own: one', 'two', AT, '\t... 3 more'], ['ready']],
  ],
  [
    'Java, two lines of the message of a suppressed one',
    [['ERROR x', 'a.BException: b', AT, '\tSuppressed: a.CError: one', 'two', `\t${AT}`], ['ready']],
  ],
  [
    'Java, the same, without frames of its own',
    [['ERROR x', 'a.BException: b', AT, '\tSuppressed: a.CError: one', 'two', '\t\t... 3 more'], ['ready']],
  ],
  [
    'Java, a cause that is the effect',
    [['ERROR x', 'a.BException: b', AT, 'Caused by: [CIRCULAR REFERENCE: a.BException: b]'], ['ready']],
  ],
  [
    'Java, a message, and plain lines that are none of it',
    [['a.BException: b', ...Array.from({ length: 20 }, () => 'more')], ['more'], ['more']],
  ],
  ['Java, a cause without a message', [['a.BException: b', AT, 'Caused by: a.CException'], ['ready']]],
  ['Java, a message and a line of a log', [['a.BException: b'], ['Sun Nov 29 10:00:00 2026 ready']]],
  [
    'Java, logged by java.util.logging',
    [
      ['Nov 29, 2026 1:13:28 PM shop.Cart total', 'SEVERE: sold out', 'a.BException: b', AT, ''],
      ['Nov 29, 2026 1:13:28\u202FPM shop.Cart total', 'INFO: ready'],
      ['INFO: a line of another'],
    ],
  ],
  [
    'Java, the head of java.util.logging alone',
    [['Nov 29, 2026 1:13:28 PM shop.Cart total'], ['ready'], ['INFO: x']],
  ],
  [
    'Python, of a thread',
    [
      ['Exception in thread Thread-1 (total):', TRACEBACK, PY, '    total()', '    ~~~~~^^', 'KeyError: 1'],
      ['ready'],
    ],
  ],
  [
    'Python, an exception group after another exception',
    [
      [
        TRACEBACK,
        PY,
        'KeyError: 1',
        '',
        DURING,
        '',
        '  + Exception Group Traceback (most recent call last):',
        '  | E: 1',
      ],
      ['ready'],
    ],
  ],
  [
    'Python, a task whose exception was never retrieved',
    [
      [
        'asyncio ERROR never retrieved',
        "future: <Task finished name='Task-2'>",
        TRACEBACK,
        PY,
        'KeyError: 1',
      ],
      [
        'asyncio ERROR in callback',
        'handle: <Handle f(0)>',
        'source_traceback: Object created',
        PY,
        TRACEBACK,
        PY,
        'E',
      ],
      ['task: done'],
    ],
  ],
  [
    'Python, a record that could not be formatted',
    [
      [
        '--- Logging error ---',
        TRACEBACK,
        PY,
        'TypeError: %d',
        'Call stack:',
        PY,
        "Message: 'a %d'",
        "Arguments: ('x',)",
      ],
      ['Message: a'],
    ],
  ],
  [
    'Python, of another process',
    [
      [
        'ERROR x',
        'a.b._RemoteTraceback: ',
        '"""',
        TRACEBACK,
        PY,
        'KeyError: 1',
        '"""',
        '',
        CAUSE,
        '',
        TRACEBACK,
        PY,
        'KeyError: 1',
      ],
      ['ready'],
    ],
  ],
  [
    'Python, the interpreter died',
    [
      [
        'Fatal Python error: Segmentation fault',
        '',
        'Thread 0x00007f9f7be82b80 (most recent call first):',
        '  File "a.py", line 3 in wait',
        '',
        'Current thread 0x00007f9f7be82b81 (most recent call first):',
        '  File "a.py", line 5 in <module>',
        '',
        'Extension modules: a._b, c (total: 2)',
      ],
      ['ready'],
    ],
  ],
  [
    'Python, the message of a database',
    [
      [
        TRACEBACK,
        PY,
        'sqlalchemy.exc.ProgrammingError: (psycopg) no',
        'LINE 1: select x',
        '               ^',
        '',
        '[SQL: select x]',
        '(Background on this error at: https://sqlalche.me/e/20/f405)',
      ],
      ['ready'],
    ],
  ],
  [
    'Python, the fields that are not valid',
    [
      [
        TRACEBACK,
        PY,
        'pydantic_core.ValidationError: 2 validation errors for Cart',
        'id',
        '  not an integer',
        '    more at x',
        'items.0',
        '  missing',
      ],
      ['ready'],
    ],
  ],
  [
    'Node, a module that is not there',
    [["Error: Cannot find module './a'", 'Require stack:', '- /app/b.js', '- /app/c.js', JS], ['- ready']],
  ],
  [
    'Node, something thrown that is no error',
    [
      ['/app/a.js:1', 'throw 7', '^', '7', '(Use `node --trace-uncaught ...`)', '', 'Node.js v24.1.0'],
      ['ready'],
    ],
  ],
  [
    'Go, a panic in a deferred call',
    [
      [
        'panic: a [recovered]',
        '\tpanic: b',
        '',
        'goroutine 1 [running]:',
        'main.f()',
        '\t/a.go:1',
        'panic({0x1?, 0x2?})',
        '\t/b.go:2',
        'main.main()',
        '\t/a.go:8',
      ],
      ['ready'],
    ],
  ],
  [
    'Go, a stack that is too deep',
    [
      [
        'runtime: goroutine stack exceeds 1000000000-byte limit',
        'runtime: sp=0x1 stack=[0x1, 0x2]',
        'fatal error: stack overflow',
        '',
        'runtime stack:',
        'runtime.throw({0x1?, 0x2?})',
        '\t/panic.go:1 +0x48 fp=0x1 sp=0x2 pc=0x3',
        '',
        'goroutine 1 gp=0x1 m=0 mp=0x2 [running]:',
        'main.f(0x1?)',
        '\t/a.go:8 fp=0x1 sp=0x2 pc=0x3',
        '...33554336 frames elided...',
        'main.main()',
        '\t/a.go:9 +0x1',
      ],
      ['fatal error: another'],
    ],
  ],
  ['plain lines', [['a'], ['b'], [''], ['c'], ['# 1'], ['#0 is a channel'], ['at noon'], ['note: a']]],
  [
    'indented lines',
    [
      ['a', '  b', ' '],
      ['c', '\td'],
    ],
  ],
];

const joined = (events: string[][]): string[] => events.map((lines) => lines.join('\n'));

describe('only the lines of a trace become one event', () => {
  it.each(streams)('%s', async (_, events) => {
    const run = await testTransform(reduce);
    const found = [];
    for (const message of events.flat()) found.push(...(await run({ message })));
    found.push(...(await run.end()));
    expect(found.map(({ message }) => message)).toEqual(joined(events));
  });

  it('also if the lines of all traces are interleaved', async () => {
    const run = await testTransform(reduce);
    const found = new Map<unknown, unknown[]>();
    const keep = (events: Record<string, unknown>[]): void => {
      for (const { host, message } of events) found.set(host, [...(found.get(host) ?? []), message]);
    };
    const queues = streams.map(([host, events]) => ({ host, lines: events.flat() }));
    for (let at = 0; queues.some(({ lines }) => at < lines.length); at++) {
      for (const { host, lines } of queues)
        if (at < lines.length) keep(await run({ host, message: lines[at] }));
    }
    keep(await run.end());
    const want = new Map<unknown, unknown[]>(streams.map(([host, events]) => [host, joined(events)]));
    expect(found).toEqual(want);
  });

  it('a trace after another one is the same as alone', async () => {
    const run = await testTransform(reduce);
    const found = [];
    const starts = streams.filter(([, [[first = ''] = []]]) => /^(?:ERROR|INFO|WARN) /.test(first));
    for (const message of starts.flatMap(([, events]) => events.flat()))
      found.push(...(await run({ message })));
    found.push(...(await run.end()));
    expect(found.map(({ message }) => message)).toEqual(starts.flatMap(([, events]) => joined(events)));
  });
});

it('each line of a group is read a few times, for any number of lines', async () => {
  const run = await testTransform(reduce, { max_lines: 10_000 });
  let reads = 0;
  for (let line = 0; line < 2000; line++) {
    const event = {
      get message(): string {
        reads++;
        return line === 0 ? 'ERROR x' : AT;
      },
    };
    expect(await run(event)).toEqual([]);
  }
  expect(reads).toBeLessThan(2000 * 10);
});

it.each([
  'a.',
  'Error',
  'aError: ',
  '(',
  "thread '",
  'a_',
  '#0',
  'Error$',
  '0x0 ',
  ': 1 validation errors ',
  'goroutine 1 gp=',
])('a long line of %j is read in linear time', async (part) => {
  const run = await testTransform(reduce);
  const began = performance.now();
  const line = part.repeat(50_000);
  for (const message of ['panic: a', line, `${line}:`, `${line})`, '', line]) await run({ message });
  expect(performance.now() - began).toBeLessThan(2000);
});
