import type { HistoryEvent, SFN } from '@aws-sdk/client-sfn';
import { taskTokenRedactor } from './redact-task-tokens.ts';

const PAGE = 1000;

/** The events of an execution that come after this one, the oldest first; 0 gives all. */
export async function eventsAfter(client: SFN, executionArn: string, eventId: number): Promise<HistoryEvent[]> {
  // From the end, for what is known already is at the beginning, and there may be 25,000 of it.
  const newest: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.getExecutionHistory({
      executionArn,
      reverseOrder: true,
      maxResults: eventId === 0 ? PAGE : 100,
      includeExecutionData: true,
      nextToken,
    });
    const events = page.events ?? [];
    newest.push(...events.filter(({ id = 0 }) => id > eventId));
    nextToken = (events.at(-1)?.id ?? 0) > eventId + 1 ? page.nextToken : undefined;
  } while (nextToken !== undefined);
  return newest.reverse();
}

/** Hides the task tokens of an execution, under the names that its definition gives them. */
export async function redactorFor(client: SFN, executionArn: string): Promise<<Value>(value: Value) => Value> {
  return taskTokenRedactor(await definitionFor(client, executionArn));
}

/** The definition that an execution runs; undefined where one may not read it: the tokens' usual names must do then. */
export async function definitionFor(client: SFN, executionArn: string): Promise<string | undefined> {
  try {
    const { definition } = await client.describeStateMachineForExecution({ executionArn });
    return definition;
  } catch {
    return undefined;
  }
}
