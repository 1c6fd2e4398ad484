import type { Mutant } from './mutant.ts';

export const memory: readonly Mutant[] = [
  {
    name: 'memory goes to others while it is written to',
    file: 'src/memory/arena.ts',
    search: 'this.#made();\n    chunk.use();\n',
    replace: 'this.#made();\n',
    tests: ['memory/arena', 'pipeline/memory', 'memory/record-arena'],
  },
  {
    name: 'the value of a buffered record is read from the wrong position',
    file: 'src/memory/record-chunk.ts',
    search: 'rows[VALUE_AT] = before;',
    replace: 'rows[VALUE_AT] = 0;',
    tests: ['memory/record-chunk', 'pipeline/settlement-runs'],
  },
  {
    name: 'headers count for nothing',
    file: 'src/memory/record-chunk.ts',
    search:
      'this.#bytesIn(row, VALUE_LENGTH) + this.#bytesIn(row, KEY_LENGTH) + this.#bytesIn(row, HEADERS_LENGTH)',
    replace: 'this.#bytesIn(row, VALUE_LENGTH) + this.#bytesIn(row, KEY_LENGTH)',
    tests: ['memory/record-size'],
  },
  {
    name: 'the key of a record lies in memory that goes to others',
    file: 'src/memory/record-chunk.ts',
    search:
      'const start = this.#number(row, KEY_AT);\n    return Buffer.from(this.bytes.subarray(start, start + length));',
    replace:
      'const start = this.#number(row, KEY_AT);\n    return this.bytes.subarray(start, start + length);',
    tests: ['memory/record-chunk', 'pipeline/buffered-record'],
  },
  {
    name: 'headers start at the position of the key',
    file: 'src/memory/record-chunk.ts',
    search: 'const start = this.#number(row, KEY_AT) + this.#bytesIn(row, KEY_LENGTH);',
    replace: 'const start = this.#number(row, KEY_AT);',
    tests: ['memory/record-chunk'],
  },
  {
    name: 'a chunk counts as empty though it is full',
    file: 'src/memory/record-chunk.ts',
    search: 'this.#end - this.#at < BYTES_LEFT_MIN || ',
    replace: '',
    tests: ['memory/record-arena'],
  },
  {
    name: 'the next poll overwrites buffered records',
    file: 'src/memory/batch-writer.ts',
    search: '  batch.chunk.use();\n',
    replace: '',
    tests: ['kafka/consumer/client-reader'],
  },
  {
    name: 'a record that no chunk has space for is lost',
    file: 'src/memory/batch-writer.ts',
    search: '      batches.push(used({ chunk: RecordChunk.of(large, room), from: 0, to: 1 }));\n',
    replace: '',
    tests: ['kafka/consumer/client-reader'],
  },
  {
    name: 'records are written after the last row',
    file: 'src/memory/batch-writer.ts',
    search: 'at < records.length && written < rows;',
    replace: 'at < records.length;',
    tests: ['kafka/consumer/client-reader'],
  },
];
