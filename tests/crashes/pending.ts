import assert from 'node:assert/strict';
import { ServerProcess } from './server-process.ts';

const activityArn = 'arn:aws:states:us-east-1:000000000000:activity:desk';
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:pending';
const AT_ONCE = 16;

export interface PendingRun {
  readonly pending: number;
  /** From the start of the process to its first answer. */
  readonly readyMs: number;
}

/**
 * Lets so many executions wait for an answer each, kills the server, and starts it again: all of them still wait, and each takes
 * the answer to the token that was given out before.
 */
export async function killWithPending(dataDir: string, count: number): Promise<PendingRun> {
  const before = await ServerProcess.start(dataDir);
  await before.ask('CreateActivity', { name: 'desk' });
  const definition = JSON.stringify({
    StartAt: 'Ask',
    States: { Ask: { Type: 'Task', Resource: activityArn, End: true } },
  });
  await before.ask('CreateStateMachine', { name: 'pending', definition, roleArn: 'arn:aws:iam::000000000000:role/r' });
  const tokens: string[] = [];
  await each(count, async (number) => {
    await before.ask('StartExecution', { stateMachineArn, name: `p${number}` });
    const { taskToken } = await before.ask('GetActivityTask', { activityArn });
    assert.ok(typeof taskToken === 'string');
    tokens.push(taskToken);
  });
  await before.kill();

  const startedAtMs = performance.now();
  const after = await ServerProcess.start(dataDir);
  assert.equal(await countOf(after, 'RUNNING'), count);
  const readyMs = Math.round(performance.now() - startedAtMs);
  await each(count, async (number) => {
    await after.ask('SendTaskSuccess', { taskToken: tokens[number], output: String(number) });
  });
  assert.equal(await countOf(after, 'SUCCEEDED'), count);
  assert.equal(await countOf(after, 'RUNNING'), 0);
  await after.kill();
  return { pending: count, readyMs };
}

async function each(count: number, act: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await act(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function countOf(server: ServerProcess, statusFilter: string): Promise<number> {
  let count = 0;
  for (let page = {}; ;) {
    const request = { stateMachineArn, statusFilter, maxResults: 1_000, ...page };
    const { executions, nextToken } = await server.ask('ListExecutions', request);
    count += (executions as object[]).length;
    if (nextToken === undefined) return count;
    page = { nextToken };
  }
}
