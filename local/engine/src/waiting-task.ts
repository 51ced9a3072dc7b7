import type { StateMachineDefinition } from '../../asl/src/index.ts';
import type { WaitingTask } from './api.ts';
import { effectOf, graphOf, type Execution } from './execution.ts';
import { InvalidToken } from './errors.ts';
import type { WaitPlace } from './execution-store.ts';

/** What waits at this effect for somebody's answer; undefined where nothing does any more. */
export function waitingTaskOf(
  definition: StateMachineDefinition,
  execution: Execution,
  effectId: number,
): Omit<WaitingTask, 'taskId'> | undefined {
  const frame = execution.frames.find((each) => effectOf(each) === effectId);
  if (frame?.activity.kind !== 'task') return undefined;
  const frames = new Map(execution.frames.map((each) => [each.frameId, each]));
  const state = graphOf(definition, frames, frame).States[frame.state];
  if (state?.Type !== 'Task') return undefined;
  const { timeoutAtMs, heartbeatAtMs } = frame.activity;
  // A task that sets no time of its own waits for three years, and no execution takes that long.
  const isLimited = timeoutAtMs <= execution.deadlineMs || definition.TimeoutSeconds !== undefined;
  return {
    executionArn: execution.executionArn,
    stateName: frame.state,
    resource: state.Resource,
    sinceMs: frame.enteredAtMs,
    ...(isLimited && { timeoutAtMs: Math.min(timeoutAtMs, execution.deadlineMs) }),
    ...(heartbeatAtMs !== null && { heartbeatByMs: heartbeatAtMs }),
  };
}

/** Where a list of tasks that wait goes on. It names a place and holds no state, so it never expires. */
export function writeWaitPlace({ stateMachineId, executionId, effectId }: WaitPlace): string {
  return Buffer.from(`wait:${stateMachineId}:${executionId}:${effectId}`).toString('base64url');
}

/** @throws {InvalidToken} if we did not write it. */
export function readWaitPlace(token: string | undefined): WaitPlace | undefined {
  if (token === undefined) return undefined;
  const parts = /^wait:(\d{1,15}):(\d{1,10}):(\d{1,7})$/.exec(Buffer.from(token, 'base64url').toString());
  if (parts === null) throw new InvalidToken();
  const [stateMachineId = 0, executionId = 0, effectId = 0] = parts.slice(1).map(Number);
  return { stateMachineId, executionId, effectId };
}
