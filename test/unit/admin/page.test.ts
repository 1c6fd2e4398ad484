import { expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../../../src/admin/metrics.ts';
import { AdminServer } from '../../../src/admin/server.ts';
import type { StatusView } from '../../../src/admin/status-view.ts';
import { Tap } from '../../../src/tap/tap.ts';
import { idleGauges } from '../../support/idle-gauges.ts';
import { type OpenPage, accessibilityProblems, openPage, picture } from '../../support/browser.ts';
import { holdExample, statusExample } from '../support/status-example.ts';

/** The real endpoint over a status that the test sets, in a real Chromium. */
async function open(
  status: () => StatusView | Promise<StatusView>,
  tap = new Tap(),
): Promise<OpenPage & { address: string }> {
  const { registry } = new Metrics('logweir_', idleGauges);
  const server = await AdminServer.start(
    { listen: '127.0.0.1:0', hosts: [], metrics_prefix: 'logweir_' },
    { metrics: registry, status, readiness: () => null, tap },
  );
  onTestFinished(() => server.close());
  return { ...(await openPage(server.address)), address: server.address };
}

it('shows every field, follows changes, finds texts that look like HTML harmless, and has no problem of accessibility', async () => {
  let status = statusExample();
  const { page, errors, requests, address } = await open(() => status);
  const sentence = page.locator('#sentence');
  await sentence.filter({ hasText: 'http://es-2:9200 fails' }).waitFor();
  for (const text of ['parse-json', 'mapper_parsing_exception', 'app-logs[2]', '1,000,001, 12 s old'])
    expect(await page.locator('main').textContent()).toContain(text.replace('1,000,001', '1000001'));
  expect(await page.locator('#tables img, #facts img').count()).toBe(0);
  expect(await page.locator('[data-table="transforms"] tbody tr').nth(1).textContent()).toContain(
    '<img src=x',
  );

  status = statusExample({ holds: [holdExample()] });
  await sentence.filter({ hasText: /^Blocked since .*app-logs\[1\]/ }).waitFor();
  expect(await page.locator('#action').textContent()).toMatch(/^What to do: Free disk space/);
  expect(await page.title()).toBe('BLOCKED – Logweir');
  for (const width of [1280, 375]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await picture(page, `example-${colorScheme}-${width}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate<number>(overflow)).toBe(0);
    }
  }
  expect(errors).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(address))).toEqual([]);
});

it('its policy lets no text become HTML, and no other page show it', async () => {
  const { page, address } = await open(() => statusExample());
  const headers = (await fetch(address)).headers;
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  );
  expect(headers.get('x-frame-options')).toBe('DENY');
  await expect(page.evaluate("document.body.innerHTML = '<b>x</b>'")).rejects.toThrow(/TrustedHTML/);
});

it('the tap shows events as text, stops, and says why it cannot start', async () => {
  const tap = new Tap();
  const { page, errors } = await open(() => statusExample(), tap);
  await page.fill('#tap-filter', 'user.name=<b>Ann</b>');
  await page.click('#tap-button');
  await expect.poll(() => tap.isOpen).toBe(true);
  const record = { topic: 'app-logs', partition: 0, offset: 7, timestamp: 1 };
  const show = (event: object): void => {
    const bytes = Buffer.from(JSON.stringify(event));
    tap.before(record, bytes, 0, bytes.length);
  };
  show({ user: { name: 'Bob' } });
  show({ user: { name: '<b>Ann</b>' }, image: '<img src=x onerror=alert(1)>' });
  const items = page.locator('#tap-events li');
  await items.first().waitFor();
  expect(await items.allTextContents()).toEqual([
    'before app-logs[0]@7{"user":{"name":"<b>Ann</b>"},"image":"<img src=x onerror=alert(1)>"}',
  ]);
  expect(await page.locator('#tap-events :is(b, img)').count()).toBe(0);
  await page.locator('#tap-state').filter({ hasText: '2 passed, 2 compared' }).waitFor();
  await page.click('#tap-button');
  await expect.poll(() => tap.isOpen).toBe(false);
  expect(errors).toEqual([]);
  await page.fill('#tap-filter', 'x'.repeat(501));
  await page.click('#tap-button');
  await page.locator('#tap-state').filter({ hasText: 'longer than 500 characters' }).waitFor();
});

it('an instance that hangs is told, and shown as live again when it answers', async () => {
  const held = Promise.withResolvers<StatusView>();
  let isHanging = false;
  const { page } = await open(() => (isHanging ? held.promise : statusExample()));
  const connection = page.locator('#connection');
  await connection.filter({ hasText: /^live$/ }).waitFor();
  isHanging = true;
  await connection
    .filter({ hasText: /^no answer for \d+ s: what is shown is old/ })
    .waitFor({ timeout: 15_000 });
  expect(await page.title()).toBe('no answer – Logweir');
  isHanging = false;
  held.resolve(statusExample());
  await connection.filter({ hasText: /^live$/ }).waitFor();
  expect(await page.title()).toBe('look here – Logweir');
});
