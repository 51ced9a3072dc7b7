import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import type { Host } from '../../local/host/src/index.ts';
import type { Grant, Grants } from './grants.ts';

/** Ways that orders go, one order each. Each resolves when it has come to its end, and rejects where it has not, or nobody wants to know any more. */
export type Journey = (orderId: string, signal?: AbortSignal) => Promise<void>;

/** As long as a slow machine takes, and no journey that goes wrong is waited for. */
const PATIENCE_MS = 60_000;

/** Longer than the pause between two runs of the reconciler, than what it leaves alone, and than orders wait here. */
const LONG = 'PT20M';
/** Longer than Step Functions pauses before it calls a function again. */
const UNTIL_RETRIED = 'PT10S';

/** What the app is synthesised with: orders wait for a quarter of an hour. */
export const JOURNEY_CONTEXT = { confirmationDeadlineDays: '0.01' };

export function orderJourneys(host: Host, grants: Grants): Readonly<Record<string, Journey>> {
  const orders = host.apis[0]?.url ?? '';
  const credentials = { accessKeyId: 'developer', secretAccessKey: 'any' };
  const sdk = { endpoint: host.awsUrl, region: 'us-east-1', credentials, maxAttempts: 1 };
  const s3 = new S3Client({ ...sdk, forcePathStyle: true });
  const sfn = new SFNClient(sdk);
  const refOf = (type: string, logicalId: RegExp) =>
    host.resources.find((one) => one.type === type && logicalId.test(one.logicalId))?.ref ?? '';
  const bucket = refOf('AWS::S3::Bucket', /^ConfirmationsStoreBucket/v);
  const machine = refOf('AWS::StepFunctions::StateMachine', /^OrderStateMachine/v);
  const checkDeadline = refOf('AWS::Lambda::Function', /^ConfirmationsCheckDeadline/v);

  async function request(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const text =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(orders + path, { method, ...text });
    const answered = await response.text();
    assert.ok(response.ok, `${method} ${path} was answered with ${response.status}: ${answered}`);
    return JSON.parse(answered) as Record<string, unknown>;
  }

  async function until(orderId: string, status: string, signal: AbortSignal | undefined): Promise<void> {
    const endsAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const order = await request('GET', `/orders/${orderId}`);
      if (order['status'] === status) return;
      signal?.throwIfAborted();
      assert.ok(performance.now() < endsAt, `it is ${JSON.stringify(order)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function untilMissed(grant: Grant, signal: AbortSignal | undefined): Promise<void> {
    const endsAt = performance.now() + PATIENCE_MS;
    while (!grants.missed.has(grant)) {
      signal?.throwIfAborted();
      assert.ok(performance.now() < endsAt, 'nobody has missed it');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function advance(by: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const url = `${host.awsUrl}/_countersign/time/advance`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ by }) });
    assert.equal(response.status, 200, await response.text());
  }

  const submit = (orderId: string) => request('POST', '/orders', { orderId, orderDetails: 'two chairs' });
  const confirm = (orderId: string) => request('POST', `/orders/${orderId}/confirmation`, { decision: 'confirm' });
  async function waiting(orderId: string, signal: AbortSignal | undefined): Promise<void> {
    await submit(orderId);
    await until(orderId, 'AWAITING_CONFIRMATION', signal);
  }

  return {
    async 'it is confirmed'(orderId, signal) {
      await waiting(orderId, signal);
      await request('GET', '/orders?status=AWAITING_CONFIRMATION');
      await confirm(orderId);
      await until(orderId, 'COMPLETED', signal);
    },
    async 'it is confirmed before it waits'(orderId, signal) {
      const toStore = grants.find(/StateMachineRole/v, 'lambda:InvokeFunction', /StoreTaskToken[^:]*$/v);
      await grants.without(toStore, async () => {
        await submit(orderId);
        await confirm(orderId);
      });
      await advance(UNTIL_RETRIED);
      await until(orderId, 'COMPLETED', signal);
    },
    async 'whoever stores its token fails half-way, and comes again'(orderId, signal) {
      const toRecord = grants.find(/StoreTaskTokenRole/v, 's3:PutObject', /records\/\*$/v);
      grants.missed.delete(toRecord);
      await grants.without(toRecord, async () => {
        await submit(orderId);
        await untilMissed(toRecord, signal);
      });
      await advance(UNTIL_RETRIED);
      await until(orderId, 'AWAITING_CONFIRMATION', signal);
      await confirm(orderId);
      await until(orderId, 'COMPLETED', signal);
    },
    async 'nobody confirms it'(orderId, signal) {
      await waiting(orderId, signal);
      await advance(LONG);
      await until(orderId, 'EXPIRED', signal);
    },
    async 'its time is over before it was ever asked about'(orderId) {
      const check = { id: orderId, subject: {}, run: RUN, policy: {}, schedule: { deadline: { days: 1 } } };
      const url = `${host.awsUrl}/2015-03-31/functions/${checkDeadline}/invocations`;
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(check) });
      const said = await response.text();
      assert.deepEqual([response.status, response.headers.get('x-amz-function-error')], [200, null], said);
    },
    async 'its answer is not sent, until the reconciler does'(orderId, signal) {
      await waiting(orderId, signal);
      const toSend = grants.find(/ApiFunctionRole/v, 'states:SendTaskSuccess');
      await grants.without(toSend, () => assert.rejects(confirm(orderId)));
      await advance(LONG);
      await until(orderId, 'COMPLETED', signal);
    },
    async 'its token is lost, until the reconciler finds it'(orderId, signal) {
      await waiting(orderId, signal);
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `waits/${orderId}.json` }));
      await advance('PT10M');
      await confirm(orderId);
      await until(orderId, 'COMPLETED', signal);
    },
    async 'its execution is stopped, and the reconciler clears up'(orderId, signal) {
      await waiting(orderId, signal);
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${orderId}`;
      await sfn.send(new StopExecutionCommand({ executionArn }));
      await advance(LONG);
    },
  };
}

/** An execution that is over, and that nobody has heard of. */
const RUN = {
  executionArn: 'arn:aws:states:us-east-1:000000000000:execution:Other:one',
  executionStartTime: '2026-01-01T00:00:00.000Z',
};
