import { messageOf } from '../../errors.ts';
import { positionInStack } from '../loader/code-frame.ts';

const NAME = /^[A-Za-z_$][\w$]{0,60}$/;

/**
 * Messages of the JavaScript engine and of Logweir that contain no value of an event. Each pattern matches
 * the part that is shown: the rest may name a key or quote a value.
 */
const SAFE_MESSAGES: readonly RegExp[] = [
  /^Cannot (?:read|set) properties of (?:undefined|null)/,
  /^Cannot convert (?:undefined or null to object|object to primitive value)/,
  /^Cannot mix BigInt and other types/,
  /^Do not know how to serialize a BigInt/,
  /^Converting circular structure to JSON/,
  /^Invalid (?:array length|time value|string length)/,
  /^Maximum call stack size exceeded/,
  /^Assignment to constant variable/,
  /^returned (?:null|a \w+|an instance of \w+); an event must be a plain object/,
  /^a batch of \d+ events must return an array of as many results/,
  /^took longer than \d+ ms/,
];

/**
 * Describes an error of a transform without its message, which may quote the event: the name of the error,
 * the message where it is one that contains no value, and the position in the user's file.
 *
 * @returns for instance `TypeError: Cannot read properties of undefined (/etc/logweir/mine.ts:3:12)`
 */
export function describeWithoutValues(error: Error): string {
  const place = placeOf(error, messageOf(error));
  return `${safeMessageOf(error)}${place === null ? '' : ` (${place})`}`;
}

/** The same without the position, which takes longer to find. */
export function safeMessageOf(error: Error): string {
  const message = messageOf(error);
  const shown = SAFE_MESSAGES.map((pattern) => pattern.exec(message)?.[0]).find((text) => text !== undefined);
  return `${nameOf(error)}${shown === undefined ? '' : `: ${shown}`}`;
}

function nameOf(error: Error): string {
  const { name } = error as { name: unknown };
  return typeof name === 'string' && NAME.test(name) ? name : 'Error';
}

/** The first position in a file of the user. The message is removed first: it may look like a position. */
function placeOf({ stack }: { readonly stack?: unknown }, message: string): string | null {
  if (typeof stack !== 'string') return null;
  const after = message === '' ? -1 : stack.indexOf(message);
  const frames = (after === -1 ? stack : stack.slice(after + message.length)).split('\n').slice(1);
  const position = positionInStack(frames.filter((line) => /^\s+at /.test(line)).join('\n'), '');
  if (position === undefined) return null;
  const { path, line, column } = position;
  return `${path}:${line}${column === undefined ? '' : `:${column}`}`;
}
