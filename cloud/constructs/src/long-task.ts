import { Duration, Token } from 'aws-cdk-lib';
import { type IGrantable, type IPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { type INextable, JsonPath, type State, StateMachineFragment } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { ECS_TASKS } from './long-task-container.ts';
import { longTaskImage, type LongTaskProgram } from './long-task-image.ts';
import type { LongTasks } from './long-tasks.ts';

export interface LongTaskProps {
  /** Where it runs, shared by all long tasks: `new BatchLongTasks(…)` or `new FargateLongTasks(…)`. */
  readonly longTasks: LongTasks;
  /** What runs: `{ entry }`, a file for Node, or `{ directory }`, a folder with a Dockerfile. */
  readonly program: LongTaskProgram;
  /** JSONPath of the id by which the task is known outside; unique among those that run. @default the execution's name */
  readonly taskId?: string;
  /** JSONPath of what the program is given, as JSON on its standard input. @default the state's whole input */
  readonly input?: string;
  /** Where the program's result goes, as with any state; `JsonPath.DISCARD` if nowhere. @default '$' */
  readonly resultPath?: string;
  /** How long an attempt may take, from a minute to 14 days, after which AWS ends it anyway. @default Duration.days(1) */
  readonly timeout?: Duration;
  /** A container that is not heard of for so long is lost; starting it has to fit in. On ECS alone. @default Duration.minutes(5) */
  readonly heartbeat?: Duration;
  /** How often it is tried where the machine is lost, or never came. What the program ends with is not tried again. @default 3 */
  readonly attempts?: number;
  /** In units of which 1,024 are a CPU, as Fargate has them. @default 256 */
  readonly cpu?: number;
  /** As Fargate has them for this many units of CPU. @default 512 */
  readonly memoryMiB?: number;
  /** Whether the program can write no files. @default true */
  readonly readonlyRootFilesystem?: boolean;
  /** The program's environment: no secrets, for it is shown in consoles. @default - none of its own */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default 'Runs as a container, for as long as it takes' */
  readonly comment?: string;
}

/** AWS Batch ends no attempt before a minute: AWS Batch User Guide, "Job timeouts". */
const TIMEOUT_SECONDS_MIN = 60;

/** AWS Batch User Guide, "Job timeouts": a job on Fargate runs for 14 days at most. */
const TIMEOUT_SECONDS_MAX = Duration.days(14).toSeconds();

/** Starting a container from nothing takes a minute or two. */
const HEARTBEAT_SECONDS_MIN = 60;

/**
 * A task that takes longer than the fifteen minutes of a Lambda function: its program runs in a container, with a supervisor
 * beside it that sends heartbeats, shows progress and answers. Say which state machine it is in: `longTasks.serve(stateMachine)`.
 *
 * What the program may do is granted to this: `bucket.grantRead(longTask)`.
 */
export class LongTask extends StateMachineFragment implements IGrantable {
  readonly startState: State;
  readonly endStates: INextable[];
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: LongTaskProps) {
    super(scope, id);
    const role = new Role(this, 'Role', { assumedBy: ECS_TASKS });
    this.grantPrincipal = role;
    const timeoutSeconds = secondsOf(id, 'timeout', props.timeout, Duration.days(1));
    if (timeoutSeconds < TIMEOUT_SECONDS_MIN || timeoutSeconds > TIMEOUT_SECONDS_MAX) {
      throw new Error(`The timeout of LongTask "${id}" is 1 minute to 14 days, not ${timeoutSeconds} seconds.`);
    }
    const heartbeatSeconds = secondsOf(id, 'heartbeat', props.heartbeat, Duration.minutes(5));
    if (heartbeatSeconds < HEARTBEAT_SECONDS_MIN) {
      throw new Error(`The heartbeat of LongTask "${id}" is 1 minute at least, not ${heartbeatSeconds} seconds.`);
    }
    const { first, last } = props.longTasks.statesOf(this, {
      stateName: id,
      comment: props.comment ?? 'Runs as a container, for as long as it takes',
      taskId: props.taskId ?? JsonPath.executionName,
      input: props.input ?? '$',
      resultPath: props.resultPath ?? '$',
      image: longTaskImage(this, 'Image', props.program),
      cpu: props.cpu ?? 256,
      memoryMiB: props.memoryMiB ?? 512,
      readonlyRootFilesystem: props.readonlyRootFilesystem ?? true,
      environment: checkedEnvironment(id, props.environment ?? {}),
      timeoutSeconds,
      heartbeatSeconds: Math.min(heartbeatSeconds, timeoutSeconds - 1),
      attempts: checkedAttempts(id, props.attempts ?? 3),
      role,
    });
    this.startState = first;
    this.endStates = [last];
  }
}

function secondsOf(id: string, what: string, given: Duration | undefined, byDefault: Duration): number {
  const duration = given ?? byDefault;
  if (!Token.isUnresolved(duration)) return duration.toSeconds();
  throw new Error(`The ${what} of LongTask "${id}" must be known when the app is synthesised.`);
}

/** 1 to 10: AWS Batch API Reference, RetryStrategy. */
function checkedAttempts(id: string, attempts: number): number {
  if (Number.isInteger(attempts) && attempts >= 1 && attempts <= 10) return attempts;
  throw new Error(`The attempts of LongTask "${id}" are 1 to 10, not ${attempts}.`);
}

function checkedEnvironment(
  id: string,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const taken = Object.keys(environment).filter((name) => /^(?:SUPERVISOR_|LONG_TASK_|AWS_BATCH)/v.test(name));
  if (taken.length === 0) return environment;
  throw new Error(`The environment of LongTask "${id}" has names that are taken: ${taken.join(', ')}.`);
}
