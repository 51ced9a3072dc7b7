import type { RequestListener } from 'node:http';
import type { Engine } from '../../../engine/src/index.ts';
import type { Log } from '../log.ts';
import { executionRequests } from './execution-requests.ts';
import { machineRequests } from './machine-requests.ts';
import { Refusal } from './own-json.ts';
import { statesRequests } from './states-requests.ts';
import { taskRequests } from './task-requests.ts';

/** What the person at this machine can see and do of its workflows, beside AWS's API: by the name below `/_countersign/`. */
export function workflowRequests(
  engine: () => Engine | undefined,
  log: Log,
): readonly (readonly [name: string, handle: RequestListener])[] {
  const running = (): Engine => {
    const opened = engine();
    if (opened === undefined) throw new Refusal(503, 'ServiceUnavailable', 'Step Functions is starting.');
    return opened;
  };
  return [
    ['tasks', taskRequests(running, log)],
    ['states', statesRequests(running, log)],
    ['machines', machineRequests(running, log)],
    ['executions', executionRequests(running, log)],
  ];
}
