import type { ExecutionTimer, TimerKind } from './api.ts';
import { effectOf, type Activity, type Execution } from './execution.ts';

/** What happens when this effect is due; undefined where the execution does not know it any more. */
export function timerOf(execution: Execution, effectId: number, dueAtMs: number): ExecutionTimer | undefined {
  const frame = execution.frames.find((each) => effectOf(each) === effectId);
  if (frame === undefined) return undefined;
  const kind = dueAtMs >= execution.deadlineMs ? 'ExecutionTimeout' : kindOf(frame.activity);
  return { dueAtMs, kind, executionArn: execution.executionArn, state: frame.state };
}

function kindOf(activity: Activity): TimerKind {
  switch (activity.kind) {
    case 'entering':
      return 'Turn';
    case 'waiting':
      return 'Wait';
    case 'pausing before a retry':
      return 'Retry';
    case 'task': {
      const { heartbeatAtMs, timeoutAtMs } = activity;
      return heartbeatAtMs !== null && heartbeatAtMs < timeoutAtMs ? 'HeartbeatTimeout' : 'TaskTimeout';
    }
    case 'branches':
    case 'iterations':
    case 'map run':
      return 'ExecutionTimeout';
  }
}
