/** The state after the lines of a group so far, which determines the possible next lines. */
type Phase =
  /** No known trace: a line of a log, and indented lines after it. */
  | 'opening'
  /** The name of a Java exception: blank lines are part of its message. */
  | 'header'
  /** After a blank line of such a message. */
  | 'message'
  /** A trace that is probably complete. */
  | 'trace'
  /** Frames of Python, which the line of the exception follows. */
  | 'python'
  /** A position in Python without a preceding trace, as in syntax errors. */
  | 'file'
  /** Inside an exception group of Python, drawn with `+` and `|`. */
  | 'group'
  /** A sentence of Python that announces another trace. */
  | 'chained'
  /** The name of an exception from another Python process: its trace follows in triple quotes. */
  | 'remote'
  /** A crash of Python's interpreter, or a dump of its stacks: those of its threads follow. */
  | 'threads'
  /** The stack of a call that Python's logging could not format, and then its arguments. */
  | 'call'
  /** The errors of pydantic: the announced number of fields, each followed by indented lines. */
  | 'validation'
  /** The first line of java.util.logging; the level and the message are on the second. */
  | 'jul'
  /** Node's list of the modules that require a missing one. */
  | 'required'
  /** The failed line of code in Node, and then the error. */
  | 'code'
  | 'caret'
  | 'go'
  /** Rust, with the message on a separate line. */
  | 'rust-message'
  | 'rust'
  /** Frames that start with `#0`: PHP, Dart. */
  | 'numbered';

/** The longest name of an exception. Patterns read no more of a line. */
const NAME_MAX = 300;
const NAME = String.raw`[\p{L}\p{N}_$]*(?:Error|Exception|Failure|Throwable|ThreadDeath)[\d_]*(?:\$[\p{L}\p{N}_$]+)?`;
const END = String.raw`(?::\s|:?$)`;
/** An exception with its package, as in Java and .NET: it continues the previous line of a logger. */
const PACKAGED = new RegExp(String.raw`^(?:[\p{L}\p{N}_$]+\.)+${NAME}${END}`, 'u');
/** An exception without a package, as in Node and Python: starts a trace unless it is announced. */
const BARE = new RegExp(String.raw`^(?:Uncaught )?${NAME}(?: \[\w+\])?${END}`, 'u');
const FILE = /^\s+File "/;
const JAVA_CAUSE = /^\s*(?:Caused by|Wrapped by|Suppressed): ?/;
const TRACEBACK = /^Traceback \(most recent call/;
const CHAINED =
  /^(?:During handling of the above exception, another exception|The above exception was the direct cause)/;
const GROUP = /^\s*\+ Exception Group Traceback/;
const REMOTE = /^(?:\w{1,60}\.){1,6}_?RemoteTraceback:/;
/** Details of asyncio and aiohttp about the origin of an exception, between the message and the trace. */
const ASYNCIO =
  /^(?:(?:asyncgen|client_session|connections|connector|future|handle|protocol|socket|task|transport): [<[]|(?:handle|source)_traceback: )/;
const THREADS =
  /^(?:Fatal Python error: |(?:Current thread|Thread) 0x[\da-f]+ .{0,100}\(most recent call first\):$)/;
const THREADS_LINE = /^(?:Python runtime state: |Extension modules: |<no Python frame>$)/;
/** Lines of SQLAlchemy, and PostgreSQL's details of an error. */
const SQL_LINE =
  /^(?:\[SQL: |\[parameters: |\(Background on this error at: |LINE \d+: |(?:DETAIL|HINT|CONTEXT): {2})/;
const VALIDATION = /: (\d{1,3}) validation errors? for /;
const JUL = /^[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d{2}:\d{2}\s[AP]M \S/;
const JUL_LEVEL = /^(?:SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): /;
const STACK = /^Stack \(most recent call/;
const ALWAYS = /^(?:\.\.\. \d+ (?:more|common)|---> |--- End of )/;
const NODE_END = /^(?:Node\.js v\d|\(Use `node --trace)/;
const NODE_CODE = /^(?:file:\/\/|node:|\/|[A-Za-z]:\\)\S*:\d+$/;
const STRIPPED_FRAME = /^at \S/;
const CLOSING = /^[}\])]+[,;]?$/;
const GO_START =
  /^(?:panic: |fatal error: |goroutine \d+ (?:gp=[^[]{1,80} )?\[|runtime: (?:goroutine stack exceeds|out of memory)|unexpected fault address |SIG[A-Z]{2,6}: )/;
const GO_LINE =
  /^(?:created by |panic\(|PC=0x|\[signal |\[originating |exit status \d|runtime stack:|\.\.\.(?:additional|\d+) frames|[a-z]\w{1,7} +0x[\da-f]+$)/;
const GOROUTINE = /^goroutine \d+ (?:gp=[^[]{1,80} )?\[/;
/** Lines before the first frame. */
const GO_REASON = /^(?:runtime: |fatal error: )/;
const RUST = /^thread '[^']*'(?: \(\d+\))? panicked at /;
const RUST_LINE = /^(?:stack backtrace:$|note: )/;
const NUMBERED_START = /^(?:\[stacktrace\]|Stack trace:)$/;
const NUMBERED_LINE = /^(?:#\d+\s|Next \S+: |"\}\s*$)/;
/** The start of a line of a log: a time, a level, a bracket, JSON, a pair. */
const LOG_LINE =
  /^(?:\d|\[|\{|<\d|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d|\w+=)/;

/** The most lines of an exception's message: other lines may follow an exception without frames. */
const MESSAGE_MAX = 20;

/** Tracks the lines of one group, and decides by these lines only whether another one continues them. */
export class TraceLines {
  #phase: Phase = 'opening';
  #lines = 0;
  #last = '';
  #hasOpenBrace = false;
  #hasFrames = false;
  /** The number of lines in the message of a Java exception. */
  #message = 0;
  /** The number of fields that pydantic has announced and not yet named. */
  #fields = 0;

  /** Whether the line continues the added ones. */
  isContinuedBy(text: string): boolean {
    return this.#next(trimEnd(text)) !== undefined;
  }

  /** Adds a line, even if it does not continue the others. */
  add(text: string): void {
    const line = trimEnd(text);
    const from = this.#phase;
    this.#phase = (this.#lines === 0 ? undefined : this.#next(line)) ?? firstPhase(line);
    this.#message = this.#phase === 'message' ? this.#message + 1 : 0;
    if (from === 'python') this.#fields = Number(VALIDATION.exec(line.slice(0, NAME_MAX))?.[1] ?? 0);
    else if (this.#phase === 'validation' && !/^\s/.test(line)) this.#fields--;
    this.#lines++;
    if (CLOSING.test(line)) this.#hasOpenBrace = false;
    else if (line.endsWith('{') || line.endsWith('[')) this.#hasOpenBrace = true;
    this.#hasFrames ||= /^\s+\S/.test(line);
    this.#last = line;
  }

  /** The phase after the line; undefined if it starts a new group. */
  #next(line: string): Phase | undefined {
    const phase = this.#phase;
    if (/^\s/.test(line)) return this.#indented(line);
    if (line === '') return this.#blank();
    if (JAVA_CAUSE.test(line)) return causePhase(line);
    if (CHAINED.test(line)) return 'chained';
    if (ALWAYS.test(line)) return phase === 'header' || phase === 'message' ? 'trace' : phase;
    if (STACK.test(line)) return 'trace';
    const mayStart = phase === 'opening' || phase === 'chained' || phase === 'file';
    if (GROUP.test(line)) return mayStart ? 'group' : undefined;
    if (TRACEBACK.test(line)) return mayStart ? 'python' : undefined;
    if (REMOTE.test(line)) return mayStart ? 'remote' : undefined;
    if (CLOSING.test(line) && this.#hasOpenBrace) return phase;
    return phase === 'opening' ? this.#afterOpening(line) : this.#afterTrace(phase, line);
  }

  #indented(line: string): Phase {
    if (GROUP.test(line)) return 'group';
    if (JAVA_CAUSE.test(line)) return causePhase(line);
    if (this.#phase === 'opening' && FILE.test(line)) return 'file';
    if (this.#phase === 'code' && /^\s+\^+$/.test(line)) return 'caret';
    const isFrame = /^\s+(?:at |\.\.\. \d)/.test(line);
    return isFrame && AWAIT_FRAMES.has(this.#phase) ? 'trace' : this.#phase;
  }

  #blank(): Phase | undefined {
    if (this.#phase === 'opening' || this.#phase === 'jul') return undefined;
    return this.#phase === 'header' ? 'message' : this.#phase;
  }

  #afterOpening(line: string): Phase | undefined {
    if (PACKAGED.test(nameOf(line))) return 'header';
    if (BARE.test(nameOf(line)) && this.#last.endsWith(':')) return 'trace';
    if (GOROUTINE.test(line)) return 'go';
    if (ASYNCIO.test(line)) return 'opening';
    return NUMBERED_START.test(line) ? 'numbered' : undefined;
  }

  #afterTrace(phase: Phase, line: string): Phase | undefined {
    if (NODE_END.test(line)) return 'trace';
    if (NUMBERED_START.test(line)) return 'numbered';
    switch (phase) {
      case 'header':
        if (STRIPPED_FRAME.test(line)) return 'trace';
        if (line.startsWith('#0')) return 'numbered';
        // A message without a first line has no second one.
        return /: \S/.test(this.#last.replace(JAVA_CAUSE, '')) ? this.#moreOfMessage(line) : undefined;
      case 'message':
        return STRIPPED_FRAME.test(line) ? 'trace' : this.#moreOfMessage(line);
      case 'trace':
        return this.#afterFrames(line);
      case 'remote':
        return line === '"""' ? 'chained' : undefined;
      case 'threads':
        return THREADS.test(line) || THREADS_LINE.test(line) ? 'threads' : undefined;
      case 'call':
        if (line.startsWith('Message: ')) return 'call';
        return line.startsWith('Arguments: ') ? 'trace' : undefined;
      case 'validation':
        return this.#fields > 0 && !LOG_LINE.test(line) ? 'validation' : undefined;
      case 'jul':
        return JUL_LEVEL.test(line) ? 'opening' : undefined;
      case 'required':
        return line.startsWith('- ') ? 'required' : undefined;
      case 'python':
        return LOG_LINE.test(line) ? undefined : 'trace';
      case 'file':
        return BARE.test(nameOf(line)) ? 'trace' : undefined;
      case 'group':
        return line.startsWith('|') || line.startsWith('+') ? 'group' : undefined;
      case 'code':
        if (/^\^+$/.test(line)) return 'caret';
        return this.#lines === 1 ? 'code' : undefined;
      case 'caret':
        // Node prints a thrown value other than an error without an empty line before it.
        return this.#last === '' || /^\s*\^+$/.test(this.#last) ? 'trace' : undefined;
      case 'go':
        if (GOROUTINE.test(line)) return this.#last === '' || !this.#hasFrames ? 'go' : undefined;
        if (GO_REASON.test(line)) return this.#hasFrames ? undefined : 'go';
        return GO_LINE.test(line) || isGoCall(line) ? 'go' : undefined;
      case 'rust-message':
        return 'rust';
      case 'rust':
        return RUST_LINE.test(line) ? 'rust' : undefined;
      case 'numbered':
        return NUMBERED_LINE.test(line) ? 'numbered' : undefined;
      default:
        return undefined;
    }
  }

  #moreOfMessage(line: string): Phase | undefined {
    const isStart = LOG_LINE.test(line) || PACKAGED.test(nameOf(line)) || firstPhase(line) !== 'opening';
    return isStart || this.#message >= MESSAGE_MAX ? undefined : 'message';
  }

  #afterFrames(line: string): Phase | undefined {
    if (this.#fields > 0 && !LOG_LINE.test(line)) return 'validation';
    if (STRIPPED_FRAME.test(line) || SQL_LINE.test(line)) return 'trace';
    if (line === 'Call stack:') return 'call';
    if (line === 'Require stack:') return 'required';
    if (line === '"""') return 'trace';
    return line.startsWith('#0') ? 'numbered' : undefined;
  }
}

/** Phases that end with the first frame of Java or Node. */
const AWAIT_FRAMES: ReadonlySet<Phase> = new Set<Phase>(['opening', 'header', 'message', 'required']);

/** The phase of the first line of a group. */
function firstPhase(line: string): Phase {
  if (TRACEBACK.test(line)) return 'python';
  if (FILE.test(line)) return 'file';
  if (GROUP.test(line)) return 'group';
  if (REMOTE.test(line)) return 'remote';
  if (THREADS.test(line)) return 'threads';
  if (JUL.test(line)) return 'jul';
  // With a quote: Python names the thread without quotes, and its own trace follows.
  if (PACKAGED.test(nameOf(line)) || line.startsWith('Exception in thread "')) return 'header';
  if (BARE.test(nameOf(line))) return 'trace';
  if (NODE_CODE.test(line)) return 'code';
  if (GO_START.test(line)) return 'go';
  if (RUST.test(line)) return line.endsWith(':') ? 'rust-message' : 'rust';
  return NUMBERED_START.test(line) ? 'numbered' : 'opening';
}

/** A circular cause has neither its own message nor frames. */
function causePhase(line: string): Phase {
  return line.includes('[CIRCULAR REFERENCE') ? 'trace' : 'header';
}

/** `main.(*Cart).Total(0xc00001, 0x2)` */
function isGoCall(line: string): boolean {
  const call = line.indexOf('(');
  const hasSpace = line.slice(0, call).includes(' ');
  return call > 0 && !hasSpace && line.endsWith(')') && /^[A-Za-z][\w/%~-]*\./.test(line);
}

/** The part of the line that may contain the name of an exception. */
function nameOf(line: string): string {
  const colon = line.indexOf(': ');
  return colon === -1 || colon > NAME_MAX ? line.slice(0, NAME_MAX) : line.slice(0, colon + 2);
}

/** Removes the carriage return of lines from Windows. */
function trimEnd(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
