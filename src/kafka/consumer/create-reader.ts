import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { ClientReader } from './client-reader.ts';
import type { NativeConsumer } from '../native.ts';
import { NativeReader, nativePlugin } from './native-reader.ts';
import { POLL_TIMEOUT_MS, type RecordReader } from './record-reader.ts';

/** The native reader or, if it is not available, the client's `consume`: the same, but slower. */
export function createReader(consumer: NativeConsumer, { reader }: Config['kafka'], log: Log): RecordReader {
  if (reader === 'client') return new ClientReader(consumer);
  try {
    nativePlugin();
    return new NativeReader(consumer, POLL_TIMEOUT_MS);
  } catch (error) {
    log.warn(
      { code: 'native_reader_unavailable', reason: messageOf(error) },
      'native reader unavailable, reading with the Kafka client at half the speed',
    );
    return new ClientReader(consumer);
  }
}
