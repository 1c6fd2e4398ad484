import { existsSync, readFileSync } from 'node:fs';
import { withoutTypes } from '../transform/loader/without-types.ts';

/** A file of the status page, ready to be sent. */
interface PageFile {
  readonly type: string;
  readonly body: string;
}

const HTML = 'text/html; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};
const SCRIPTS = ['main', 'charts', 'elements', 'tables', 'tap'];

/**
 * Nothing but the page's own files. Trusted types forbid every way in which a script could turn a text into
 * HTML, so that the content of an event stays text.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** For every answer of the endpoint. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const files = new Map<string, PageFile>();

/** @param path of the URL. @returns null if it names no file of the page */
export function pageFile(path: string): PageFile | null {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = read(path);
  if (file !== null) files.set(path, file);
  return file;
}

function read(path: string): PageFile | null {
  if (path === '/') return { type: HTML, body: textOf('page.html') };
  const name = /^\/page\/([a-z.]+)$/.exec(path)?.[1];
  if (name === undefined) return null;
  const type = TYPES[name];
  if (type !== undefined) return { type, body: textOf(name) };
  const script = /^([a-z]+)\.(?:js|ts)$/.exec(name)?.[1];
  if (script === undefined || !SCRIPTS.includes(script)) return null;
  return { type: 'text/javascript; charset=utf-8', body: scriptOf(script) };
}

/** The compiled script in dist/, else the source without its types. */
function scriptOf(name: string): string {
  return existsSync(urlOf(`${name}.js`)) ? textOf(`${name}.js`) : withoutTypes(textOf(`${name}.ts`));
}

function textOf(name: string): string {
  return readFileSync(urlOf(name), 'utf8');
}

function urlOf(name: string): URL {
  return new URL(`page/${name}`, import.meta.url);
}
