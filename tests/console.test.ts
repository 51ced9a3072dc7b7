import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, startTestBrowser } from './browser.ts';
import { CountersignProcess } from './countersign-process.ts';
import { Person } from './people.ts';

// The page in a real browser, before `countersign start` as a process of its own.

const { skip, withPage, close } = await startTestBrowser();
after(close);

describe('where nobody is asked who they are', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  let countersign: CountersignProcess;
  let inbox: string;
  before(async () => {
    countersign = await CountersignProcess.start(folder);
    inbox = `${countersign.ordersUrl}/console/`;
  });
  after(async () => {
    await countersign.stop();
    rmSync(folder, { recursive: true });
  });

  async function waiting(...ids: string[]): Promise<void> {
    for (const orderId of ids) {
      await countersign.request('POST', '/orders', { orderId, orderDetails: `details of ${orderId}` });
    }
    for (const orderId of ids) await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
  }

  const row = (page: Page, orderId: string) => page.locator(`a[data-order="${orderId}"]`);

  test('the first visit makes a sample order, whose journey goes to its end on the page', async () => {
    await withPage(inbox, async (page) => {
      await assertAccessible(page);
      await page.getByRole('button', { name: 'Make a sample order' }).click();
      await page.getByText('The order is confirmed, and its workflow goes on.').waitFor();
      await page.getByLabel('Comment').fill('looks good');
      await page.getByRole('button', { name: 'Confirm', exact: true }).click();
      await page.getByText('Completed', { exact: true }).waitFor();
      await page.getByText(/Verified in this browser: all \d+ entries/).waitFor();
      await page.getByText('confirmed: looks good').waitFor();
      const [, orderId = ''] = page.url().split('#/orders/');
      assert.equal((await countersign.request('GET', `/orders/${orderId}`)).body['status'], 'COMPLETED');
      await assertAccessible(page);
    });
  });

  test('what others do shows by itself', async () => {
    await withPage(inbox, async (page) => {
      await waiting('live-1');
      await row(page, 'live-1').waitFor();
      await countersign.request('POST', '/orders/live-1/confirmation', { decision: 'confirm' });
      await row(page, 'live-1').waitFor({ state: 'detached' });
    });
  });

  test('many are decided at once, each with its own result, also while the list cannot be had', async () => {
    await waiting('bulk-1', 'bulk-2', 'bulk-3');
    await withPage(`${inbox}#/?q=bulk-`, async (page) => {
      await page.getByLabel('Select all 3').check();
      await page.route(/\/orders\?/, (route) => route.abort());
      await countersign.request('POST', '/orders/bulk-2/confirmation', { decision: 'reject' });
      await page.getByText('No connection to the service.').waitFor();
      await page.getByRole('button', { name: 'Confirm …' }).click();
      await page.getByText('Where it is the last one needed, the workflow goes on.').waitFor();
      await page.getByRole('button', { name: 'Confirm 3 orders' }).click();
      const results = page.getByRole('region', { name: 'Results' }).getByRole('listitem');
      await results.nth(2).waitFor();
      const texts = await results.allInnerTexts();
      assert.match(texts.find((text) => text.includes('bulk-1')) ?? '', /Confirmed/);
      assert.match(texts.find((text) => text.includes('bulk-2')) ?? '', /It was decided otherwise/);
      assert.match(texts.find((text) => text.includes('bulk-3')) ?? '', /Confirmed/);
      await assertAccessible(page);
      await page.unroute(/\/orders\?/);
      await row(page, 'bulk-1').waitFor({ state: 'detached' });
      await page.getByText('No connection to the service.').waitFor({ state: 'detached' });
    });
    await countersign.waitForStatus('bulk-1', 'COMPLETED');
    await countersign.waitForStatus('bulk-2', 'REJECTED');
    await countersign.waitForStatus('bulk-3', 'COMPLETED');
  });

  test('the keyboard alone finds, opens and decides an order', async () => {
    await waiting('keys-1', 'keys-2');
    await withPage(inbox, async (page) => {
      await row(page, 'keys-2').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('keys-');
      await row(page, 'keys-2').waitFor();
      await page.keyboard.press('Tab');
      for (const key of ['j', 'j', 'x']) await page.keyboard.press(key);
      await page.getByText('1 order selected').waitFor();
      const focused = await page.evaluate('document.activeElement.dataset.order');
      assert.equal(typeof focused, 'string');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: String(focused) }).waitFor();
      await page.getByRole('button', { name: 'Reject', exact: true }).waitFor();
      await page.keyboard.press('r');
      await page.keyboard.press('Enter');
      await page.getByText('Rejected', { exact: true }).first().waitFor();
      await page.keyboard.press('u');
      await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
      await countersign.waitForStatus(String(focused), 'REJECTED');
    });
  });

  test('the keyboard does not lose its place when many are decided', async () => {
    await waiting('place-1');
    await withPage(`${inbox}#/?q=place-1`, async (page) => {
      await row(page, 'place-1').waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.getByRole('button', { name: 'Confirm …' }).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.type('by keyboard');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Results' }).waitFor();
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Results');
      await countersign.waitForStatus('place-1', 'COMPLETED');
      const { body } = await countersign.request('GET', '/orders/place-1');
      assert.equal((body['confirmation'] as { comment?: string }).comment, 'by keyboard');
    });
  });

  test('single keys can be switched off', async () => {
    await withPage(`${inbox}#/orders/nobody-1`, async (page) => {
      await page.getByRole('button', { name: 'Keys' }).click();
      await page.getByLabel('Single keys do something').uncheck();
      await page.getByRole('button', { name: 'Close' }).click();
      await page.keyboard.press('u');
      assert.match(page.url(), /nobody-1$/);
      await page
        .getByText('Nobody asks about this')
        .or(page.getByText(/nobody-1/).last())
        .first()
        .waitFor();
    });
  });

  test('a filter is in the address, and there again after a reload', async () => {
    await waiting('filter-1', 'filter-2');
    await withPage(inbox, async (page) => {
      await page.getByLabel('Search').fill('filter-2');
      await row(page, 'filter-1').waitFor({ state: 'detached' });
      assert.match(page.url(), /#\/\?q=filter-2$/);
      await page.reload();
      await row(page, 'filter-2').waitFor();
      assert.equal(await row(page, 'filter-1').count(), 0);
    });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a phone shows all of it without scrolling sideways, in ${colorScheme}`, async () => {
      const orderId = `${'phone'.repeat(10)}-${colorScheme}`;
      await waiting(orderId);
      const work = async (page: Page) => {
        const width = () => page.evaluate('document.documentElement.scrollWidth');
        await row(page, orderId).waitFor();
        assert.equal(await width(), 360);
        await assertAccessible(page);
        await page.getByLabel(`Select ${orderId}`).check();
        assert.equal(await width(), 360);
        await row(page, orderId).click();
        await page.getByRole('button', { name: 'Confirm', exact: true }).waitFor();
        await page.getByText('Hand it on, move its deadline').click();
        await page.getByText('Proof').click();
        assert.equal(await width(), 360);
        await assertAccessible(page);
      };
      await withPage(inbox, work, { viewport: { width: 360, height: 700 }, colorScheme });
    });
  }

  test('whatever an order holds is shown as text, and nothing of it runs', async () => {
    const ids = HOSTILE.map((_, index) => `hostile-${index}`);
    for (const [index, payload] of HOSTILE.entries()) {
      const order = {
        orderId: ids[index],
        orderDetails: payload,
        items: [{ sku: payload.slice(0, 100), quantity: 1 }],
      };
      assert.equal((await countersign.request('POST', '/orders', order)).status, 202, payload);
    }
    for (const orderId of ids) await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
    await withPage(`${inbox}#/?q=hostile-`, async (page) => {
      for (const [index, payload] of HOSTILE.entries()) {
        const orderId = `hostile-${index}`;
        await row(page, orderId).waitFor();
        assert.equal(await row(page, orderId).locator('strong').textContent(), payload);
        const comment = { decision: 'confirm', comment: payload };
        await countersign.request('POST', `/orders/${orderId}/confirmation`, comment);
        await page.goto(`${inbox}#/orders/${orderId}`);
        await page.getByText('Verified in this browser').waitFor();
        assert.ok((await page.locator('main').textContent())?.includes(payload), payload);
        await page.goto(`${inbox}#/?q=hostile-`);
      }
      await page.goto(`${inbox}?q=<script>ran()</script>#/orders/<img src=x onerror=ran()>`);
      await page.getByText('There is nothing here').waitFor();
      assert.equal(await page.evaluate('window.ran'), undefined);
      assert.equal(await page.locator('main script, main img, main iframe, main style').count(), 0);
    });
  });

  test('a page from elsewhere changes nothing', async () => {
    await waiting('foreign-1');
    const elsewhere = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<p>elsewhere');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    await withPage(`http://127.0.0.1:${port}/`, async (page) => {
      const attempts = await page.evaluate(
        `Promise.all(['application/json', 'text/plain', 'application/x-www-form-urlencoded'].flatMap((type) =>
          ['cors', 'no-cors'].map((mode) =>
            fetch('${countersign.ordersUrl}/orders/foreign-1/confirmation',
              { method: 'POST', mode, headers: { 'content-type': type }, body: '{"decision":"confirm"}' })
              .then(({ type, status }) => type + status, () => 'refused'))))`,
      );
      assert.ok(
        (attempts as string[]).every((attempt) => attempt === 'refused' || attempt === 'opaque0'),
        String(attempts),
      );
      await page.evaluate(
        `new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.onload = resolve;
          frame.src = '${inbox}';
          document.body.append(frame);
        })`,
      );
      assert.match(page.frames()[1]?.url() ?? '', /^chrome-error:/);
    }).catch((error: Error) => {
      // The browser says in its console that it has kept the frame empty, which is what was to be shown.
      if (!/frame-ancestors/.test(error.message)) throw error;
    });
    elsewhere.close();
    assert.equal((await countersign.request('GET', '/orders/foreign-1')).body['status'], 'AWAITING_CONFIRMATION');
  });

  test('the pages are the same for everybody, and the API keeps its own 404', async () => {
    const page = await countersign.request('GET', '/console/');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /unsafe/);
    assert.equal((await countersign.request('GET', '/console/nothing')).status, 404);
    assert.match((await countersign.request('GET', '/consoles')).headers.get('content-type') ?? '', /problem\+json/);
  });
});

describe('where people sign in', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-people-'));
  const policy = {
    stages: [{ groups: ['managers'] }],
    requesterMayDecide: false,
    commentRequired: ['reject'],
    holdSeconds: 600,
    form: {
      type: 'object',
      properties: { costCentre: { type: 'string' }, urgent: { type: 'boolean' } },
      required: ['costCentre'],
    },
  };
  let countersign: CountersignProcess;
  let inbox: string;
  let anna: Person;
  before(async () => {
    countersign = await CountersignProcess.startForPeople(folder, '-c', `confirmationPolicy=${JSON.stringify(policy)}`);
    inbox = `${countersign.ordersUrl}/console/`;
    anna = await Person.signIn('anna', countersign);
  });
  after(async () => {
    await countersign.stop();
    rmSync(folder, { recursive: true });
  });

  async function signIn(page: Page, name: RegExp): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  test('somebody signs in, fills the form in, confirms, and takes it back', async () => {
    await anna.request('POST', '/orders', { orderId: 'chairs-1', orderDetails: 'forty chairs' });
    await countersign.waitForStatus('chairs-1', 'AWAITING_CONFIRMATION', { as: anna });
    await withPage(`${inbox}#/orders/chairs-1`, async (page) => {
      await assertAccessible(page);
      await signIn(page, /ben/i);
      assert.match(page.url(), /\/console\/#\/orders\/chairs-1$/, 'back where it began, and no code in the address');
      await page.getByLabel('Cost centre').fill('4711');
      await page.getByRole('button', { name: 'Confirm', exact: true }).click();
      await page
        .getByRole('region', { name: 'The decision' })
        .getByText(/Confirmed by ben/)
        .waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('Waits for a confirmation', { exact: true }).waitFor();
      await page.getByText('took the answer back').waitFor();
      await page.getByText('Verified in this browser').waitFor();
      await page.reload();
      await page.getByText('Waits for a confirmation', { exact: true }).waitFor();
    });
  });

  test('a comment that is needed is asked for; a deadline can be moved, and a request handed on', async () => {
    await anna.request('POST', '/orders', { orderId: 'chairs-2', orderDetails: 'four chairs' });
    await countersign.waitForStatus('chairs-2', 'AWAITING_CONFIRMATION', { as: anna });
    await withPage(inbox, async (page) => {
      await signIn(page, /ben/i);
      await page.locator('a[data-order="chairs-2"]').click();
      await page.getByRole('button', { name: 'Reject', exact: true }).click();
      await page.getByText('To reject it, say why in the comment.').waitFor();
      await page.getByText('Hand it on, move its deadline').click();
      await page.getByRole('textbox', { name: 'Deadline' }).fill('2026-01-01T12:00:00');
      await page.getByRole('button', { name: 'Move the deadline' }).click();
      await page.getByText(/This must lie ahead/).waitFor();
      const inAWeek = new Date(Date.now() + 7 * 24 * 60 * 60 * 1000).toISOString().slice(0, 19);
      await page.getByRole('textbox', { name: 'Deadline' }).fill(inAWeek);
      await page.getByRole('button', { name: 'Move the deadline' }).click();
      await page.getByText(/moved the deadline to/).waitFor();
      await page.getByRole('textbox', { name: 'To', exact: true }).fill('dora');
      await page.getByRole('button', { name: 'Hand it on' }).click();
      await page.getByText('gave the part of ben to dora').waitFor();
      await page.getByText('It waits for others: you need not do anything.').waitFor();
    });
  });

  test('who signs out is led to where the issuer forgets them, if there is such a place', async () => {
    await withPage(inbox, async (page) => {
      await page.route('**/settings.json', async (route) => {
        const settings = (await (await route.fetch()).json()) as { signIn: object };
        const signIn = { ...settings.signIn, signOutUrl: `${countersign.ordersUrl}/console/icon.svg` };
        await route.fulfill({ json: { ...settings, signIn } });
      });
      await page.reload();
      await signIn(page, /anna/i);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(/icon\.svg\?client_id=[^&]+&logout_uri=/);
      assert.equal(new URL(page.url()).searchParams.get('logout_uri'), inbox);
      await page.goBack();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    });
  });

  test('who ordered it sees that it waits for others, and can withdraw it', async () => {
    await anna.request('POST', '/orders', { orderId: 'chairs-3', orderDetails: 'three chairs' });
    await countersign.waitForStatus('chairs-3', 'AWAITING_CONFIRMATION', { as: anna });
    await withPage(inbox, async (page) => {
      await signIn(page, /anna/i);
      await page.getByRole('heading', { name: /Waits for others/ }).waitFor();
      await page.locator('a[data-order="chairs-3"]').click();
      await page.getByText('It waits for others').waitFor();
      await page.getByText('Hand it on, move its deadline').click();
      await page.getByRole('button', { name: 'Withdraw it' }).click();
      await page.getByText('Withdrawn', { exact: true }).first().waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.evaluate('sessionStorage.length'), 0);
      assert.deepEqual(await page.evaluate('Object.keys(localStorage)'), ['countersign.signed-out']);
      await signIn(page, /ben/i);
      assert.match((await page.locator('header').textContent()) ?? '', /ben/);
    });
  });
});

const HOSTILE = [
  '<script>ran=1</script>',
  '<img src=x onerror="window.ran=1">',
  '"><svg onload=window.ran=1>',
  "'-window.ran=1-'",
  'javascript:window.ran=1',
  '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  '</title></style></textarea><script>window.ran=1</script>',
  '{{constructor.constructor("window.ran=1")()}}',
  '${window.ran=1}',
  '<a href="javascript:window.ran=1">click</a>',
  '<math><mtext><style><img src onerror=window.ran=1>',
  '\u202Eevil\u202C \u0007 \uFEFF',
  '__proto__',
];
