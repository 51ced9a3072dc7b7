import * as z from 'zod';
import type { Report } from '../../confirmations/src/index.ts';
import { type AttemptStore, referenceOf } from './attempt-store.ts';
import { type Network, NotStarted, type RunTask, type RunTaskRequest } from './run-task.ts';
import { STARTED_BY } from './started-by.ts';
import { isTaskId } from './task-id.ts';

/** What the state of a long task hands over. */
const startSchema = z.object({
  taskId: z.string(),
  taskToken: z.string().min(1).max(2048),
  input: z.json(),
  taskDefinition: z.string(),
  containerName: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type Start = z.infer<typeof startSchema>;

/** Where containers run. */
export interface Place {
  readonly cluster: string;
  readonly capacity: 'FARGATE' | 'FARGATE_SPOT';
  readonly network: Network;
}

export interface StartDependencies {
  readonly attempts: AttemptStore;
  readonly runTask: RunTask;
  readonly place: Place;
  readonly report: Report<string>;
}

/** @throws if it is none. The message says where it is wrong, and not what was given: the token is in it. */
export function parseStart(event: unknown): Start {
  const { success, data, error } = startSchema.safeParse(event);
  if (!success) throw new TypeError(`A long task is started with something else: ${z.prettifyError(error)}`);
  if (isTaskId(data.taskId)) return data;
  throw new TypeError(`The id of a long task is 1 to 128 letters, digits, ".", "_" or "-", not "${data.taskId}"`);
}

/**
 * Starts the container of one attempt, which then answers its token by itself.
 *
 * The token is kept first: if this dies before the container runs, nothing was begun, and the attempt fails. ECS knows the
 * attempt by a reference, so a second call with the same token starts nothing twice, and what ECS and CloudTrail show of
 * the task is good for nothing.
 *
 * @throws {NotStarted} if S3 or ECS refused, or could not be reached: then it is tried again with another token.
 */
export async function start(
  { taskId, taskToken, input, taskDefinition, containerName, environment }: Start,
  { attempts, runTask, place, report }: StartDependencies,
): Promise<void> {
  const reference = referenceOf(taskToken);
  try {
    await attempts.put(reference, { taskId, taskToken, input });
  } catch (error) {
    // By the name that the state tries again, for nothing was begun.
    throw new NotStarted(`The attempt could not be kept: ${String(error)}`, { cause: error });
  }
  const given = { ...environment, LONG_TASK_ID: taskId, SUPERVISOR_REFERENCE: reference };
  const taskArn = await runTask({
    cluster: place.cluster,
    taskDefinition,
    clientToken: reference,
    startedBy: STARTED_BY + reference,
    ...capacityOf(place),
    networkConfiguration: { awsvpcConfiguration: place.network },
    overrides: {
      containerOverrides: [
        { name: containerName, environment: Object.entries(given).map(([name, value]) => ({ name, value })) },
      ],
    },
  });
  report('long-task.started', { id: taskId, taskArn });
}

/** Spare capacity is asked for by its provider, which then has to be the cluster's. */
function capacityOf({ capacity }: Place): Pick<RunTaskRequest, 'launchType' | 'capacityProviderStrategy'> {
  return capacity === 'FARGATE'
    ? { launchType: capacity }
    : { capacityProviderStrategy: [{ capacityProvider: capacity }] };
}
