// node scripts/run.mjs scripts/screenshots.ts: photographs the console of a running app for the README and the guides.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startBrowser } from '../tests/browser.ts';
import { CountersignProcess } from '../tests/countersign-process.ts';

const ORDERS = [
  { orderId: 'apples-1', orderDetails: 'Two crates of apples', amount: { value: '41.90', currency: 'EUR' } },
  { orderId: 'chairs-1', orderDetails: 'Forty chairs for the hall', amount: { value: '4000.00', currency: 'EUR' } },
  { orderId: 'paper-7', orderDetails: 'Paper for a year', amount: { value: '312.40', currency: 'EUR' } },
];

const SIZE = { width: 1080, height: 720 };
const IMAGES = join(import.meta.dirname, '..', 'docs', 'images');

/** Each by the name of its picture: what leads there, and what has to be there before it is taken. */
const PAGES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  console: async (page) => {
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByLabel('Select apples-1').check();
    await page.getByLabel('Select paper-7').check();
  },
  'console-order': async (page) => {
    await page.goto(`${consoleUrl}#/orders/chairs-1`);
    await page.getByText('Verified in this browser').waitFor();
    await page.locator('svg [data-state="WaitForConfirmation"]').waitFor();
  },
  'console-workflow': async (page) => {
    await page.setViewportSize({ width: 1480, height: 840 });
    await page.getByRole('link', { name: 'Workflows' }).click();
    await page.locator('main a[href^="#/machines/"]').first().click();
    await page.locator('svg [data-state="WaitForConfirmation"]').waitFor();
  },
  'console-execution': async (page) => {
    await page.locator('main a[href^="#/executions/"]').first().click();
    await page.locator('svg [data-state="WaitForConfirmation"]').waitFor();
    await page.getByRole('heading', { name: 'Graph' }).evaluate((heading) => heading.scrollIntoView());
  },
  'console-time': async (page) => {
    await page.setViewportSize(SIZE);
    await page.getByRole('link', { name: 'Time', exact: true }).click();
    await page.getByRole('button', { name: 'To the next timer' }).click();
    await page.getByRole('heading', { name: /fell due/ }).waitFor();
    await page.getByText(/^[23] d .* ahead of this machine$/).waitFor();
  },
  'console-log': async (page) => {
    await page.goto(`${consoleUrl}#/log?q=chairs-1`);
    await page.getByText('execution.started').waitFor();
  },
};

const browser = await startBrowser();
if ('why' in browser) throw new Error(browser.why);
const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
const countersign = await CountersignProcess.start(folder, '--time-travel');
const consoleUrl = `${countersign.ordersUrl}/console/`;
try {
  for (const order of ORDERS) {
    await countersign.request('POST', '/orders', order);
    await countersign.waitForStatus(order.orderId, 'AWAITING_CONFIRMATION');
  }
  mkdirSync(IMAGES, { recursive: true });
  const page = await browser.newPage({ viewport: SIZE, locale: 'en-GB' });
  page.setDefaultTimeout(120_000);
  await page.goto(consoleUrl);
  await page.getByText('Live', { exact: true }).waitFor();
  for (const [name, lead] of Object.entries(PAGES)) {
    await page.evaluate('scrollTo(0, 0)');
    await lead(page);
    await page.evaluate('document.activeElement?.blur()');
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  }
} finally {
  await countersign.stop();
  await browser.close();
  rmSync(folder, { recursive: true });
}
