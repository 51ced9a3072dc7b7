import './untraced.ts';
import { S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { TaskTimedOut, type SFNClient } from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { executionsBy } from '../../cloud/confirmations/src/executions.ts';
import {
  answer,
  carryOut,
  checkDeadline,
  confirmationsOver,
  findBreak,
  InvalidRequest,
  parseDeadlineCheck,
  parseWaitEvent,
  Refusal,
  stateOf,
  storeTaskToken,
  type Actor,
  type Confirmations,
} from '../../cloud/confirmations/src/index.ts';
import { parseRecord } from '../../cloud/confirmations/src/record.ts';
import { reconcile } from '../../cloud/confirmations/src/reconcile.ts';
import { FakeS3 } from '../../cloud/confirmations/test/fake-s3.ts';
import type { TaskCall, TaskResult } from '../../local/engine/src/index.ts';
import type { Chance } from './chance.ts';
import type { Diary } from './diary.ts';
import type { Faults } from './faults.ts';
import { ConnectionLost } from './machine.ts';
import type { Timeline } from './timeline.ts';
import type { Answer } from './wire.ts';
import type { Workload } from './workloads.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:confirmation';
const asked = {
  'id.$': '$$.Execution.Name',
  'subject.$': '$',
  policy: { owner: 'olga' },
  schedule: { deadline: { minutes: 50 }, reminders: { first: { minutes: 20 } } },
};
const retry = [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }];

/** As the construct `WaitForConfirmation` writes it, with more patience: so many deaths as here no workflow is made for. */
function waits(more: object, timeoutSeconds: object): object {
  return {
    Type: 'Task',
    Resource: `${INVOKE}.waitForTaskToken`,
    Parameters: {
      FunctionName: 'storeTaskToken',
      Payload: {
        ...asked,
        'taskToken.$': '$$.Task.Token',
        ...more,
        attempt: {
          'executionArn.$': '$$.Execution.Id',
          'executionStartTime.$': '$$.Execution.StartTime',
          'stateEnteredTime.$': '$$.State.EnteredTime',
          'retryCount.$': '$$.State.RetryCount',
        },
      },
    },
    ...timeoutSeconds,
    ResultPath: '$.confirmation',
    Retry: retry.map((one) => ({ ...one, MaxAttempts: 60, MaxDelaySeconds: 60 })),
    Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'CheckDeadline' }],
    Next: 'ConfirmedOrRejected',
  };
}

export const confirmation: Workload = {
  name: 'confirmation',
  input: { order: 1 },
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'WaitForConfirmation',
    States: {
      WaitForConfirmation: waits({ timeoutSeconds: 1_200 }, { TimeoutSeconds: 1_200 }),
      KeepWaiting: waits(
        { 'timeoutSeconds.$': '$.confirmation.seconds' },
        { TimeoutSecondsPath: '$.confirmation.seconds' },
      ),
      CheckDeadline: {
        Type: 'Task',
        Resource: INVOKE,
        Parameters: {
          FunctionName: 'checkDeadline',
          Payload: {
            ...asked,
            run: { 'executionArn.$': '$$.Execution.Id', 'executionStartTime.$': '$$.Execution.StartTime' },
          },
        },
        TimeoutSeconds: 1_200,
        ResultPath: '$.confirmation',
        Retry: [
          { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 60, BackoffRate: 2, MaxDelaySeconds: 60 },
        ],
        Next: 'TakeDecision',
      },
      TakeDecision: {
        Type: 'Pass',
        InputPath: '$.confirmation.Payload',
        ResultPath: '$.confirmation',
        Next: 'ConfirmedOrRejected',
      },
      ConfirmedOrRejected: {
        Type: 'Choice',
        Choices: [{ Variable: '$.confirmation.decision', StringEquals: 'wait', Next: 'KeepWaiting' }],
        Default: 'Decided',
      },
      Decided: { Type: 'Succeed' },
    },
  },
};

export interface ProtocolOptions {
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly diary: Diary;
  readonly faults: () => Faults;
  /** What the machine's clock says, which is also that of its functions. */
  readonly now: () => number;
  readonly request: (action: string, parameters: Readonly<Record<string, unknown>>) => Promise<Answer>;
}

/** The protocol of confirmations, in the code that is deployed, over a bucket that fails, and over Step Functions as it is simulated. */
export class Protocol {
  readonly #options: ProtocolOptions;
  readonly #s3 = new FakeS3();
  readonly #receipts = new Map<string, string>();

  constructor(options: ProtocolOptions) {
    this.#options = options;
  }

  async perform({ parameters }: TaskCall): Promise<TaskResult> {
    const { FunctionName, Payload } = parameters as { FunctionName: string; Payload: unknown };
    try {
      const done =
        FunctionName === 'checkDeadline'
          ? await checkDeadline(parseDeadlineCheck(Payload), this.#confirmations())
          : await storeTaskToken(parseWaitEvent(Payload), this.#confirmations());
      return { output: { StatusCode: 200, Payload: JSON.parse(JSON.stringify(done ?? null)) } };
    } catch (error) {
      return { error: (error as Error).name, cause: (error as Error).message };
    }
  }

  /** Somebody answers, and comes again when they do not hear whether it was taken. */
  async decide(id: string, decision: 'confirm' | 'reject', person: string): Promise<void> {
    const { chance, timeline, diary } = this.#options;
    for (let attempt = 0; attempt < chance.between(1, 8); attempt++) {
      try {
        const by: Actor = { person, groups: [], via: 'api' };
        const { state } = await carryOut(
          id,
          'api',
          (draft) => answer(draft, { id, answer: { decision }, by }),
          this.#confirmations(),
        );
        const decided = state.request?.decided;
        if (decided?.isEffective === true) this.#keepReceipt(id, decided.hash);
        return;
      } catch (error) {
        diary.write(`${person} on ${id}: ${(error as Error).message}`);
        if (error instanceof Refusal || error instanceof InvalidRequest) return;
      }
      await timeline.pause(chance.between(100, 30_000));
    }
  }

  async reconcile(): Promise<void> {
    const work = { stateMachineArns: [MACHINE_ARN], endsAtMs: Infinity, pause: async () => {} };
    const { findings } = await reconcile(work, this.#confirmations(), executionsBy(this.#sfn()));
    this.#options.diary.write(`reconciled ${JSON.stringify(findings)}`);
  }

  /** What is decided is in the record; the workflow has heard just that, and every receipt that was given is still true. */
  check(id: string, output: string): void {
    const record = parseRecord(JSON.parse(this.#s3.objects.get(`records/${id}.json`) ?? '[]'));
    assert.equal(findBreak(record), undefined, `the record of ${id} holds`);
    const decided = stateOf(record).request?.decided;
    const heard = (JSON.parse(output) as { confirmation: { decision: string; receipt: string } }).confirmation;
    assert.deepEqual(
      [heard.decision, heard.receipt],
      [decided?.decision, decided?.hash],
      `${id} went on as it was decided`,
    );
    const receipt = this.#receipts.get(id);
    if (receipt !== undefined) assert.equal(receipt, decided?.hash, `the receipt for ${id} stays true`);
  }

  #keepReceipt(id: string, hash: string): void {
    assert.equal(this.#receipts.get(id) ?? hash, hash, `there is one receipt for ${id}`);
    this.#receipts.set(id, hash);
  }

  #confirmations(): Confirmations {
    const { now } = this.#options;
    return confirmationsOver({
      s3: this.#bucket(),
      sfn: this.#sfn(),
      bucket: 'b',
      notify: async () => {},
      now,
      report() {},
    });
  }

  /** Each process is connected by itself, so that one may die and the others live. */
  #bucket(): Pick<S3Client, 'send'> {
    const { chance, timeline, diary, faults } = this.#options;
    return this.#s3.client(async (call, perform) => {
      await timeline.pause(chance.between(1, 60));
      const fails = chance.happens(faults().storageFails);
      const isDone = !fails || chance.happens(0.5);
      const result = isDone ? perform() : undefined;
      await timeline.pause(chance.between(1, 60));
      if (!fails) return result;
      diary.fault('storage fails', `${call} ${isDone ? 'after' : 'before'} it was done`);
      throw new S3ServiceException({
        name: 'SlowDown',
        message: 'slow down',
        $fault: 'server',
        $metadata: { httpStatusCode: 503 },
      });
    });
  }

  /** The SDK's client, as far as it is used: it tries three times. */
  #sfn(): Pick<SFNClient, 'send'> {
    const send = async (command: { input: Readonly<Record<string, unknown>> }): Promise<unknown> => {
      const action = command.constructor.name.replace(/Command$/, '');
      for (let attempt = 1; ; attempt++) {
        try {
          const { status, body } = await this.#options.request(action, command.input);
          if (status === 200) return withDates(body);
          if (status < 500 || attempt === 3) throw exceptionOf(body);
        } catch (error) {
          if (!(error instanceof ConnectionLost) || attempt === 3) throw error;
        }
      }
    };
    return { send } as Pick<SFNClient, 'send'>;
  }
}

function exceptionOf(body: Readonly<Record<string, unknown>>): Error {
  const name = String(body['__type']).split('#').at(-1) ?? '';
  const message = String(body['message']);
  if (name === 'TaskTimedOut') return new TaskTimedOut({ message, $metadata: {} });
  return Object.assign(new Error(message), { name });
}

/** The SDK gives instants as dates. */
function withDates(body: object): unknown {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) =>
    typeof value === 'number' && /^(timestamp|startDate|stopDate)$/.test(name) ? new Date(value * 1000) : value,
  );
}
