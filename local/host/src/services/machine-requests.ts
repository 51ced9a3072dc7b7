import type { RequestListener } from 'node:http';
import { StepFunctionsError, type Engine } from '../../../engine/src/index.ts';
import type { Log } from '../log.ts';
import { answering, Refusal, requireMethod, sendJsonText } from './own-json.ts';

const PAGE_SIZE = 25;
/** Enough to see how it goes. */
const RECENT = 60;
/** Counting goes no further, so that a page costs the same however much has run. */
const COUNTED_MAX = 10_000;

/**
 * Answers `GET /_countersign/machines`: the state machines, each with how many executions it has by status (`COUNTED_MAX` means
 * that many or more) and with the start and status of its latest. Newest machine first.
 *
 * @param engine throws a {@link Refusal} before it is there
 */
export function machineRequests(engine: () => Engine, log: Log): RequestListener {
  return answering(log, (request, response) => {
    requireMethod(request, 'GET');
    const { searchParams } = new URL(request.url ?? '/', 'http://machines.invalid');
    const running = engine();
    const { items, nextToken } = listed(running, searchParams.get('nextToken') ?? '');
    const machines = items.map(({ stateMachineArn, name, type, creationDateMs }) => {
      const { counts, recent } = running.summarizeExecutions({
        stateMachineArn,
        countedMax: COUNTED_MAX,
        recent: RECENT,
      });
      return {
        stateMachineArn,
        name,
        type,
        creationDate: iso(creationDateMs),
        counts,
        recent: recent.map(({ status, startDateMs }) => ({ status, startDate: iso(startDateMs) })),
      };
    });
    const answer = { machines, countedMax: COUNTED_MAX, ...(nextToken !== undefined && { nextToken }) };
    sendJsonText(response, 200, JSON.stringify(answer));
  });
}

function listed(engine: Engine, nextToken: string): ReturnType<Engine['listStateMachines']> {
  try {
    return engine.listStateMachines({ maxResults: PAGE_SIZE, ...(nextToken !== '' && { nextToken }) });
  } catch (error) {
    if (error instanceof StepFunctionsError) throw new Refusal(400, error.name, error.message);
    throw error;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
