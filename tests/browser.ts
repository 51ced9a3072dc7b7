import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where distributions and Chrome itself put it. */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * A browser: the one inside `@sparticuz/chromium`, which is for Linux on x64, else a Chrome that is installed.
 *
 * @returns why there is none, for the tests that then are skipped
 */
export async function startBrowser(): Promise<Browser | { readonly why: string }> {
  const found = INSTALLED.find((path) => existsSync(path));
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: own } = await import('@sparticuz/chromium');
    try {
      // Without the arguments it recommends, which are for Lambda: they switch off what pages are protected by.
      return await chromium.launch({ executablePath: await own.executablePath(), headless: true });
    } catch (error) {
      if (found === undefined) return { why: `the Chromium of npm does not start here: ${firstLine(error)}` };
    }
  }
  if (found === undefined) return { why: 'there is no Chrome: the one of npm is for Linux on x64 only' };
  return await chromium.launch({ executablePath: found, headless: true });
}

/** So long a page may take on a slow and busy machine to show what it is waited for. */
const PATIENCE_MS = 60_000;

/** The browser that a file's tests look at pages with. */
export interface TestBrowser {
  /** Why its tests are skipped; false if there is a browser. */
  readonly skip: string | false;
  /** Opens a page that must neither fail nor be stopped by its own policy, and closes it when the work is done. */
  readonly withPage: (at: string, work: (page: Page) => Promise<void>, options?: PageOptions) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface PageOptions extends BrowserContextOptions {
  /** What the page runs before anything of its own. */
  readonly initScript?: string;
}

export async function startTestBrowser(): Promise<TestBrowser> {
  const browser = await startBrowser();
  if ('why' in browser) {
    const { why } = browser;
    const withPage = () => Promise.reject(new Error(why));
    return { skip: `the console is not tested: ${why}`, withPage, close: () => Promise.resolve() };
  }
  return {
    skip: false,
    withPage: async (at, work, options) => await workOnPage(browser, at, work, options),
    close: async () => await browser.close(),
  };
}

async function workOnPage(
  browser: Browser,
  at: string,
  work: (page: Page) => Promise<void>,
  { initScript = '', ...options }: PageOptions = {},
): Promise<void> {
  const context = await browser.newContext(options);
  const faults: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
  });
  try {
    await page.addInitScript(initScript);
    await page.goto(at);
    await work(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Asserts that axe finds nothing that keeps somebody from using the page as it is now. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const findings = await page.evaluate(
    // oxlint-disable-next-line typescript/no-implied-eval -- runs in the page, where axe is a global
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, impact, nodes }) => id + ' ' + impact + ': ' + nodes.map((node) => node.html).join(' ')))`,
  );
  assert.deepEqual(findings, [], page.url());
}

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? '';
}
