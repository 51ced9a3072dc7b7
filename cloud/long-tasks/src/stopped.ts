import * as z from 'zod';
import type { Failure } from './answer-task-token.ts';

/** What a container was given beside what its image has. */
const environmentSchema = z.array(z.object({ name: z.string(), value: z.string() })).default([]);

/** Amazon ECS Developer Guide, "Amazon ECS task state change events": what is looked at of one that has stopped. */
const stoppedTaskSchema = z.object({
  taskArn: z.string(),
  startedBy: z.string().optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  containers: z
    .array(z.object({ name: z.string().optional(), exitCode: z.int().optional(), reason: z.string().optional() }))
    .default([]),
  overrides: z
    .object({ containerOverrides: z.array(z.object({ environment: environmentSchema })).default([]) })
    .optional(),
});
export type StoppedTask = z.infer<typeof stoppedTaskSchema>;

/** AWS Batch User Guide, "AWS Batch job state change events": what is looked at of one that has failed. */
const failedJobSchema = z.object({
  jobId: z.string(),
  statusReason: z.string().optional(),
  container: z
    .object({
      exitCode: z.int().optional(),
      reason: z.string().optional(),
      environment: environmentSchema,
    })
    .optional(),
});
export type FailedJob = z.infer<typeof failedJobSchema>;

const stopSchema = z.discriminatedUnion('detail-type', [
  z.object({ 'detail-type': z.literal('ECS Task State Change'), detail: stoppedTaskSchema }),
  z.object({ 'detail-type': z.literal('Batch Job State Change'), detail: failedJobSchema }),
]);
export type StopEvent = z.infer<typeof stopSchema>;

/** An event that the rules of long tasks let through. @throws if it is another */
export function parseStopEvent(event: unknown): StopEvent {
  return stopSchema.parse(event);
}

/**
 * Stop codes that say nothing of the program: it was not begun, or its machine was taken away. Amazon ECS API Reference,
 * Task, "stopCode".
 */
const HOST_LOST = new Set(['TaskFailedToStart', 'SpotInterruption', 'TerminationNotice']);

/** Why a container ended that has not answered its token: `LongTask.HostLost` is worth another attempt. */
export function failureOf({ stopCode, stoppedReason, containers }: StoppedTask): Failure {
  const isHostLost = HOST_LOST.has(stopCode ?? '') || stoppedReason?.startsWith('Host EC2') === true;
  const codes = containers.map(({ exitCode, reason }) =>
    joined([exitCode === undefined ? '' : `exit code ${exitCode}`, reason]),
  );
  const cause = joined([stopCode, stoppedReason, ...codes]) || 'ECS did not say why';
  return {
    error: isHostLost ? 'LongTask.HostLost' : 'LongTask.ContainerStopped',
    cause: `The container stopped before it had answered: ${cause}`,
  };
}

/** The id that the state gave it; undefined where the event does not say. */
export function taskIdOf(
  containers: readonly { environment: { name: string; value: string }[] }[] = [],
): string | undefined {
  return containers.flatMap(({ environment }) => environment).find(({ name }) => name === 'LONG_TASK_ID')?.value;
}

export function hasFailed({ containers }: StoppedTask): boolean {
  return !containers.every(({ exitCode }) => exitCode === 0) || containers.length === 0;
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(': ');
}
