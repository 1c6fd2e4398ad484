import { readConfigured } from '../config/read-file.ts';
import { LogweirError } from '../errors.ts';

const HEADER = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/;

/**
 * Reads HTTP headers, one a line as `Name: value`; empty lines and lines that start with `#` are skipped.
 *
 * @throws LogweirError CONFIG, without text of the file
 */
export function readHeaders(path: string): Record<string, string> {
  const headers = new Map<string, string>();
  for (const [index, text] of readConfigured(path, 'tracing.headers_file').split('\n').entries()) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      const place = `line ${index + 1} of ${path}`;
      throw new LogweirError('CONFIG', `tracing.headers_file: ${place} must be a header, as Name: value`);
    }
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}
