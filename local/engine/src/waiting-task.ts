import type { StateMachineDefinition } from '../../asl/src/index.ts';
import type { WaitingTask } from './api.ts';
import { graphOf, type Execution, type Frame, type TaskActivity } from './execution.ts';
import { InvalidToken } from './errors.ts';
import type { WaitPlace } from './execution-store.ts';

/** A task that waits, and at which of its execution's effects. */
export type WaitingAt = Omit<WaitingTask, 'taskId'> & { readonly effectId: number };

/** What waits at these effects for somebody's answer; those where nothing does any more are left out. */
export function waitingTasksOf(
  definition: StateMachineDefinition,
  execution: Execution,
  effectIds: ReadonlySet<number>,
): WaitingAt[] {
  const frames = new Map(execution.frames.map((frame) => [frame.frameId, frame]));
  return execution.frames.flatMap((frame) => {
    const { activity } = frame;
    if (activity.kind !== 'task' || !effectIds.has(activity.effectId)) return [];
    const state = graphOf(definition, frames, frame).States[frame.state];
    return state?.Type === 'Task' ? waitingAt(definition, execution, frame, activity, state.Resource) : [];
  });
}

function waitingAt(
  definition: StateMachineDefinition,
  { executionArn, deadlineMs }: Execution,
  { state, enteredAtMs }: Frame,
  { effectId, timeoutAtMs, heartbeatAtMs }: TaskActivity,
  resource: string,
): WaitingAt {
  // A task that sets no time of its own waits for three years, and no execution takes that long.
  const isLimited = timeoutAtMs <= deadlineMs || definition.TimeoutSeconds !== undefined;
  return {
    effectId,
    executionArn,
    stateName: state,
    resource,
    sinceMs: enteredAtMs,
    ...(isLimited && { timeoutAtMs: Math.min(timeoutAtMs, deadlineMs) }),
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
