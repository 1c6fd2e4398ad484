/**
 * The reader with AddressSanitizer and UndefinedBehaviorSanitizer: random streams for half a minute, ends in the midst of polls, and the
 * contract of test/integration/reader-*.test.ts on a real Kafka; then deliberate defects, which the random streams must find.
 *
 *     node test/native/sanitize.ts
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../support/kafka-server.ts';
import { root } from '../support/paths.ts';
import { SANITIZED, build, buildForFuzz, sanitizedEnvironment, sanitizerLibrary } from './build.ts';

const CONTRACT = ['records', 'streams', 'errors', 'lifetime', 'before'];

const library = sanitizerLibrary();
if (library === undefined) throw new Error('the compiler has no libasan.so');
const sanitized = sanitizedEnvironment(library);
const directory = mkdtempSync(join(tmpdir(), 'logweir-sanitize-'));

/** Runs Node here, or in that directory. @throws Error where it does not exit with `wanted` */
function node(args: readonly string[], environment: Record<string, string>, cwd = root, wanted = 0): void {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  if (status !== wanted) throw new Error(`'node ${args.join(' ')}' ended with ${status ?? signal}`);
}

/** The sources and tests with a reader of their own, which they look for beside themselves. */
function copyWithReader(): string {
  const copy = join(directory, 'copy');
  mkdirSync(join(copy, 'native'), { recursive: true });
  for (const name of ['src', 'test', 'transforms', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['node_modules', '.cache']) symlinkSync(join(root, name), join(copy, name));
  build(join(copy, 'native/reader.node'), { CFLAGS: SANITIZED });
  return copy;
}

async function contract(): Promise<void> {
  const copy = copyWithReader();
  const kafka = await startKafka({ runDirectory: join(directory, 'kafka') });
  try {
    const files = CONTRACT.map((name) => `test/integration/reader-${name}.test.ts`);
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    node(
      [vitest, 'run', '--project', 'integration', '--maxWorkers', '1', '--testTimeout', '300000', ...files],
      {
        ...sanitized,
        READER_SOURCES: 'native',
        KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
        // It is never called.
        ELASTICSEARCH_ENDPOINTS: 'http://127.0.0.1:1',
      },
      copy,
    );
  } finally {
    await kafka.stop();
  }
}

try {
  const path = (name: string): string => join(root, 'test/native', name);
  buildForFuzz(directory, SANITIZED);
  node(['--expose-gc', path('fuzz.ts'), directory, '20'], sanitized);
  node(['--expose-gc', path('fuzz.ts'), directory, '10'], { ...sanitized, UV_THREADPOOL_SIZE: '1' });
  node([path('teardown.ts'), directory], sanitized, root, 7);
  await contract();
  node([path('defects.ts')], {});
} finally {
  rmSync(directory, { recursive: true, force: true });
}
