import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SFN } from '@aws-sdk/client-sfn';
import type { Page } from 'playwright-core';
import { assertAccessible, startTestBrowser } from './browser.ts';
import { CountersignProcess } from './countersign-process.ts';

// Workflows of any kind on the console's pages, in a real browser, before `countersign start` as a process of its own.

const { skip, withPage: openPage, close } = await startTestBrowser();
after(close);
/** Of what a slow and busy machine takes to come about. */
const PATIENCE_MS = 40_000;

describe('workflows on the console', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-executions-'));
  const roleArn = 'arn:aws:iam::000000000000:role/r';
  let countersign: CountersignProcess;
  let sfn: SFN;
  let console_: string;
  let activityArn: string;
  before(async () => {
    countersign = await CountersignProcess.start(folder);
    console_ = `${countersign.ordersUrl}/console/`;
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    sfn = new SFN({ endpoint: countersign.awsUrl, region: 'us-east-1', credentials });
    ({ activityArn = '' } = await sfn.createActivity({ name: 'pack' }));
  });
  after(async () => {
    sfn.destroy();
    await countersign.stop();
    rmSync(folder, { recursive: true });
  });

  async function create(name: string, definition: object): Promise<string> {
    const { stateMachineArn = '' } = await sfn.createStateMachine({
      name,
      roleArn,
      definition: JSON.stringify(definition),
    });
    return stateMachineArn;
  }

  const pack = (more: object = {}) => ({ Type: 'Task', Resource: activityArn, End: true, ...more });

  async function ended(executionArn: string) {
    const endsAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const execution = await sfn.describeExecution({ executionArn });
      if (execution.status !== 'RUNNING') return execution;
      if (Date.now() > endsAt) throw new Error(`${executionArn} still runs`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  const withPage: typeof openPage = async (hash, ...rest) => await openPage(console_ + hash, ...rest);
  const node = (page: Page, state: string) => page.locator(`[data-state=${JSON.stringify(state)}]`);

  test('a workflow is started with an input, its tasks are answered, and its way shows as it goes', async () => {
    const wrap = { StartAt: 'Wrap', States: { Wrap: { Type: 'Pass', End: true } } };
    await create('ship', {
      StartAt: 'Prepare',
      States: {
        Prepare: { Type: 'Parallel', Branches: [wrap], ResultPath: null, Next: 'Pack' },
        Pack: pack({
          HeartbeatSeconds: 3_600,
          Retry: [{ ErrorEquals: ['NoBoxes'], IntervalSeconds: 1, MaxAttempts: 1 }],
          End: undefined,
          Next: 'Done',
        }),
        Done: { Type: 'Succeed' },
      },
    });
    await withPage('#/machines', async (page) => {
      await page.getByRole('link', { name: /^ship/ }).click();
      await page.getByRole('heading', { level: 1, name: 'ship' }).waitFor();
      await page.getByText('None yet. Start one above.').waitFor();
      await page.getByText('Start an execution').click();
      const input = page.getByRole('textbox', { name: 'Input' });
      await input.fill('{"parcel": 1,\n "kg": }');
      await page.getByLabel('Name').fill('parcel-1');
      await page.getByText('Line 2, column 8: a value is expected here.').waitFor();
      assert.ok(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled());
      await page.getByRole('button', { name: 'Show' }).click();
      assert.equal(await page.evaluate('document.activeElement.selectionStart'), 21);
      await input.fill('{"parcel": 1}');
      await assertAccessible(page);
      await page.getByRole('button', { name: 'Start', exact: true }).click();

      await page.getByRole('heading', { level: 1, name: 'parcel-1' }).waitFor();
      await node(page, 'Pack').and(page.locator('.waiting')).waitFor();
      await node(page, 'Wrap').and(page.locator('.succeeded')).waitFor();
      assert.equal(await page.locator('.edge.gone').count(), 2);
      await page.getByText('Answer it').click();
      await page.getByLabel('Failure').check();
      await page.getByLabel('Error').fill('NoBoxes');
      await page.getByRole('button', { name: 'Send failure' }).click();
      await node(page, 'Pack').getByText('2 attempts').waitFor();
      await page.getByText('Answer it').click();
      await page.getByRole('button', { name: 'Send heartbeat' }).click();
      await page.getByText('Heartbeat sent').waitFor({ state: 'attached' });
      await page.getByRole('textbox', { name: 'Output' }).fill('{"packed": true}');
      await assertAccessible(page);
      await page.getByRole('button', { name: 'Send success' }).click();
      await page.getByText('Succeeded', { exact: true }).first().waitFor();
      await node(page, 'Done').and(page.locator('.succeeded')).waitFor();
      const output = page
        .getByRole('region', { name: 'Input and output' })
        .getByRole('group', { name: 'Output', exact: true });
      assert.match((await output.textContent()) ?? '', /packed: true/);
    });
    const executionArn = (await sfn.listExecutions({ stateMachineArn: await arnOf('ship') })).executions?.[0]
      ?.executionArn;
    assert.equal((await sfn.describeExecution({ executionArn })).output, '{"packed":true}');
  });

  async function arnOf(name: string): Promise<string> {
    const { stateMachines = [] } = await sfn.listStateMachines({});
    return stateMachines.find((machine) => machine.name === name)?.stateMachineArn ?? '';
  }

  test('what failed is told first, and goes on from there; what runs is stopped', async () => {
    const { activityArn: own = '' } = await sfn.createActivity({ name: 'fragile' });
    const stateMachineArn = await create('fragile', {
      StartAt: 'Pack',
      States: { Pack: pack({ Resource: own, Parameters: { 'whole.$': '$$' } }) },
    });
    const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, name: 'broken', input: '{"a":1}' });
    const { taskToken = '' } = await sfn.getActivityTask({ activityArn: own });
    await sfn.sendTaskFailure({ taskToken, error: 'NoTape', cause: '{"errorMessage":"the roll is empty"}' });
    await ended(executionArn);
    await withPage(`#/executions/${executionArn}`, async (page) => {
      await page.getByRole('group', { name: 'Why it ended' }).getByText('the roll is empty').waitFor();
      await node(page, 'Pack').and(page.locator('.failed')).getByText('NoTape').waitFor();
      await page.getByRole('search').getByRole('searchbox').fill('ActivityScheduled');
      await page.getByText('1 of 6 events that were read').waitFor();
      await page.getByText('ActivityScheduled').click();
      await page.getByLabel('Search in Input').last().fill('hidden');
      await page.getByText('1 found').waitFor();
      await page.locator('mark').getByText('hidden').waitFor();
      assert.ok(!(await page.content()).includes(taskToken), 'no token is anywhere on the page');
      await assertAccessible(page);
      await page.getByRole('button', { name: 'Redrive' }).click();
      await page.getByText('Redriven once').waitFor();
      await page.getByText('Waits for an answer').waitFor();
      await page.getByRole('button', { name: 'Stop …' }).click();
      await page.getByRole('button', { name: 'Stop it' }).click();
      await page.getByText('Aborted', { exact: true }).first().waitFor();
      assert.equal((await sfn.describeExecution({ executionArn })).status, 'ABORTED');
      await page.getByText('Start another with this input').click();
      assert.equal(await page.getByRole('textbox', { name: 'Input' }).inputValue(), '{\n  "a": 1\n}');
    });
  });

  test('a history of very many events opens with a few hundred, and the rest is read on request', async () => {
    const stateMachineArn = await create('long', {
      StartAt: 'Count',
      States: {
        Count: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'More?' },
        'More?': {
          Type: 'Choice',
          Choices: [{ Variable: '$.n', NumericLessThan: 6_245, Next: 'Count' }],
          Default: 'Enough',
        },
        Enough: { Type: 'Succeed' },
      },
    });
    const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, input: '{"n":0}' });
    assert.equal((await ended(executionArn)).status, 'SUCCEEDED');
    await withPage('#/machines', async (page) => {
      const pages: Promise<number>[] = [];
      page.on('response', (response) => {
        if (!response.url().endsWith('/GetExecutionHistory')) return;
        pages.push(response.json().then(({ events }: { events: unknown[] }) => events.length));
      });
      await page.goto(`${console_}#/executions/${executionArn}`);
      await page.getByRole('heading', { name: /^Events 24,984$/ }).waitFor();
      await node(page, 'Enough').and(page.locator('.succeeded')).waitFor();
      await page.getByText('24,484 events between are not read yet.').waitFor();
      assert.deepEqual(await Promise.all(pages.slice(0, 2)), [400, 100]);
      assert.ok((await page.locator('.events > li').count()) <= 100);
      await page.getByRole('button', { name: 'Read 500 more' }).click();
      await page.getByText('23,984 events between are not read yet.').waitFor();
      await page.getByRole('button', { name: 'Last', exact: true }).click();
      await page.getByText('ExecutionSucceeded').waitFor();
    });
  });

  test('executions are listed by status and page by page', async () => {
    const stateMachineArn = await create('many', {
      StartAt: 'Well?',
      States: {
        'Well?': { Type: 'Choice', Choices: [{ Variable: '$.well', BooleanEquals: true, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Succeed' },
        No: { Type: 'Fail', Error: 'No' },
      },
    });
    const names = Array.from({ length: 60 }, (_, index) => `run-${index}`);
    const startedArns = await Promise.all(
      names.map((name, index) => sfn.startExecution({ stateMachineArn, name, input: `{"well":${index % 20 !== 0}}` })),
    );
    await Promise.all(startedArns.map(({ executionArn = '' }) => ended(executionArn)));
    await withPage('#/machines', async (page) => {
      const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: /^many/ }) });
      await row.getByText('57 succeeded').waitFor();
      await row.getByRole('img', { name: /60 began since .*, 3 of them did not succeed/ }).waitFor();
      await assertAccessible(page);
      await page.getByLabel('Name of an execution').fill('nobody');
      await page.getByRole('button', { name: 'Find' }).click();
      await page.getByText('There is no execution named nobody.').waitFor();
      await page.getByLabel('Name of an execution').fill('run-7');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'run-7' }).waitFor();
      await page.goBack();
      await row.getByText('3 failed').click();
      await page.getByRole('link', { name: 'run-40', exact: true }).waitFor();
      assert.equal(await page.getByRole('row').count(), 4);
      await page.getByRole('link', { name: 'All', exact: true }).click();
      await page.getByRole('link', { name: 'run-59', exact: true }).waitFor();
      assert.equal(await page.getByRole('row').count(), 51);
      await page.getByRole('button', { name: 'Older' }).click();
      await page.getByRole('link', { name: 'run-0', exact: true }).waitFor();
      assert.equal(await page.getByRole('row').count(), 11);
      await page.getByRole('button', { name: 'Newer' }).click();
      await page.getByRole('link', { name: 'run-59', exact: true }).waitFor();
    });
  });

  test('the executions of a distributed Map are found from the one that runs it', async () => {
    const processor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Weigh',
      States: { Weigh: { Type: 'Pass', End: true } },
    };
    const stateMachineArn = await create('spread', {
      StartAt: 'Each',
      States: { Each: { Type: 'Map', ItemsPath: '$.items', ItemProcessor: processor, End: true } },
    });
    const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, input: '{"items":[1,2,3]}' });
    await ended(executionArn);
    await withPage(`#/executions/${executionArn}`, async (page) => {
      await node(page, 'Each').and(page.locator('.succeeded')).waitFor();
      await page.getByRole('region', { name: 'Map Runs' }).getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'Map Run' }).waitFor();
      await page.locator('.tiles').getByText('Total').waitFor();
      await page.getByRole('row').nth(3).waitFor();
      await assertAccessible(page);
      await page.getByRole('row').nth(3).getByRole('link').click();
      await node(page, 'Weigh').and(page.locator('.succeeded')).waitFor();
      assert.match((await page.getByRole('group', { name: 'Input', exact: true }).first().textContent()) ?? '', /1/);
    });
  });

  test('names, definitions and payloads are shown as text, whatever they hold', async () => {
    const states = HOSTILE.map((name, index) => [
      name,
      {
        Type: 'Pass',
        Comment: name,
        ...(index + 1 < HOSTILE.length ? { Next: HOSTILE[index + 1] } : { Next: 'Choose' }),
      },
    ]);
    const [first = ''] = HOSTILE;
    const stateMachineArn = await create('hostile', {
      Comment: HOSTILE.join(' '),
      StartAt: first,
      States: {
        ...Object.fromEntries(states),
        Choose: { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'Pack' }], Default: 'Pack' },
        Pack: pack({ End: undefined, Catch: [{ ErrorEquals: HOSTILE, Next: first }], Next: 'Fail' }),
        Fail: { Type: 'Fail', Error: first, Cause: HOSTILE.join('\n') },
      },
    });
    const input = JSON.stringify(Object.fromEntries(HOSTILE.map((text) => [text, [text]])));
    const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, input });
    await withPage('#/tasks', async (page) => {
      const task = page.getByRole('listitem').filter({ hasText: executionArn.split(':').at(-1) ?? '' });
      await task.getByText('Answer it').click();
      await task.getByLabel('Failure').check();
      await task.getByLabel('Error').fill('States.Runtime');
      await task.getByLabel('Cause').fill(first);
      await assertAccessible(page);
      await task.getByRole('button', { name: 'Send failure' }).click();
      await task.waitFor({ state: 'detached' });
      await page.goto(`${console_}#/executions/${executionArn}`);
      await page.getByRole('group', { name: 'Why it ended' }).waitFor();
      for (const text of HOSTILE) {
        await node(page, text).waitFor();
        assert.ok((await page.locator('main').textContent())?.includes(text), text);
      }
      await page.goto(`${console_}#/machines/${stateMachineArn}`);
      await node(page, first).click();
      await page.goto(`${console_}#/executions/arn:${encodeURIComponent('<img src=x onerror=ran=1>')}`);
      await page.getByText('Invalid Arn').waitFor();
      assert.equal(await page.evaluate('window.ran'), undefined);
      assert.equal(await page.locator('main script, main img, main iframe, main style, main foreignObject').count(), 0);
    });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`an order shows its workflow on a phone, by keyboard, in ${colorScheme}`, async () => {
      const orderId = `flow-${colorScheme}`;
      await countersign.request('POST', '/orders', { orderId, orderDetails: 'twelve chairs' });
      await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION', { timeoutMs: PATIENCE_MS });
      const work = async (page: Page) => {
        await node(page, 'WaitForConfirmation').and(page.locator('.waiting')).waitFor();
        await page.getByRole('region', { name: 'What the workflow did' }).getByText('ProcessOrder').waitFor();
        await page.getByText('Verified in this browser').waitFor();
        await node(page, 'ProcessOrder').focus();
        await page.keyboard.press('ArrowDown');
        assert.equal(await page.evaluate('document.activeElement.dataset.state'), 'WaitForConfirmation');
        await page.keyboard.press('Enter');
        const state = page.getByRole('region', { name: 'State WaitForConfirmation' });
        await state.getByRole('group', { name: 'As it is written' }).getByText('"Task"').waitFor();
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
        await assertAccessible(page);
        await page.getByRole('link', { name: 'All of its execution' }).click();
        await page.getByRole('heading', { level: 1, name: orderId }).waitFor();
        await page.getByRole('region', { name: 'Events', exact: true }).getByText('TaskSubmitted').waitFor();
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
        await assertAccessible(page);
        await countersign.request('POST', `/orders/${orderId}/confirmation`, { decision: 'confirm' });
        await node(page, 'CompleteOrder').and(page.locator('.succeeded')).waitFor();
      };
      await withPage(`#/orders/${orderId}`, work, { viewport: { width: 360, height: 700 }, colorScheme });
    });
  }

  test('a page from elsewhere cannot ask for any of it', async () => {
    for (const path of ['tasks', 'machines', 'executions?name=flow-light']) {
      for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
        assert.equal((await countersign.request('GET', `/_countersign/${path}`, undefined, headers)).status, 403);
      }
      assert.equal((await countersign.request('GET', `/_countersign/${path}`)).status, 200);
    }
  });
});

const HOSTILE = [
  '<script>ran=1</script>',
  '<img src=x onerror="window.ran=1">',
  '"><svg onload=window.ran=1>',
  "'-window.ran=1-'",
  'javascript:window.ran=1',
  '</title></style></textarea><script>window.ran=1</script>',
  '{{constructor.constructor("window.ran=1")()}}',
  '__proto__ ',
  '\u202Eevil\u202C',
];
