import { Duration } from 'aws-cdk-lib';
import { Policy as IamPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';
import { Notifications, type NotificationsProps } from './notifications.ts';
import { Reconciler } from './reconciler.ts';
import { TaskTokenStore, type TaskTokenStoreProps } from './task-token-store.ts';

export interface ConfirmationsProps extends TaskTokenStoreProps {
  /** Where people answer, and how they hear that there is something to answer. @default nobody is told */
  readonly notifications?: NotificationsProps;
  /** What the id of a confirmation is called in logs and traces. @default 'confirmationId' */
  readonly idName?: string;
  /** When something has waited for so long that somebody should look. @default Duration.days(7) */
  readonly stuckAfter?: Duration;
}

const HANDLERS = join(import.meta.dirname, '../../confirmations/src/handlers');

/**
 * What all waits of an app share: the bucket of tokens and records, and the functions that keep them. One is enough for any
 * number of {@link WaitForConfirmation} in any number of state machines, as long as their ids differ.
 */
export class Confirmations extends Construct {
  readonly store: TaskTokenStore;
  readonly storeTaskToken: NodeFunction;
  readonly checkDeadline: NodeFunction;
  readonly reconciler: Reconciler;
  readonly #notifications: Notifications | undefined;
  readonly #answering = new Map<StateMachine, IamPolicy>();
  /** What every function that deals with confirmations needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ConfirmationsProps = {}) {
    super(scope, id);
    const { idName, stuckAfter = Duration.days(7), notifications, ...store } = props;
    const { encryptionKey } = store;
    this.#notifications =
      notifications &&
      new Notifications(this, 'Notifications', { ...(encryptionKey && { encryptionKey }), ...notifications });
    this.store = new TaskTokenStore(this, 'Store', store);
    this.environment = {
      CONFIRMATIONS_BUCKET: this.store.bucket.bucketName,
      ...(idName !== undefined && { CONFIRMATION_ID_NAME: idName }),
      ...this.#notifications?.environment,
    };
    this.storeTaskToken = this.#function('StoreTaskToken', 'Keeps the task token of what waits', {});
    this.checkDeadline = this.#function(
      'CheckDeadline',
      'Reminds, escalates, and closes what nobody answered in time',
      {},
    );
    this.store.grantOpenWaits(this.storeTaskToken);
    this.store.grantAnswer(this.checkDeadline);
    this.reconciler = new Reconciler(this, 'Reconciler', { environment: this.environment, stuckAfter });
    this.store.grantOpenWaits(this.reconciler.function);
    this.#notifications?.grantNotify(this.storeTaskToken, this.checkDeadline, this.reconciler.function);
  }

  /**
   * Lets the functions of this construct, and others, answer the waits of a state machine, and has the reconciler look
   * after them. IAM's reference names no resource type for SendTaskSuccess, but the service evaluates one: for a task of a
   * state machine, the state machine (aws/aws-cdk#8486, NOAA-OWP/hydrovis#837).
   *
   * A policy of its own: a function depends on its role's default policy, and the state machine on its functions, so in the
   * default policy the two would wait for each other.
   */
  answerWaitsOf(stateMachine: StateMachine, ...functions: NodeFunction[]): void {
    for (const { role } of [this.storeTaskToken, this.checkDeadline, this.reconciler.function, ...functions]) {
      role?.attachInlinePolicy(this.#answer(stateMachine));
    }
  }

  /** For an API: it finds waits, writes records, and tells people. */
  grantAnswer(api: NodeFunction): void {
    this.store.grantAnswer(api);
    this.#notifications?.grantNotify(api);
  }

  #answer(stateMachine: StateMachine): IamPolicy {
    const existing = this.#answering.get(stateMachine);
    if (existing !== undefined) return existing;
    this.reconciler.lookAfter(stateMachine);
    const policy = new IamPolicy(stateMachine, 'AnswerWaits', {
      statements: [
        new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [stateMachine.stateMachineArn] }),
      ],
    });
    this.#answering.set(stateMachine, policy);
    return policy;
  }

  #function(id: string, description: string, props: Partial<NodeFunctionProps>): NodeFunction {
    const file = id.replaceAll(/(?!^)[A-Z]/gv, (letter) => `-${letter}`).toLowerCase();
    return new NodeFunction(this, id, {
      description,
      entry: join(HANDLERS, `${file}.ts`),
      environment: this.environment,
      timeout: Duration.seconds(30),
      ...props,
    });
  }
}
