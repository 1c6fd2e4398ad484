import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { accessibilityProblems, openPage, picture } from '../support/browser.ts';
import { agentEvent } from '../support/events.ts';
import { logweirCommand } from '../support/command.ts';
import { openLab } from '../support/lab.ts';

/** From the moment that the instance knows it. */
const TEN_SECONDS = 10_000;
const HTML = '<img src=x onerror="document.title=\'hacked\'"><b>bold</b>';

const MARK = `export default (event) => (event.seq % 10 === 3 ? undefined : { ...event, marked: true });`;

it('the status page tells flow, outage, block and recovery within ten seconds, and shows events as text', async () => {
  const lab = await openLab();
  let next = 0;
  const produce = async (count: number): Promise<void> => {
    const events = Array.from({ length: count }, (_, index) => agentEvent(next + index));
    next += count;
    await lab.ledger.produce(lab.topic, events);
  };
  await produce(500);
  const logweir = lab.start({ transforms: [{ use: './mark.ts' }] }, { 'mark.ts': MARK });
  await lab.waitForLagZero();
  const { admin } = await logweir.waitForLog(/^starting/, 60_000);
  const { page, errors, requests } = await openPage(String(admin));
  const says = async (text: RegExp): Promise<void> => {
    await page.locator('#sentence').filter({ hasText: text }).waitFor({ timeout: TEN_SECONDS });
  };
  await says(/^Events flow: |^Ready: /);
  expect(await page.locator('[data-table="partitions"] tbody tr').count()).toBe(3);

  const policy = (await fetch(String(admin))).headers.get('content-security-policy');
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
  expect(policy).not.toMatch(/unsafe/);

  await page.fill('#tap-filter', '<b>bold</b>');
  await page.click('#tap-button');
  await page.locator('#tap-state').filter({ hasText: 'Waiting' }).waitFor();
  await lab.ledger.produce(lab.topic, [{ message: HTML, seq: 1 }]);
  const shown = page.locator('#tap-events li');
  await shown.nth(1).waitFor({ timeout: TEN_SECONDS });
  const texts = await shown.allTextContents();
  expect(texts[0]).toContain(`after ${lab.topic}[`);
  expect(texts[0]).toContain('"marked":true');
  expect(texts[1]).toMatch(/^before /);
  expect(texts.join()).toContain(JSON.stringify(HTML).slice(1, -1));
  expect(await page.locator('#tap-events :is(img, b)').count()).toBe(0);
  await page.click('#tap-button');

  for (const [width, scheme] of [
    [1280, 'light'],
    [1280, 'dark'],
    [375, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, `flow-${scheme}-${width}`);
    const isTooWide = await page.evaluate<boolean>(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    expect(isTooWide).toBe(false);
  }
  await page.setViewportSize({ width: 1280, height: 900 });

  await lab.proxy.refuse();
  await produce(2000);
  await logweir.waitUntil(
    async () => (await logweir.status()).elasticsearch.state === 'outage',
    'the outage',
  );
  await says(
    /^Paused since .*Elasticsearch does not accept documents: .*nothing is lost\. [\d,]+ records behind/,
  );
  expect(await page.title()).toBe('BLOCKED – Logweir');
  await picture(page, 'outage');
  await lab.proxy.accept();
  await lab.waitForLagZero();
  await says(/^Events flow: |^Ready: |^Catching up: /);

  const setBlock = async (blocked: boolean | null): Promise<void> => {
    const body = JSON.stringify({ 'index.blocks.write': blocked });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${lab.elasticsearch}/${lab.index}/_settings`, { method: 'PUT', headers, body });
  };
  await setBlock(true);
  await produce(50);
  await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a block');
  await says(/^Blocked since .*cluster_block_exception/);
  const row = page.locator('[data-table="blocked"] tbody tr').first();
  expect(await row.textContent()).toContain(`${lab.topic}[`);
  await expect.poll(() => page.locator('#action').textContent()).toMatch(/^What to do: Free disk space/);
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await accessibilityProblems(page)).toEqual([]);
  await picture(page, 'blocked');
  await page.setViewportSize({ width: 1000, height: 760 });
  await page.emulateMedia({ colorScheme: 'light' });
  await picture(page, 'readme');
  await setBlock(null);
  await lab.waitForLagZero();
  await says(/^Events flow: |^Ready: /);

  expect(errors).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(String(admin)))).toEqual([]);
}, 400_000);

it('with workers the supervisor serves one page, one history and one tap for all, to top and tap', async () => {
  const lab = await openLab({ partitions: 2 });
  const logweir = lab.start({ workers: 2 });
  const { admin } = await logweir.waitForLog(/^starting/, 60_000);
  const workers = async (): Promise<number> => {
    const { kafka } = await logweir.status();
    return new Set(kafka.partitions.map(({ worker }) => worker)).size;
  };
  await logweir.waitUntil(async () => (await workers()) === 2, 'both workers to own a partition');
  // One worker shows at most 50 events in a second, so that these are of both.
  let isDone = false;
  const address = ['--url', String(admin)];
  const tapped = logweirCommand(
    ['tap', '--json', '--before', '--filter', 'tapped=yes', '--limit', '70', ...address],
    { timeoutMs: 200_000 },
  ).finally(() => (isDone = true));
  const event = { tapped: 'yes' };
  await logweir.waitUntil(
    async () => {
      await lab.ledger.produce(
        lab.topic,
        Array.from({ length: 120 }, () => event),
      );
      // The command may take long to start: no need to fill the topic meanwhile.
      await delay(300);
      return isDone;
    },
    '70 events to be tapped',
    200_000,
  );
  const { code, stdout } = await tapped;
  expect(code).toBe(0);
  const partitions = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { partition: number }).partition);
  expect(partitions).toHaveLength(70);
  expect(new Set(partitions)).toEqual(new Set([0, 1]));

  const top = await logweirCommand(['top', '--once', ...address], { timeoutMs: 100_000 });
  expect(top).toMatchObject({ code: 0, stderr: '' });
  expect(top.stdout).toContain(`${lab.topic}[1]`);
  expect(top.stdout).toMatch(/^Workers$/m);

  const stopped = new AbortController();
  const stream = await fetch(`${String(admin)}/api/events`, { signal: stopped.signal });
  let text = '';
  for await (const part of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (/"received":\{[^}]*"values":\[[\d.]/.test(text) && text.includes('"title":"Workers"')) break;
  }
  stopped.abort();
  await lab.waitForLagZero();
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
}, 400_000);
