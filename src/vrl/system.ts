import { hostname } from 'node:os';
import { asCount, asString } from './types.ts';
import { Aborted, VrlError } from './values.ts';

export function getEnvVar(name: unknown): string {
  const value = process.env[asString(name)];
  if (value === undefined) throw new VrlError('environment variable not found');
  return value;
}

export function getHostname(): string {
  return hostname();
}

/** `abort`: ends the program. */
export function abort(message?: unknown): never {
  throw new Aborted(message === undefined ? 'aborted' : asString(message));
}

/** @throws VrlError if the condition does not hold */
export function assert(condition: unknown, message?: unknown): true {
  if (condition === true) return true;
  throw new VrlError(message === undefined ? 'assertion failed' : asString(message));
}

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const LEVEL_ALIASES: Readonly<Record<string, number>> = {
  emergency: 0,
  panic: 0,
  critical: 2,
  error: 3,
  warn: 4,
};

const FACILITIES = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');

export function toSyslogLevel(value: unknown): string {
  return listed(LEVELS, value, 'level');
}

export function toSyslogFacility(value: unknown): string {
  return listed(FACILITIES, value, 'facility');
}

function listed(names: readonly string[], value: unknown, what: string): string {
  const found = names[asCount(value)];
  if (found === undefined) throw new VrlError(`${what} code ${String(value)} not valid`);
  return found;
}

export function toSyslogSeverity(value: unknown): number {
  const text = asString(value);
  const code = LEVEL_ALIASES[text] ?? LEVELS.indexOf(text);
  if (code < 0) throw new VrlError(`syslog level ${text} not valid`);
  return code;
}

export function toSyslogFacilityCode(value: unknown): number {
  const code = FACILITIES.indexOf(asString(value));
  if (code < 0) throw new VrlError(`syslog facility '${asString(value)}' not valid`);
  return code;
}
