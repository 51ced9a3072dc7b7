import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CountersignProcess } from './countersign-process.ts';

const DAY_MS = 86_400_000;

const instant = (value: unknown): number => Date.parse(String(value));

test('an order nobody confirms expires when three days are let pass, and its record tells the times of its story', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'time-travel-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const countersign = await CountersignProcess.start(folder, '--time-travel');
  t.after(() => countersign.kill());
  await countersign.request('POST', '/orders', { orderId: 'late-1', orderDetails: 'two crates of apples' });
  const pending = await countersign.waitForStatus('late-1', 'AWAITING_CONFIRMATION');
  const deadlineMs = instant(pending['expiresAt']);

  await advance(countersign, { by: 'P2D' });
  assert.equal((await countersign.request('GET', '/orders/late-1')).body['status'], 'AWAITING_CONFIRMATION');
  const fired = await advance(countersign, { by: 'P1DT1H' });
  assert.ok(fired.some(({ kind, state }) => kind === 'TaskTimeout' && state === 'WaitForConfirmation'));

  const expired = await countersign.waitForStatus('late-1', 'EXPIRED');
  near(instant(expired['endedAt']), deadlineMs, 'the end of the order');
  const { body, status } = await countersign.request('GET', '/orders/late-1/receipt');
  assert.equal(status, 200);
  const entries = body['entries'] as Entry[];
  const decided = entries.find(({ event }) => event.type === 'decided');
  assert.equal(decided?.event.decision, 'expired');
  near(instant(decided?.at), deadlineMs, 'what the record says');

  const executionArn = entries.find(({ event }) => event.type === 'requested')?.event.executionArn;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const sfn = new SFNClient({ endpoint: countersign.awsUrl, region: 'us-east-1', credentials });
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  sfn.destroy();
  const timedOut = events.find(({ type }) => type === 'TaskTimedOut')?.timestamp?.getTime() ?? 0;
  assert.ok(timedOut >= deadlineMs && timedOut < deadlineMs + 1000, 'the engine is at the deadline');

  // Whoever comes now is too late, and an order of today begins in the time that has come.
  const late = await countersign.request('POST', '/orders/late-1/confirmation', { decision: 'confirm' });
  assert.equal(late.status, 410);
  await countersign.request('POST', '/orders', { orderId: 'next-1', orderDetails: 'one crate of pears' });
  const next = await countersign.waitForStatus('next-1', 'AWAITING_CONFIRMATION');
  near(instant(next['acceptedAt']), await now(countersign), 'the next order');
  assert.ok(instant(next['acceptedAt']) > Date.now() + 3 * DAY_MS);
  assert.equal(await countersign.stop(), 0);
});

interface Entry {
  readonly at: string;
  readonly event: { readonly type: string; readonly decision?: string; readonly executionArn?: string };
}

interface Timer {
  readonly kind: string;
  readonly state?: string;
}

async function advance({ awsUrl }: CountersignProcess, journey: object): Promise<readonly Timer[]> {
  const response = await fetch(`${awsUrl}/_countersign/time/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(journey),
  });
  assert.equal(response.status, 200);
  const answer: { readonly isThere: boolean; readonly fired: readonly Timer[] } = JSON.parse(await response.text());
  assert.ok(answer.isThere);
  return answer.fired;
}

async function now({ awsUrl }: CountersignProcess): Promise<number> {
  const response = await fetch(`${awsUrl}/_countersign/time`);
  const answer: { readonly now: string } = JSON.parse(await response.text());
  return instant(answer.now);
}

/** Functions take their time, on a busy machine many seconds of it. */
function near(actualMs: number, expectedMs: number, what: string): void {
  assert.ok(Math.abs(actualMs - expectedMs) < 60_000, `${what}: ${actualMs - expectedMs} ms apart`);
}
