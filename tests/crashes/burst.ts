import assert from 'node:assert/strict';
import { apiClient } from '../../bench/load-client.ts';
import { ServerProcess } from './server-process.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:burst';

export interface BurstRun {
  readonly accepted: number;
  readonly throttled: number;
  /** From the first request to the last answer. */
  readonly ms: number;
}

/**
 * Asks for so many executions at once, each over a connection of its own, kills the server when the last was answered, and starts
 * it again: there are those that were accepted, each once, and they come to their end.
 */
export async function burst(dataDir: string, count: number): Promise<BurstRun> {
  const before = await ServerProcess.start(dataDir);
  const definition = JSON.stringify({ StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } });
  await before.ask('CreateStateMachine', { name: 'burst', definition, roleArn: 'arn:aws:iam::000000000000:role/r' });
  const client = apiClient(before.url, 'BURST', count);
  const accepted = new Set<string>();
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const name = `b${number}`;
      const answer = await client.ask('StartExecution', { stateMachineArn, name, input: JSON.stringify(name) });
      if (answer === 'ok') accepted.add(name);
      else assert.equal(answer, 'ThrottlingException');
    }),
  );
  const ms = Math.round(performance.now() - startedAtMs);
  client.close();
  await before.kill();

  const after = await ServerProcess.start(dataDir);
  const held = await namesOf(after, {});
  assert.deepEqual(held.toSorted(), [...accepted].toSorted());
  while ((await namesOf(after, { statusFilter: 'RUNNING' })).length > 0) continue;
  assert.equal((await namesOf(after, { statusFilter: 'SUCCEEDED' })).length, accepted.size);
  await after.kill();
  return { accepted: accepted.size, throttled: count - accepted.size, ms };
}

async function namesOf(server: ServerProcess, filter: object): Promise<string[]> {
  const names: string[] = [];
  for (let page = {}; ;) {
    const request = { stateMachineArn, maxResults: 1_000, ...filter, ...page };
    const { executions, nextToken } = await server.ask('ListExecutions', request);
    names.push(...(executions as { name: string }[]).map(({ name }) => name));
    if (nextToken === undefined) return names;
    page = { nextToken };
  }
}
