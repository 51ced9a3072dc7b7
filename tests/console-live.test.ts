import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, startTestBrowser } from './browser.ts';
import { CountersignProcess } from './countersign-process.ts';

// What the machine that runs the app offers its console: changes as they happen, the clock, the mails, the log.

const { skip, withPage: openPage, close } = await startTestBrowser();
after(close);
/** Reminded after an hour, and over after two. */
const SETTINGS = {
  mailFrom: 'orders@example.com',
  peopleAddresses: '{"ben":"ben@example.com"}',
  confirmationPolicy: '{"stages":[{"people":["ben"]}]}',
  confirmationSchedule: '{"reminders":{"first":{"hours":1},"most":1}}',
  confirmationDeadlineDays: String(2 / 24),
};
const HOSTILE = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';

describe('beside the app, on its machine', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-live-'));
  let countersign: CountersignProcess;
  let consoleUrl: string;
  before(async () => {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    countersign = await CountersignProcess.start(folder, '--time-travel', ...settings);
    consoleUrl = `${countersign.ordersUrl}/console/`;
  });
  after(async () => {
    await countersign.kill();
    rmSync(folder, { recursive: true });
  });

  const withPage: typeof openPage = async (hash, work, options) =>
    await openPage(consoleUrl + hash, work, { ...options, initScript: NOTHING_BY_ITSELF });

  async function waiting(orderId: string, orderDetails = `details of ${orderId}`): Promise<void> {
    await countersign.request('POST', '/orders', { orderId, orderDetails });
    await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
  }

  const live = (page: Page) => page.getByText('Live', { exact: true }).waitFor();
  const row = (page: Page, orderId: string) => page.locator(`a[data-order="${orderId}"]`);
  const mail = (page: Page, about: string) => page.getByRole('link', { name: about });

  test('a mail comes to the outbox, and the answer by its link to the inbox, and nobody asks whether they have', async () => {
    await withPage('', async (inbox) => {
      await live(inbox);
      const outbox = await inbox.context().newPage();
      await outbox.goto(`${consoleUrl}#/outbox`);
      await outbox.getByText('No mail yet').waitFor();
      await live(outbox);
      for (const page of [inbox, outbox]) await page.evaluate('window.beginsByItself = false');
      await waiting('apples-1', HOSTILE);
      await row(inbox, 'apples-1').waitFor();
      await mail(outbox, 'apples-1').click();
      await outbox.getByText(HOSTILE).waitFor();
      assert.equal(await outbox.evaluate('window.ran'), undefined);
      const [answering] = await Promise.all([
        outbox.context().waitForEvent('page'),
        outbox.getByRole('link', { name: /orders\/apples-1\/links/ }).click(),
      ]);
      await answering.getByRole('button', { name: 'Confirm' }).click();
      await row(inbox, 'apples-1').waitFor({ state: 'detached' });
    });
  });

  test('where nobody tells of changes, as on AWS, the page asks now and then, and has no pages of a machine', async () => {
    await withPage('', async (page) => {
      await page.route('**/settings.json', (route) => route.fulfill({ json: { api: '' } }));
      await page.reload();
      await page.getByRole('heading', { name: 'Nothing waits' }).waitFor();
      await waiting('pears-1');
      await row(page, 'pears-1').waitFor();
      assert.equal(await page.getByRole('navigation').count(), 0);
      assert.equal(await page.getByText('Live', { exact: true }).count(), 0);
      await page.goto(`${consoleUrl}#/log`);
      await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    });
  });

  test('the clock is moved on, and what was due on the way has happened', async () => {
    await waiting('chairs-1');
    await withPage('', async (inbox) => {
      await row(inbox, 'chairs-1').waitFor();
      const time = await inbox.context().newPage();
      await time.goto(`${consoleUrl}#/time`);
      await time.getByText('as on this machine').waitFor();
      await time.getByRole('button', { name: 'To the next timer' }).click();
      await time.getByRole('heading', { name: /fell due/ }).waitFor();
      await inbox.getByText(/The clock was moved: it is (?:59 min|1 h)/).waitFor();
      await time.getByText(/^(?:59 min|1 h).* ahead of this machine/).waitFor();
      await time.getByRole('button', { name: '+ 1 hour' }).click();
      await row(inbox, 'chairs-1').waitFor({ state: 'detached' });
      await time.getByText(/^(?:1 h 59 min|2 h).* ahead of this machine/).waitFor();
      assert.equal((await countersign.request('GET', '/orders/chairs-1')).body['status'], 'EXPIRED');
      await time.getByRole('link', { name: 'Outbox' }).click();
      await time.getByLabel('Search in mails').fill('reminder');
      await mail(time, 'Reminder: chairs-1').waitFor();
      await mail(time, 'apples-1').first().waitFor({ state: 'detached' });
    });
  });

  test('the log shows what is said about an order as it is said, and only that', async () => {
    await withPage('#/log?q=paper-1', async (page) => {
      await page.getByText('No line fits the filter.').waitFor();
      await live(page);
      await page.evaluate('window.beginsByItself = false');
      await waiting('paper-1');
      await waiting('paper-2');
      const lines = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
      await lines.getByText('task.waiting').waitFor();
      for (const text of await lines.allTextContents()) assert.match(text, /paper-1/);
      await lines.getByText('execution.started').click();
      await page.getByText('Execution arn').waitFor();
      await page.getByLabel('Level').selectOption('error');
      await page.getByText('No line fits the filter.').waitFor();
      assert.match(page.url(), /#\/log\?q=paper-1&level=error$/);
    });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`each of its pages fits a phone, and can be read by everybody, in ${colorScheme}`, async () => {
      const work = async (page: Page) => {
        for (const [hash, shown] of [
          ['#/time', 'Due next'],
          ['#/log', 'execution.started'],
          ['#/outbox', 'apples-1'],
        ] as const) {
          await page.goto(consoleUrl + hash);
          await page.getByText(shown).first().waitFor();
          await fitsAndIsAccessible(page);
        }
        await mail(page, 'apples-1').first().click();
        await page.getByRole('link', { name: '← Outbox' }).waitFor();
        await fitsAndIsAccessible(page);
      };
      await withPage('', work, { viewport: { width: 360, height: 700 }, colorScheme });
    });
  }

  test('how far long work has come is shown', async () => {
    const progress = { percent: 41.7, at: new Date().toISOString(), message: 'scanning pages' };
    const order = {
      orderId: 'scan-1',
      status: 'PROCESSING',
      orderDetails: 'a scan',
      acceptedAt: progress.at,
      progress,
    };
    await withPage('', async (page) => {
      await page.route(/\/orders\/scan-1$/, (route) => route.fulfill({ json: order }));
      await page.goto(`${consoleUrl}#/orders/scan-1`);
      await page.getByText('42 % · scanning pages').waitFor();
      assert.equal(await page.getByRole('progressbar').getAttribute('value'), '42');
      await assertAccessible(page);
    });
  });

  test('a page from elsewhere learns nothing and moves nothing, and may lead somebody to the outbox', async () => {
    const elsewhere = createServer((_request, response) => {
      response
        .setHeader('content-type', 'text/html')
        .end(`<a href="${countersign.awsUrl}/_countersign/outbox">mails</a>`);
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    await withPage('', async (page) => {
      await page.goto(`http://127.0.0.1:${port}/`);
      for (const server of [countersign.ordersUrl, countersign.awsUrl]) {
        const learned = await page.evaluate(
          `Promise.all(['changes', 'log', 'time', 'outbox.json', 'time/advance'].map((path) =>
            fetch('${server}/_countersign/' + path, path === 'time/advance'
              ? { method: 'POST', mode: 'no-cors', body: '{"by":60}' } : {})
              .then(({ type }) => type, () => 'refused')))`,
        );
        assert.deepEqual(learned, ['refused', 'refused', 'refused', 'refused', 'opaque']);
      }
      const before = await page.request.get(`${countersign.awsUrl}/_countersign/time`);
      assert.ok(((await before.json()) as { offsetSeconds: number }).offsetSeconds < 7_300);
      await page.getByRole('link', { name: 'mails' }).click();
      await page.getByRole('heading', { name: 'Outbox' }).waitFor();
    });
    elsewhere.close();
  });

  test('that the host is gone is said at once', async () => {
    await withPage('', async (page) => {
      await live(page);
      await page.evaluate('window.beginsByItself = false');
      await countersign.kill();
      await page.getByText('No connection to the service.').waitFor();
      assert.equal(await page.getByText('Live', { exact: true }).count(), 0);
    });
  });
});

async function fitsAndIsAccessible(page: Page): Promise<void> {
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, page.url());
  await assertAccessible(page);
}

/** From when it is told so on, a page begins nothing because time has passed, however long it waits. */
const NOTHING_BY_ITSELF = `
  window.beginsByItself = true;
  const wait = window.setTimeout;
  window.setTimeout = (work, ms) => wait(() => { if (window.beginsByItself || ms < 29_000) work(); }, ms);
`;
