import { FixedOffsetZone } from 'luxon';
import { parseSyslog as parseLine } from '../../transforms/lib/syslog.ts';
import { type Timestamp, timestampLiteral } from './timestamp.ts';
import { asString } from './types.ts';
import { type Fields, isFields, setField, VrlError } from './values.ts';

/** RFC 5424 and RFC 3164; a time without a year is of the current one, in UTC. */
export function parseSyslog(value: unknown): Fields {
  const found = parseLine(asString(value), Date.now(), FixedOffsetZone.utcInstance);
  if (found === undefined) throw new VrlError('unable to parse input as valid syslog message');
  const fields: Fields = {};
  for (const [key, one] of Object.entries(found)) {
    if (key === 'structured_data' && isFields(one)) {
      for (const [id, parameters] of Object.entries(one)) setField(fields, id, parameters);
    } else setField(fields, key, typed(key, one));
  }
  return fields;
}

function typed(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (key === 'timestamp') return timeOf(value);
  return key === 'procid' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

function timeOf(text: string): Timestamp {
  try {
    return timestampLiteral(text);
  } catch (error) {
    throw new VrlError('unable to parse input as valid syslog message', { cause: error });
  }
}
