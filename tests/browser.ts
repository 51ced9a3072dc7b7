import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? '';
}
