import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { App, Stack } from 'aws-cdk-lib';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  AnswerFromEvents,
  Confirmations,
  ConfirmationsApi,
  SignedInApi,
  WaitForConfirmation,
} from '../cloud/constructs/src/index.ts';
import { CountersignProcess } from './countersign-process.ts';

// A state machine that has nothing to do with orders, with two waits of the parts that anybody can use.

const folder = mkdtempSync(join(tmpdir(), 'own-workflow-'));
let countersign: CountersignProcess;
let sfn: SFNClient;
let stateMachineArn: string | undefined;

before(async () => {
  countersign = await CountersignProcess.start(join(folder, 'data'), '--assembly', synthesise(join(folder, 'cdk.out')));
  sfn = new SFNClient({
    endpoint: countersign.awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  stateMachineArn = stateMachines[0]?.stateMachineArn;
});
after(async () => {
  sfn.destroy();
  assert.equal(await countersign.stop(), 0);
  rmSync(folder, { recursive: true });
});

/** As a stranger would write it, by the guide. */
function synthesise(outdir: string): string {
  const app = new App({ builtinCloudFormationValidation: false, outdir });
  const stack = new Stack(app, 'Refunds');
  const api = new SignedInApi(stack, 'Api', { path: '/confirmations' });
  const confirmations = new Confirmations(stack, 'Confirmations');
  const refused = new Pass(stack, 'Refused');
  const paid = new Pass(stack, 'Paid');
  const byFinance = new WaitForConfirmation(stack, 'ByFinance', {
    confirmations,
    confirmationId: '$.financeId',
    subject: '$.refund',
    owner: 'finance',
    deadline: { days: 2 },
    confirmed: paid,
    rejected: refused,
    expired: refused,
  }).prefixStates('ByFinance-');
  const byManager = new WaitForConfirmation(stack, 'ByManager', {
    confirmations,
    confirmationId: '$.refundId',
    subject: '$.refund',
    owner: 'managers',
    policy: { form: { type: 'object', properties: { account: { type: 'string' } }, required: ['account'] } },
    deadline: { businessDays: 3 },
    confirmed: byFinance,
    rejected: refused,
    expired: refused,
  });
  const machine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(byManager) });
  const stateMachines = [machine];
  // oxlint-disable no-new -- a construct is made for what it adds to its scope
  new AnswerFromEvents(stack, 'BankReports', {
    confirmations,
    stateMachines,
    eventPattern: { source: ['bank'], detailType: ['Paid'] },
    confirmationId: '$.detail.reference',
    decision: 'confirm',
    from: 'bank',
  });
  new ConfirmationsApi(stack, 'ConfirmationsApi', { confirmations, api, stateMachines });
  app.synth();
  return outdir;
}

async function start(number: number): Promise<() => Promise<{ status?: string | undefined; output: object }>> {
  const input = { refundId: `refund-${number}`, financeId: `refund-${number}.finance`, refund: { euros: 12 * number } };
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return async () => {
    const { status, output = '{}' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return { status, output: JSON.parse(output) as object };
  };
}

async function until<Seen>(look: () => Promise<Seen>, isSo: (seen: Seen) => boolean): Promise<Seen> {
  for (const endsAt = Date.now() + 60_000; ;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    assert.ok(Date.now() < endsAt, JSON.stringify(seen));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const confirm = (id: string, body: object) => countersign.request('POST', `/confirmations/${id}/confirmation`, body);
const opened = (id: string) =>
  until(
    () => countersign.request('GET', `/confirmations/${id}`),
    ({ body }) => body['pending'] !== undefined,
  );

test('a workflow waits twice, for two confirmations under ids of its own, and goes on with what was said', async () => {
  const describe = await start(1);
  const { body } = await opened('refund-1');
  assert.partialDeepStrictEqual(body, { id: 'refund-1', status: 'AWAITING_CONFIRMATION', subject: { euros: 12 } });

  const faulty = await confirm('refund-1', { decision: 'confirm', data: {} });
  assert.equal(faulty.status, 400);
  assert.deepEqual(faulty.body['errors'], [{ pointer: '/data/account', detail: 'This is missing.' }]);
  assert.equal((await confirm('refund-1', { decision: 'confirm', data: { account: 'DE02' } })).status, 200);

  await opened('refund-1.finance');
  assert.equal((await confirm('refund-1.finance', { decision: 'confirm' })).status, 200);
  const { output } = await until(describe, ({ status }) => status === 'SUCCEEDED');
  assert.partialDeepStrictEqual(output, { refund: { euros: 12 }, confirmation: { decision: 'confirm' } });
});

test('what is answered before anybody asks is kept, and counts when somebody does', async () => {
  const early = await confirm('refund-2', { decision: 'reject' });
  assert.equal(early.status, 202);
  const describe = await start(2);
  const { output } = await until(describe, ({ status }) => status === 'SUCCEEDED');
  assert.partialDeepStrictEqual(output, { confirmation: { decision: 'reject' } });
});

test('what waits is listed, described, and decided many at once', async () => {
  await start(3);
  await opened('refund-3');
  const { body } = await countersign.request('GET', '/confirmations');
  const ids = (body['confirmations'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(ids, ['refund-3']);
  const answers = [{ id: 'refund-3', decision: 'reject' }];
  const many = await countersign.request('POST', '/confirmations', { answers });
  assert.partialDeepStrictEqual(many.body, { results: [{ id: 'refund-3', status: 200 }] });
  const { body: document } = await countersign.request('GET', '/openapi.json');
  assert.ok('/confirmations/{id}/confirmation' in (document['paths'] as object));
});

test('an event answers as well, and the first answer counts', async () => {
  const describe = await start(4);
  await opened('refund-4');
  assert.equal((await confirm('refund-4', { decision: 'confirm', data: { account: 'DE02' } })).status, 200);
  await opened('refund-4.finance');
  const events = new EventBridgeClient({
    endpoint: countersign.awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const Detail = JSON.stringify({ reference: 'refund-4.finance' });
  await events.send(new PutEventsCommand({ Entries: [{ Source: 'bank', DetailType: 'Paid', Detail }] }));
  events.destroy();
  const { output } = await until(describe, ({ status }) => status === 'SUCCEEDED');
  assert.partialDeepStrictEqual(output, { confirmation: { decision: 'confirm', decidedBy: ['bank'] } });
  assert.equal((await confirm('refund-4.finance', { decision: 'reject' })).status, 409);
});
