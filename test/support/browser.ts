import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { runRoot } from './paths.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** In a container, tests run as root and with a small /dev/shm. */
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];

/** A page in a real Chromium, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Messages of the console, uncaught errors, violations of the content security policy. */
  readonly errors: string[];
  /** Addresses of all requests. */
  readonly requests: string[];
}

/** Ends with the test. */
export async function openPage(url: string): Promise<OpenPage> {
  const browser = await launch();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests };
}

async function launch(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error('there is no Chromium: run dev/setup.sh, or install the package chromium');
  return await chromium.launch({ executablePath, args: ARGS });
}

/** What axe-core finds, one line for each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger: the page's own policy lets no other script in.
  await page.evaluate(source);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    'axe.run().then(({ violations }) => violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** Writes a picture of the page, as build output. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = join(runRoot, 'status-page');
  mkdirSync(directory, { recursive: true });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
