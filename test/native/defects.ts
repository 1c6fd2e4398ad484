/**
 * Puts deliberate defects into a copy of native/reader.c, one by one, and lets the fuzzer find each of them. One that it does not find is
 * printed as SURVIVED, and the exit code is 1.
 *
 *     node test/native/defects.ts [part of a name]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SANITIZED, buildForFuzz, sanitizedEnvironment, sanitizerLibrary } from './build.ts';

/** The name says what is wrong then; the text must stand in the file exactly once. */
const DEFECTS: readonly [name: string, search: string, replace: string][] = [
  [
    'a record goes over the end of the memory',
    'extent.total <= poll->space.end - poll->space.at',
    'extent.total <= poll->space.end',
  ],
  ['the byte after a value is not counted', 'message->len + (room > 0 ? 1 : 0)', 'message->len'],
  ['headers are not counted', '+ extent.headers_length;', ';'],
  [
    'a negative partition has twenty digits',
    'size_t count = number < 0 ? 2 : 1;',
    'size_t count = number < 0 ? 20 : 1;',
  ],
  [
    'an empty key is null',
    'message->key == NULL ? -1 : (double)key_length',
    'key_length == 0 ? -1 : (double)key_length',
  ],
  ['an empty value is a tombstone', 'message->payload == NULL ? -1', 'message->len == 0 ? -1'],
  ['the time of a record that has none is anything', 'type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 :', ''],
  ['no headers are an empty list', 'extent->headers == NULL ? -1 :', ''],
  ['a message is not destroyed', 'librdkafka.rd_kafka_message_destroy(message);', ''],
  [
    'more rows are written than there are',
    'return poll->count < poll->max && poll->large == NULL;',
    'return poll->count <= poll->max && poll->large == NULL;',
  ],
  ['a poll continues after a large record', ' && poll->large == NULL;', ';'],
  [
    'the end of a partition is an error',
    'message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF',
    'message->err != 0',
  ],
  ['an error is dropped', 'poll->error = message->err;', ''],
  ['a poll continues after an error', '      has_room = false;', ''],
  [
    'the most recent topic is every topic',
    'strcmp(consumer->topics[recent], name) == 0) return',
    'name != NULL) return',
  ],
  ['names of topics are never freed', 'free(consumer->topics[topic]);', ';'],
  ['the memory of a large record is never freed', '  free(bytes);', '  (void)bytes;'],
  ['a record without a topic is large', 'if (topic >= 0 && !fits)', 'if (!fits)'],
  ['want of memory for a large record is not looked at', '(!fits && poll->large == NULL)', 'false'],
  ['want of memory for a name is not looked at', 'if (grown[consumer->topic_count] == NULL) return -1;', ''],
  [
    'a record without memory is skipped in silence',
    'if (poll->out_of_memory) return made && error_object',
    'if (false) return made && error_object',
  ],
  [
    "a consumer's end does not wait for a poll",
    'while (gone->reading) pthread_cond_wait',
    'while (false) pthread_cond_wait',
  ],
  [
    "a consumer's end waits for the event loop",
    'while (gone->reading) pthread_cond_wait',
    'while (gone->polling) pthread_cond_wait',
  ],
  ['a poll starts after the end of its consumer', 'if (!reading) return;', ''],
  [
    "a consumer is freed while a poll's callback needs it",
    'poll->consumer->polling = true, poll->consumer->users++;',
    'poll->consumer->polling = true;',
  ],
  ['a consumer stays in the list after its end', '*at = gone->next;', ''],
  [
    'producers are attached',
    'if (librdkafka.rd_kafka_type(rk) != RD_KAFKA_CONSUMER) return RD_KAFKA_RESP_ERR_NO_ERROR;',
    '',
  ],
];

const source = fileURLToPath(new URL('../../native/reader.c', import.meta.url));
const fuzz = fileURLToPath(new URL('fuzz.ts', import.meta.url));
const text = readFileSync(source, 'utf8');
const library = sanitizerLibrary();
const environment = library === undefined ? {} : sanitizedEnvironment(library);
const flags = `-Wno-error ${library === undefined ? '' : SANITIZED}`;

/** How the fuzzer ends with a reader of that text; null where it had to be killed. */
function fuzzed(mutated: string): number | null {
  const directory = mkdtempSync(join(tmpdir(), 'logweir-defect-'));
  try {
    writeFileSync(join(directory, 'reader.c'), mutated);
    buildForFuzz(directory, flags, join(directory, 'reader.c'));
    return spawnSync(process.execPath, ['--expose-gc', fuzz, directory, '6', '1'], {
      env: { ...process.env, ...environment, UV_THREADPOOL_SIZE: '2' },
      timeout: 40_000,
      killSignal: 'SIGKILL',
      stdio: 'ignore',
    }).status;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (fuzzed(text) !== 0) throw new Error('the reader fails as it is');
for (const [name, search, replace] of DEFECTS) {
  if (!name.includes(process.argv[2] ?? '')) continue;
  if (text.split(search).length !== 2) throw new Error(`'${search}' does not stand in reader.c exactly once`);
  const survived = fuzzed(text.replace(search, () => replace)) === 0;
  process.stdout.write(`${survived ? 'SURVIVED' : 'found   '}  ${name}\n`);
  if (survived) process.exitCode = 1;
}
