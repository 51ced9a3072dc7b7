type Environment = Readonly<Record<string, string | undefined>>;

/** What the supervisor is told by its environment. Its program gets none of what begins with `SUPERVISOR_`. */
export interface SupervisorConfig {
  readonly bucket: string;
  /** `LONG_TASK_ID`: also the program's to read. */
  readonly taskId: string;
  /** Of the attempt whose token is answered; undefined in a job, for whose end Step Functions waits itself. */
  readonly reference: string | undefined;
  readonly heartbeatMs: number;
  /** How long a program has to end when it is told to. Less than the container has, or nobody could say how it ended. */
  readonly stopMs: number;
}

const HEARTBEAT_SECONDS = 30;
const STOP_SECONDS = 20;

/** @throws naming all that is missing or wrong. */
export function readSupervisorConfig(environment: Environment): SupervisorConfig {
  const { SUPERVISOR_BUCKET, LONG_TASK_ID, SUPERVISOR_REFERENCE } = environment;
  if (!SUPERVISOR_BUCKET || !LONG_TASK_ID) {
    throw new Error(
      'a long task needs SUPERVISOR_BUCKET and LONG_TASK_ID in its environment: is it started by its state?',
    );
  }
  return Object.freeze({
    bucket: SUPERVISOR_BUCKET,
    taskId: LONG_TASK_ID,
    reference: SUPERVISOR_REFERENCE,
    heartbeatMs: readSeconds(environment, 'SUPERVISOR_HEARTBEAT_SECONDS', HEARTBEAT_SECONDS) * 1000,
    stopMs: readSeconds(environment, 'SUPERVISOR_STOP_SECONDS', STOP_SECONDS) * 1000,
  });
}

/** The environment of the program: the container's, without what is the supervisor's. */
export function programEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('SUPERVISOR_'));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function readSeconds(environment: Environment, name: string, byDefault: number): number {
  const seconds = Number(environment[name] ?? byDefault);
  if (seconds > 0) return seconds;
  throw new Error(`${name} is a number of seconds greater than 0, not "${environment[name]}"`);
}
