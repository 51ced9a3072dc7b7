// node scripts/run.mjs scripts/screenshots.ts: photographs the console of a running app for the README.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../tests/browser.ts';
import { CountersignProcess } from '../tests/countersign-process.ts';

const ORDERS = [
  { orderId: 'apples-1', orderDetails: 'Two crates of apples', amount: { value: '41.90', currency: 'EUR' } },
  { orderId: 'chairs-1', orderDetails: 'Forty chairs for the hall', amount: { value: '4000.00', currency: 'EUR' } },
  { orderId: 'paper-7', orderDetails: 'Paper for a year', amount: { value: '312.40', currency: 'EUR' } },
];

const browser = await startBrowser();
if ('why' in browser) throw new Error(browser.why);
const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
const countersign = await CountersignProcess.start(folder);
try {
  for (const order of ORDERS) {
    await countersign.request('POST', '/orders', order);
    await countersign.waitForStatus(order.orderId, 'AWAITING_CONFIRMATION');
  }
  const page = await browser.newPage({ viewport: { width: 960, height: 620 }, locale: 'en-GB' });
  await page.goto(`${countersign.ordersUrl}/console/`);
  await page.getByLabel('Select apples-1').check();
  await page.getByLabel('Select paper-7').check();
  const images = join(import.meta.dirname, '..', 'docs', 'images');
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: join(images, 'console.png') });
} finally {
  await countersign.stop();
  await browser.close();
  rmSync(folder, { recursive: true });
}
