import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../native/build.sh', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

/** Undefined behaviour ends the process, as a bad access does. */
export const SANITIZED =
  '-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all';
const COUNTED = ['malloc', 'calloc', 'realloc', 'strdup', 'free']
  .map((name) => `-Wl,--wrap=${name}`)
  .join(' ');

/** Compiles with native/build.sh. */
export function build(out: string, environment: Record<string, string> = {}): void {
  execFileSync('sh', [script], {
    env: { ...process.env, OUT: out, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The reader with its allocations counted, and the fake librdkafka. @param flags for both */
export function buildForFuzz(directory: string, flags: string, reader?: string): void {
  const source = reader === undefined ? {} : { SOURCE: reader };
  build(join(directory, 'reader.node'), {
    CFLAGS: `${flags} ${COUNTED} ${join(here, 'short-memory.c')}`,
    ...source,
  });
  build(join(directory, 'fake.node'), { CFLAGS: flags, SOURCE: join(here, 'fake-librdkafka.c') });
}

/** Whether there is a compiler of that name. */
export function hasCompiler(name = process.env['CC'] ?? 'cc'): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The sanitizers' library that a process must load before all others; undefined where the compiler has none. */
export function sanitizerLibrary(): string | undefined {
  try {
    const found = execFileSync(process.env['CC'] ?? 'cc', ['-print-file-name=libasan.so'], {
      encoding: 'utf8',
    });
    return found.trim().startsWith('/') ? found.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The environment of a process with sanitizers. Node frees little at its end, so leaks are looked for in other ways. */
export function sanitizedEnvironment(library: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    // The client gives memory of new[] to free().
    ASAN_OPTIONS: 'detect_leaks=0:alloc_dealloc_mismatch=0:abort_on_error=1:allocator_may_return_null=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  };
}
