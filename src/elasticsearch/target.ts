import type { Config } from '../config/schema.ts';
import { compileIndexName, dataStreamName, indexPattern } from './index-name.ts';

/** Where documents go, as far as the configuration tells. */
export interface TargetName {
  readonly mode: 'index' | 'data_stream';
  /** The name; of an index template, the name of a document of this time. */
  readonly name: string;
  /** All names of the target: with `*` for the placeholders of an index template. */
  readonly pattern: string;
  /** Whether the name depends on the event. */
  readonly isTemplate: boolean;
}

/** @param now milliseconds since the epoch */
export function targetName({ mode, index, data_stream }: Config['elasticsearch'], now: number): TargetName {
  if (mode === 'data_stream') {
    const name = dataStreamName(data_stream);
    return { mode, name, pattern: name, isTemplate: false };
  }
  const { name, needsEvent } = compileIndexName(index);
  return { mode, name: name({}, now), pattern: indexPattern(index), isTemplate: needsEvent };
}

/** Whether a pattern of Elasticsearch, with `*` for any text, matches a name. Linear in both. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
